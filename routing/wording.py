"""What is wrong with the shape of a document, in plain words: its place and a sentence. Pure.

Pydantic knows what is wrong; its sentences are for programmers. Every kind of fault a policy's
parts can have is worded here (a test goes through them), and the console translates these.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

WORDS: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "means nothing here",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be text",
    "string_unicode": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "too_short": "must not be empty",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "tuple_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "finite_number": "must be a whole number",
}
SPAN = 'must be two times, as in ["09:00", "18:00"]'
CLOSED = "must be wait, offer, queue: and a code, voicemail, mail_form or bot"
PATTERNS: Mapping[str, str] = {
    "code": "must be a word without spaces and colons",
    "time": "must be a time from 00:00 to 24:00",
    "day": "must be a date like 2027-01-31",
    "target": "must be queue: and a code, voicemail, mail_form or bot",
}
"""What a text has to look like; named by who asks for it."""
IN_A_SPAN = ("missing", "tuple_type")
LONGEST = 60


def place_of(data: Any, path: tuple[int | str, ...]) -> str:
    """A path in words: queues by their codes, rungs by their number from 1.

    Steps that are only ways of reading (a key, an alternative) are left out.
    """
    words = ""
    for depth, part in enumerate(_plain(path)):
        if depth == 1 and path[0] == "queues" and isinstance(part, int):
            try:
                words += f".{data['queues'][part]['code']}"
            except (KeyError, IndexError, TypeError):
                words += f"[{part + 1}]"
        elif isinstance(part, int):
            words += f"[{part + 1}]"
        else:
            words += f".{part}"
    return words.removeprefix(".")


def _plain(path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    if path[-1:] == ("[key]",):
        return path[:-1]
    return path[:3] if _is_closed(path) else path


def _is_closed(path: tuple[int | str, ...]) -> bool:
    """Whether it is what a queue does while closed, which can be read in two ways."""
    return path[:1] == ("queues",) and path[2:3] == ("closed",)


def reason_of(error: Mapping[str, Any], patterns: Mapping[str, str]) -> str:
    """The sentence for one of pydantic's errors, with what was given, cut short.

    `patterns`: what a regular expression is for (`PATTERNS`).
    """
    kind, path, said = error["type"], error["loc"], error.get("ctx") or {}
    if _is_closed(path):
        sentence = CLOSED
    elif kind == "literal_error":
        sentence = f"must be one of {said['expected'].replace(chr(39), '')}"
    elif kind == "string_pattern_mismatch":
        sentence = PATTERNS[patterns[said["pattern"]]]
    elif kind == "too_long" or (kind in IN_A_SPAN and isinstance(path[-1], int)):
        sentence = SPAN
    else:
        sentence = WORDS.get(kind, "is not possible here").format(**said)
    return sentence if kind == "missing" else f"{sentence}, not {_given(error.get('input'))}"


def _given(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:LONGEST]
