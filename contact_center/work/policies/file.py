"""A policy as a TOML file, in the shape of `config/routing.toml`: read, and written."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contact_center.kernel import configfile
from contact_center.kernel.errors import SettingsError
from contact_center.work.hours import DAYS
from contact_center.work.policies import model
from contact_center.work.policies.model import Document, World
from contact_center.work.policies.newcomers import USUAL
from routing.rulebook import NO_CEILING

NAME = "routing.toml"
TABLES = ("ladder", "hours", "holidays")
"""What of a queue is written as a table of its own, below its plain lines."""


def found() -> Path:
    """The policy file of this node: beside its settings, else the shipped one."""
    settings = configfile.path_of(os.environ)
    if settings is not None and (own := settings.parent / NAME).exists():
        return own
    return configfile.shipped(NAME)


def document(part: Mapping[str, Any], world: World, edition: int) -> Document:
    """What runs as a document for a file, also where it has faults.

    The house and its media are whole: unsaid they would stay as they run when the file comes back.
    """
    names = {model.code_of(row): row["name"] for row in world.queues}
    whole = model.compose(part, world)
    kept = {name: _said(one, "ceiling") for name, one in whole["media"].items()}
    return {
        "version": str(edition), "house": whole["house"], "media": kept,
        "skills": dict(world.skills),
        "queues": [_queue(one, names[one["code"]]) for one in whole["queues"]],
    }  # fmt: skip


def _queue(queue: Mapping[str, Any], title: str) -> Document:
    """What is not as it is where a document says nothing."""
    said = {name: value for name, value in queue.items() if value != USUAL[name]}
    if "ladder" in said:
        said["ladder"] = [_said(rung) for rung in said["ladder"]]
    return {"code": queue["code"], "title": title, **said}


def _said(values: Mapping[str, Any], *also: str) -> Document:
    return {name: one for name, one in values.items() if one is not None or name in also}


def read(text: bytes, name: str) -> Document:
    """The document of a file. Raises SettingsError."""
    try:
        return _with_none(tomllib.loads(text.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"is not TOML: {error}", file=name) from None


def _with_none(document: Document) -> Document:
    """TOML has no word for nothing: a medium without a ceiling says "none"."""
    media = document.get("media")
    for one in media.values() if isinstance(media, Mapping) else ():
        if isinstance(one, dict) and one.get("ceiling") == NO_CEILING:
            one["ceiling"] = None
    return document


def written(document: Mapping[str, Any]) -> str:
    """The document as TOML, queue by queue."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"version = {_value(document.get('version', ''))}"
    if house := document.get("house"):
        yield from ("", "[house]", *_pairs(house))
    for medium, one in document.get("media", {}).items():
        unlimited = "ceiling" in one and one["ceiling"] is None
        said = {**one, "ceiling": NO_CEILING} if unlimited else one
        yield from ("", f"[media.{_key(medium)}]", *_pairs(said))
    if skills := document.get("skills"):
        yield from ("", "[skills]", *_pairs(skills))
    for queue in document.get("queues", []):
        yield from ("", "[[queues]]")
        yield from _pairs({k: v for k, v in queue.items() if k not in TABLES})
        for rung in queue.get("ladder", []):
            yield from ("", "[[queues.ladder]]", *_pairs(rung))
        for name in ("hours", "holidays"):
            if days := queue.get(name):
                yield from ("", f"[queues.{name}]", *_pairs(dict(sorted(days.items(), key=_day))))


def _day(pair: tuple[str, Any]) -> tuple[int, str]:
    """Days of the week in their order, dates by the calendar."""
    name = pair[0]
    return (DAYS.index(name) if name in DAYS else 0, name)


def _pairs(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if value is not None:
            yield f"{_key(name)} = {_value(value)}"


def _key(name: str) -> str:
    bare = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if bare else json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pairs(value)) + " }" if value else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, str):  # JSON's escapes are TOML's, but for one character it leaves bare
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
