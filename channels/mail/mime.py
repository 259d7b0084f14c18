"""The tree of a mail's parts, found in one pass over the bytes. No recursion, every count bounded.

RFC 2045, RFC 2046. A line that begins with two dashes is looked up among the open boundaries, so
a thousand parts in each other cost as much as a thousand beside each other. Parts below the depth
limit are hung up at the limit: their texts and files are seen, the tree stays flat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.mail import headers
from channels.mail.headers import Headers

MAX_DEPTH = 40
MAX_PARTS = 3_000
MAX_LINES = 200_000  # that begin with two dashes
MAX_BOUNDARY = 250

_TYPE = re.compile(r"^[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,120}$")
_FIRST_BOUNDARY = re.compile(rb"(?:\A|\n)--([^\r\n]{1,250}?)[ \t]*\r?\n")


@dataclass(slots=True, eq=False)
class Part:
    """An entity: its header, and where its body is in the mail."""

    headers: Headers
    type: str
    parameters: dict[str, str]
    disposition: str
    filename: str
    start: int
    end: int
    depth: int
    path: str
    children: list[Part] = field(default_factory=list)

    @property
    def major(self) -> str:
        return self.type.partition("/")[0]

    def body(self, raw: bytes) -> bytes:
        return raw[self.start : self.end]

    def walk(self) -> Iterator[Part]:
        """This part and all below it, in their order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


@dataclass(slots=True)
class Tree:
    """The parts of a mail and what was wrong with their arrangement."""

    root: Part
    warnings: dict[str, None] = field(default_factory=dict)


def tree(raw: bytes, start: int = 0, *, hint: str | None = None) -> Tree:
    """Read the header at `start` and all parts after it."""
    return _Reader(raw, hint).read(start)


class _Reader:
    def __init__(self, raw: bytes, hint: str | None) -> None:
        self._raw = raw
        self._hint = hint
        self._warnings: dict[str, None] = {}
        self._open: list[tuple[Part, bytes]] = []  # multiparts, outermost first
        self._places: dict[bytes, list[int]] = {}  # boundary → where in _open
        self._leaf: Part | None = None
        self._count = 0

    def read(self, start: int) -> Tree:
        root = self._entity(start, 0, "")
        position, lines = root.start - 1, 0
        while self._open and (found := self._next(position)) >= 0:
            lines += 1
            if lines > MAX_LINES or self._count > MAX_PARTS:
                self._warnings["parts-too-many"] = None
                break
            position = self._line(found)
        if self._open:
            self._warnings.setdefault("parts-unclosed")
        self._close(0, len(self._raw))
        for part in root.walk():
            if part.major == "multipart" and not part.children:
                self._warnings["parts-missing"] = None
        return Tree(root, self._warnings)

    def _next(self, position: int) -> int:
        """Where the next line that begins with two dashes is; its line feed, or -1."""
        return self._raw.find(b"\n--", max(position, 0))

    def _line(self, found: int) -> int:
        """Digest the line after the line feed at `found`; where to go on."""
        begin = found + 1
        end = self._raw.find(b"\n", begin)
        end = len(self._raw) if end < 0 else end
        word = self._raw[begin + 2 : min(end, begin + 2 + MAX_BOUNDARY + 4)].rstrip(b" \t\r")
        if place := self._places.get(word):
            self._close(place[-1] + 1, found)
            return self._child(place[-1], min(end + 1, len(self._raw)))
        if word.endswith(b"--") and (place := self._places.get(word[:-2])):
            self._close(place[-1], found)
        return end

    def _child(self, place: int, start: int) -> int:
        parent = self._open[place][0]
        path = f"{parent.path}.{len(parent.children) + 1}" if parent.path else ""
        default = "message/rfc822" if parent.type == "multipart/digest" else "text/plain"
        name = path or str(len(parent.children) + 1)
        child = self._entity(start, parent.depth + 1, name, default)
        if child.major != "multipart" or child.depth <= MAX_DEPTH:
            parent.children.append(child)
        else:
            self._warnings["parts-too-deep"] = None
            self._hang_up(child, parent)
        return max(child.start - 1, start - 1)

    def _hang_up(self, child: Part, parent: Part) -> None:
        """What is inside goes to the last parent that may have children."""
        if self._open and self._open[-1][0] is child:
            self._open[-1] = (parent, self._open[-1][1])
        else:
            parent.children.append(child)

    def _entity(self, start: int, depth: int, path: str, default: str = "text/plain") -> Part:
        block = headers.split(self._raw, start, hint=self._hint)
        self._warnings |= dict.fromkeys(block.warnings)
        self._count += 1
        part = _described(block.headers, (block.body, len(self._raw)), depth, path, default)
        self._leaf = part
        if part.major == "multipart":
            self._enter(part)
        return part

    def _enter(self, part: Part) -> None:
        boundary = part.parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
        if not 0 < len(boundary) <= MAX_BOUNDARY or (
            part.depth == 0 and self._raw.find(b"--" + boundary, part.start) < 0
        ):
            self._warnings["boundary-missing"] = None
            first = _FIRST_BOUNDARY.search(self._raw[part.start : part.start + 4000])
            boundary = first[1] if first else boundary[:MAX_BOUNDARY]
        if boundary:
            self._leaf = None
            self._places.setdefault(boundary, []).append(len(self._open))
            self._open.append((part, boundary))

    def _close(self, keep: int, position: int) -> None:
        """End the leaf and all multiparts from `keep` on at a delimiter's line feed."""
        if position < len(self._raw) and self._raw[position - 1 : position] == b"\r":
            position -= 1
        if self._leaf is not None:
            self._leaf.end = max(self._leaf.start, position)
            self._leaf = None
        while len(self._open) > keep:
            part, boundary = self._open.pop()
            part.end = max(part.start, position)
            self._places[boundary].pop()
            if not self._places[boundary]:
                del self._places[boundary]


def _described(
    fields: Headers, place: tuple[int, int], depth: int, path: str, default: str
) -> Part:
    kind, parameters = headers.parameters(fields.get("content-type") or "")
    if not _TYPE.match(kind):
        kind = {"": default, "text": "text/plain"}.get(kind, "application/octet-stream")
    disposition, more = headers.parameters(fields.get("content-disposition") or "")
    filename = more.get("filename") or parameters.get("name") or ""
    return Part(fields, kind, parameters, disposition, filename, *place, depth, path)
