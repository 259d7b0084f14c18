"""Every reason an adapter gives for a refusal is there in Russian, as the console tells it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from channels.families.twilio import faults
from channels.telegram import failures

TOLD = frozenset({"Rejected", "Unsupported", "Uncertain", "Complaint", "NotBegun", "Refused",
                  "Misconfigured", "Temporary", "Throttled", "OptedOut"})  # fmt: skip
# Letters tell of what a mail server said, in its own words.
FOLDERS = ("channels/telegram", "channels/sms", "channels/families/twilio", "channels/toolkit",
           "contact_center/contacts/files", "contact_center/outbox")  # fmt: skip
RUSSIAN = Path("contact_center/console/src/talk/texts/reasons.ru.json")
HOLE = "{}"


def reasons() -> Iterator[str]:
    """As they are written; a hole for what differs."""
    yield from (words for _, _, words in failures._REASONS)
    for table in faults.KNOWN:
        yield from table.values()
    trees = [ast.parse(path.read_text()) for one in FOLDERS for path in Path(one).rglob("*.py")]
    constants = [pair for tree in trees for pair in _named(tree) if pair[0].isupper()]
    for tree in trees:
        yield from _in_code(tree, [*constants, *_named(tree)])


def _named(tree: ast.AST) -> list[tuple[str, ast.expr]]:
    return [
        (node.targets[0].id, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]


def _in_code(tree: ast.AST, named: list[tuple[str, ast.expr]]) -> Iterator[str]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in TOLD:
            names = {getattr(given, "id", getattr(given, "attr", "")) for given in call.args}
            meant = [value for name, value in named if name in names]
            yield from filter(None, map(_pattern, [*call.args, *meant]))


def _pattern(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value if " " in argument.value else ""  # not the code beside it
    if not isinstance(argument, ast.JoinedStr):
        return ""
    parts = (part.value if isinstance(part, ast.Constant) else HOLE for part in argument.values)
    whole = "".join(map(str, parts))
    return "" if whole.replace(HOLE, "").strip(" ():") == "" else whole


def test_every_reason_is_there_in_russian() -> None:
    known = json.loads(RUSSIAN.read_text())
    lacking = sorted({words for words in reasons() if _bare(words) not in known})
    assert lacking == []


def _bare(words: str) -> str:
    """Without the provider's own words, which stay in brackets behind."""
    return words.removesuffix(f" ({HOLE})")


def test_no_translation_lacks_a_hole() -> None:
    for english, russian in json.loads(RUSSIAN.read_text()).items():
        assert russian.count(HOLE) <= english.count(HOLE), english
