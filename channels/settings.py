"""What an administrator fills in for an account: described once, shown by the wizard as it is.

A provider's settings are a pydantic model whose fields are made by `setting(...)`; `describe`
turns the model into plain JSON, from which the console draws the form.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

SECRET_BYTES = 32

Control = Literal[
    "text", "long_text", "texts", "number", "flag", "choice", "list", "color", "url", "questions"
]


class AccountSettings(BaseModel):
    """Base of every provider's settings: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Texts(AccountSettings):
    """One text in the languages of the house."""

    ru: str = ""
    en: str = ""

    def within(self, locale: str) -> str:
        """The text for a locale such as `en-GB`; Russian where there is none."""
        other, first = (self.ru, self.en) if locale.lower().startswith("en") else (self.en, self.ru)
        return first or other


def setting(
    default: Any = ...,
    *,
    label: Mapping[str, str],
    help: Mapping[str, str] | None = None,  # noqa: A002 - the word the wizard uses
    where: Mapping[str, str] | None = None,
    options: Mapping[str, Mapping[str, str]] | None = None,
    example: str = "",
    secret: bool = False,
    generated: bool = False,
    granted: bool = False,
    guards: Sequence[str] = (),
    control: Control | None = None,
    when: Mapping[str, Sequence[str]] | None = None,
    **limits: Any,
) -> Any:
    """A field of a settings model.

    `label`, `help` and `where` (where to find it at the provider) in "ru" and "en", as is each of
    `options`: how the values of a choice are called. `secret`: sealed at rest, never shown again.
    `generated`: the house makes a value where none is given. `granted`: it comes by somebody's
    consent at the provider. `guards`: the secrets that are sent to where this setting says, so that
    another value of it takes them anew (`led_away`). `when`: it matters only while each of
    these other fields has one of these values. `limits` go to pydantic's Field.
    """
    extra: dict[str, Any] = {
        "label": dict(label),
        "help": dict(help or {"ru": "", "en": ""}),
        "where": dict(where or {"ru": "", "en": ""}),
        "options": {value: dict(words) for value, words in (options or {}).items()},
        "example": example,
        "secret": secret,
        "generated": generated,
        "granted": granted,
        "guards": list(guards),
        "control": control,
        "when": {name: list(values) for name, values in (when or {}).items()},
    }
    return Field(default, json_schema_extra=extra, **limits)


def undo_setting() -> Any:
    """For channels on which people talk: how long a reply can be taken back."""
    return setting(
        None,
        label={"ru": "Отмена отправки, секунд", "en": "Undo sending, seconds"},
        help={
            "ru": "Столько ответ ждёт, прежде чем уйти. Пусто — как принято в этом канале.",
            "en": "A reply waits this long before it leaves. Empty: as is usual on this channel.",
        },
        control="number",
        ge=0,
        le=60,
    )


def describe(model: type[BaseModel]) -> list[dict[str, Any]]:
    """A settings model as JSON, in the order of its fields.

    Each entry: name, type (a Control), options (of a choice or a list of choices), called (how
    the options are called: value → {ru,en}), secret, generated, required, default (never of a
    secret), label{ru,en}, help{ru,en}, where{ru,en}, example, when, pattern (of a text; "" where
    anything goes), min_length.
    """
    return [_described(name, field) for name, field in model.model_fields.items()]


def secret_names(model: type[BaseModel]) -> frozenset[str]:
    """The fields that are sealed at rest."""
    return frozenset(
        name for name, field in model.model_fields.items() if _extra(field).get("secret")
    )


@dataclass(frozen=True, slots=True)
class LedAway:
    """Kept secrets that would be sent to another place: `asked` for anew, or just `dropped`.

    Dropped are those nobody types (the house makes another, a consent brings one) and those that do
    not matter now.
    """

    asked: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


def led_away(
    model: type[BaseModel], before: Mapping[str, Any], after: Mapping[str, Any],
    given: Collection[str],
) -> LedAway:  # fmt: skip
    """The secrets that a change of settings would send where they were not meant to go.

    `before` and `after` are whole settings as JSON; `given` names what the change holds itself.
    """
    moved: dict[str, None] = {}
    for name, field in model.model_fields.items():
        if before.get(name, _default(field)) != after.get(name):
            moved |= dict.fromkeys(_extra(field).get("guards") or ())
    kept = [name for name in moved if before.get(name) and name not in given]
    asked = tuple(name for name in kept if _typed(model.model_fields[name], after))
    return LedAway(asked, tuple(name for name in kept if name not in asked))


def _typed(field: FieldInfo, values: Mapping[str, Any]) -> bool:
    """Whether a person has to type this secret, as the other settings are."""
    extra = _extra(field)
    if extra.get("generated") or extra.get("granted"):
        return False
    when: Mapping[str, Sequence[str]] = extra.get("when") or {}
    return all(str(values.get(name)) in wanted for name, wanted in when.items())


def with_generated(model: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with a fresh random text for each generated field that is empty."""
    filled = dict(values)
    for name, field in model.model_fields.items():
        if _extra(field).get("generated") and not filled.get(name):
            filled[name] = secrets.token_urlsafe(SECRET_BYTES)
    return filled


def _described(name: str, field: FieldInfo) -> dict[str, Any]:
    extra = _extra(field)
    return {
        "name": name,
        "type": extra.get("control") or _control(field),
        "options": _options(field.annotation),
        "called": extra.get("options") or {},
        "secret": bool(extra.get("secret")),
        "generated": bool(extra.get("generated")),
        "required": field.is_required(),
        "default": None if extra.get("secret") else _default(field),
        "label": extra.get("label") or {"ru": name, "en": name},
        "help": extra.get("help") or {"ru": "", "en": ""},
        "where": extra.get("where") or {"ru": "", "en": ""},
        "example": extra.get("example") or "",
        "when": extra.get("when") or {},
        "pattern": _limit(field, "pattern") or "",
        "min_length": _limit(field, "min_length") or 0,
    }


def _limit(field: FieldInfo, name: str) -> Any:
    """A limit of pydantic's Field; patterns are written so that browsers read them, too."""
    found = (getattr(one, name, None) for one in field.metadata)
    return next((value for value in found if value is not None), None)


def _extra(field: FieldInfo) -> dict[str, Any]:
    extra = field.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}


def _chooses(field: FieldInfo) -> bool:
    return getattr(field.annotation, "__origin__", None) is Literal


def _options(kind: Any) -> list[str]:
    """What may be chosen: of a choice, or of a list of choices."""
    origin = getattr(kind, "__origin__", None)
    if origin is Literal:
        return [str(option) for option in get_args(kind)]
    return _options(get_args(kind)[0]) if origin in (list, tuple, set, frozenset) else []


def _control(field: FieldInfo) -> Control:
    kind = field.annotation
    if _chooses(field):
        return "choice"
    if kind is bool:
        return "flag"
    if kind in (int, float):
        return "number"
    if kind is Texts:
        return "texts"
    if getattr(kind, "__origin__", None) in (list, tuple, set, frozenset):
        return "list"
    return "text"


def _default(field: FieldInfo) -> Any:
    if field.is_required():
        return None
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, tuple | list | frozenset | set):
        return [v.model_dump(mode="json") if isinstance(v, BaseModel) else v for v in value]
    return value
