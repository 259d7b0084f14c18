"""The console's types of the API: made from the routes, committed, compared by `make check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import contact_center
from contact_center.kernel.errors import HouseError
from contact_center.web.openapi import document
from contact_center.web.routes import all_routes
from contact_center.web.server import PREFIX
from contact_center.web.typescript import typescript

FILE = Path(contact_center.__file__).parent / "console" / "src" / "api" / "generated.ts"


class Outdated(HouseError):
    """The committed types are not those of the route table."""

    code = "types_outdated"


def described() -> dict[str, Any]:
    """The OpenAPI document of every route."""
    return document(all_routes(), prefix=PREFIX)


def current() -> str:
    """The text `FILE` has to have."""
    return typescript(described(), prefix=PREFIX)


def write(file: Path = FILE) -> bool:
    """Bring the file up to date; whether it changed (one that did not is not touched)."""
    text = current()
    if _held(file) == text:
        return False
    file.write_text(text, encoding="utf-8")
    return True


def check(file: Path = FILE) -> None:
    """Raise Outdated unless the file is up to date."""
    if _held(file) != current():
        raise Outdated(
            f"{file.name} differs from what the routes say: run `contact-center api --typescript`"
            " (or `make fix`) and commit the file"
        )


def _held(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""
