"""Settings of connections: filled, laid over what is kept, validated, and their secrets sealed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError

from channels.contract import Provider
from channels.settings import led_away, secret_names, with_generated
from contact_center.kernel.errors import Invalid
from contact_center.kernel.secrets import Sealer


@dataclass(frozen=True, slots=True)
class Sealed:
    """Validated settings, parted: `plain` as JSON, `secret` sealed (None when there is none)."""

    plain: dict[str, Any]
    secret: bytes | None


def validated(provider: Provider, values: Mapping[str, Any]) -> BaseModel:
    """The settings as the provider has them. Raises Invalid with the field that is wrong."""
    try:
        return provider.Settings.model_validate(dict(values))
    except ValidationError as error:
        raise _invalid(error) from None


def filled_in(
    provider: Provider, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings with generated values, and those that were made just now."""
    filled = with_generated(provider.Settings, settings)
    return filled, {n: str(v) for n, v in filled.items() if settings.get(n) != v}


def merged(
    provider: Provider, before: Mapping[str, Any], changes: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings with changes laid over them, null clearing; and the secrets made just now.

    Raises Invalid, also for secrets that the changes would send where they were not meant to go.
    """
    kept = {name: value for name, value in {**before, **changes}.items() if value is not None}
    filled, made = filled_in(provider, kept)
    after = validated(provider, filled).model_dump(mode="json")
    away = led_away(provider.Settings, before, after, changes)
    if away.asked:
        said = "enter it again: the changed address would get it"
        errors = [
            {"field": f"settings.{name}", "reason": "enter_again", "detail": said}
            for name in away.asked
        ]
        raise Invalid(said, field=errors[0]["field"], errors=errors)
    if away.dropped:
        left = {name: value for name, value in kept.items() if name not in away.dropped}
        filled, made = filled_in(provider, left)
    return filled, made


def sealed(
    provider: Provider, account_id: UUID, values: Mapping[str, Any], sealer: Sealer
) -> Sealed:
    """Validated settings as they are stored. Raises Invalid."""
    dumped = validated(provider, values).model_dump(mode="json")
    names = secret_names(provider.Settings)
    hidden = {name: dumped.pop(name) for name in names if name in dumped}
    if not hidden:
        return Sealed(dumped, None)
    return Sealed(dumped, sealer.seal(orjson.dumps(hidden), account_id.bytes))


def _invalid(error: ValidationError) -> Invalid:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    listed = [
        {"field": "settings." + ".".join(str(part) for part in item["loc"]),
         "reason": item["type"], "detail": item["msg"].removeprefix("Value error, ")}
        for item in problems
    ]  # fmt: skip
    first = listed[0]
    return Invalid(f"{first['field']}: {first['detail']}", field=first["field"], errors=listed)
