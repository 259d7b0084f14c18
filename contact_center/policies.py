"""`contact-center policy`: what runs as a file, and a file as a draft or as what runs."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from asyncpg import UndefinedColumnError, UndefinedFunctionError, UndefinedTableError

from contact_center.kernel.errors import Invalid, SettingsError
from contact_center.storage.database import Database
from contact_center.work.policies import file
from contact_center.work.policies.service import Policies

ACTOR = "command_line"


async def _with(url: str, use: Any) -> Any:
    database = await Database.connect(url, size=2)
    try:
        return await use(Policies(database))
    except (UndefinedTableError, UndefinedColumnError, UndefinedFunctionError):
        raise SettingsError(
            "the database is not prepared for this release: run `contact-center migrate` first"
        ) from None
    finally:
        await database.close()


def export(url: str) -> str:
    """The policy that runs, as TOML; its faults, where an earlier release let some in, are told."""

    async def use(policies: Policies) -> str:
        document = await policies.exported()
        _complain("the policy that runs", await policies.judge(document))
        return file.written(document)

    return str(asyncio.run(_with(url, use)))


def bring(url: str, path: Path, *, activate: bool) -> int:
    """Read a file in: 0, or 2 when it has faults, which are printed with their places."""
    try:
        document = file.read(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror})", file=str(path)) from None
    note = path.name

    async def use(policies: Policies) -> int:
        verdict = await policies.judge(document)
        if verdict["problems"]:
            _complain(str(path), verdict)
            return 2
        if not verdict["changes"]:
            _say("nothing changes: this runs already")
            return 0
        if not activate:
            await policies.save(ACTOR, None, document, note)
            _say("kept as a draft: activate it in the console, or import it with --activate")
            return 0
        shown = await policies.install(ACTOR, document, note)
        _say(f"edition {shown['edition']} runs now")
        return 0

    try:
        return int(asyncio.run(_with(url, use)))
    except Invalid as error:
        raise SettingsError(error.detail, file=str(path)) from None


def _complain(whose: str, verdict: dict[str, Any]) -> None:
    for one in verdict["problems"]:
        sys.stderr.write(f"{whose}: {one['place']}: {one['reason']}\n")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
