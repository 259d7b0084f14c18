"""What a client puts into a message, as Telegram describes it. Pure but for the files' names.

https://core.telegram.org/bots/api#messageentity, #location, #venue, #contact
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from channels.toolkit.sniff import kind_of, sniff
from contact_center.simulator.telegram_wire import Upload

PLACES = (
    (53.9022, 27.5618, "Площадь Независимости", "Минск, Беларусь"),
    (53.9323, 27.6460, "Национальная библиотека", "Минск, пр. Независимости, 116"),
    (53.8908, 27.5501, "Вокзал", "Минск, Привокзальная площадь"),
)
# As Telegram's own apps take them while one types.
_MARKS = (
    ("code", re.compile(r"`([^`\n]+)`")),
    ("bold", re.compile(r"\*\*([^*\n]+)\*\*")),
    ("italic", re.compile(r"__([^_\n]+)__")),
    ("strikethrough", re.compile(r"~~([^~\n]+)~~")),
    ("spoiler", re.compile(r"\|\|([^|\n]+)\|\|")),
)
_FOUND = (
    ("url", re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.]*\w")),
    ("bot_command", re.compile(r"(?<!\S)/[A-Za-z]\w*")),
    ("hashtag", re.compile(r"(?<!\S)#\w+")),
)
_ALBUM = frozenset({"photo", "video"})


def marked(text: str) -> tuple[str, list[dict[str, Any]]]:
    """The text without the signs, and its entities, counted in UTF-16 units."""
    spans: list[tuple[str, int, int]] = []
    for kind, pattern in _MARKS:
        while found := pattern.search(text):
            start, end, cut = found.start(), found.end(), found.start(1) - found.start()
            spans = [(k, _moved(a, start, end, cut), _moved(b, start, end, cut))
                     for k, a, b in spans]  # fmt: skip
            text = text[:start] + found.group(1) + text[end:]
            spans.append((kind, start, end - 2 * cut))
    spans += [(kind, *one.span()) for kind, pattern in _FOUND for one in pattern.finditer(text)]
    return text, [
        {"type": kind, "offset": _units(text[:a]), "length": _units(text[a:b])}
        for kind, a, b in sorted(spans, key=lambda span: span[1])
    ]


def _moved(at: int, start: int, end: int, cut: int) -> int:
    """Where a place is once the signs around (start, end) are gone."""
    if at >= end:
        return at - 2 * cut
    return at - cut if at > start else at


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def kind_for(file: Upload) -> str:
    """How Telegram's apps send a file."""
    found = sniff(file)
    if found in ("image/jpeg", "image/png", "image/webp"):
        return "photo"
    if found == "image/gif":
        return "animation"
    if kind_of(found) == "video" and "mp4" in found:
        return "video"
    return "audio" if kind_of(found) == "audio" else "document"


def files(
    given: Sequence[Upload], text: str, made: Callable[[str, Upload], dict[str, Any]], group: str
) -> list[dict[str, Any]]:
    """One message for each file; pictures and films together are an album. The text goes first."""
    kinds = [kind_for(file) for file in given]
    together = {"media_group_id": group} if len(given) > 1 and set(kinds) <= _ALBUM else {}
    messages = [{**made(kind, file), **together} for kind, file in zip(kinds, given, strict=True)]
    plain, entities = marked(text)
    if plain:
        messages[0] |= {"caption": plain} | ({"caption_entities": entities} if entities else {})
    return messages


def words(text: str) -> dict[str, Any]:
    """A message of text alone."""
    plain, entities = marked(text)
    return {"text": plain, **({"entities": entities} if entities else {})}


def place(number: int) -> dict[str, Any]:
    """One of a few places everybody knows; every other is shown with its name."""
    latitude, longitude, title, address = PLACES[number % len(PLACES)]
    location = {"latitude": latitude, "longitude": longitude}
    if number % 2 == 0:
        return {"location": location}
    return {"location": location,
            "venue": {"location": location, "title": title, "address": address}}  # fmt: skip


def person(name: str, phone: str) -> dict[str, Any]:
    """Somebody's contact."""
    first, _, last = name.partition(" ")
    return {"contact": {"phone_number": phone, "first_name": first, "last_name": last}}
