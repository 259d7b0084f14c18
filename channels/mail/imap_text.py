"""The words of IMAP: what is sent is built here, what comes back is read here. Pure.

RFC 9051 (IMAP4rev2), RFC 3501 (IMAP4rev1), RFC 5530 (response codes).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_RECORD = re.compile(rb"^(?:\* )?\d+ FETCH \(", re.IGNORECASE)
_UID = re.compile(rb"\bUID (\d+)", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)", re.IGNORECASE)
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)", re.IGNORECASE)
_DATE = re.compile(rb'\bINTERNALDATE "([^"]+)"', re.IGNORECASE)
_CODE = re.compile(rb"\[([A-Z]+)(?: ([^\]]*))?\]", re.IGNORECASE)
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - reads better

Lines = Sequence[bytes | bytearray]


@dataclass(frozen=True, slots=True)
class Record:
    """What a FETCH told of one mail; `body` is the literal, None where none came."""

    uid: int
    flags: frozenset[str]
    internal_date: datetime | None
    size: int | None
    body: bytes | None


def quoted(text: str) -> str:
    """A quoted string of RFC 9051 §4.3."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder_name(name: str) -> str:
    """A folder quoted in modified UTF-7 (RFC 3501 §5.1.3), which every server understands."""
    out: list[str] = []
    for part in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", name):
        if part.isascii() and part.isprintable():
            out.append(part.replace("&", "&-"))
        else:
            code = base64.b64encode(part.encode("utf-16-be")).decode().rstrip("=")
            out.append(f"&{code.replace('/', ',')}-")
    return quoted("".join(out))


def uid_set(uids: Iterable[int]) -> str:
    """UIDs as the shortest set: 1:3,7."""
    ranges: list[list[int]] = []
    for uid in sorted(uids):
        if ranges and uid == ranges[-1][1] + 1:
            ranges[-1][1] = uid
        else:
            ranges.append([uid, uid])
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in ranges)


def search_date(instant: datetime) -> str:
    """A date for SEARCH; month names are English whatever the locale."""
    return f"{instant.day}-{_MONTHS[instant.month - 1]}-{instant.year}"


def found(lines: Lines) -> list[int]:
    """The UIDs of a SEARCH, in order. The last line is the server's closing word."""
    words = b" ".join(bytes(line) for line in lines[:-1]).split(b"(")[0].split()
    return sorted({int(word) for word in words if word.isdigit()})


def code(lines: Lines, name: str) -> str | None:
    """The argument of a response code such as [UIDVALIDITY 3]; "" where it has none."""
    for line in lines:
        for match in _CODE.finditer(bytes(line)):
            if match[1].decode().upper() == name:
                return (match[2] or b"").decode(errors="replace")
    return None


def number(lines: Lines, name: str) -> int | None:
    """The argument of a response code as a number."""
    text = code(lines, name)
    return int(text) if text is not None and text.isdigit() else None


def words(lines: Lines) -> str:
    """The server's closing word, fit for an error."""
    return bytes(lines[-1]).decode(errors="replace").strip()[:300] if lines else ""


def records(lines: Lines) -> list[Record]:
    """The mails of a FETCH. Whatever else the server said in between is passed over."""
    return [record for group in _groups(lines) if (record := _record(group)) is not None]


def _groups(lines: Lines) -> Iterator[list[bytes | bytearray]]:
    """Lines and literals (those are bytearrays) of one mail each."""
    group: list[bytes | bytearray] = []
    for line in lines:
        if isinstance(line, bytes) and _RECORD.match(line):
            if group:
                yield group
            group = []
        group.append(line)
    yield group


def _record(group: list[bytes | bytearray]) -> Record | None:
    told = b" ".join(line for line in group if isinstance(line, bytes))
    uid = _UID.search(told)
    if uid is None:
        return None
    flags, size, date = _FLAGS.search(told), _SIZE.search(told), _DATE.search(told)
    return Record(
        uid=int(uid[1]),
        flags=frozenset(flags[1].decode(errors="replace").split()) if flags else frozenset(),
        internal_date=_instant(date[1].decode(errors="replace")) if date else None,
        size=int(size[1]) if size else None,
        body=next((bytes(line) for line in group if isinstance(line, bytearray)), None),
    )


def _instant(text: str) -> datetime | None:
    """INTERNALDATE such as " 7-Feb-2026 22:19:13 +0300"; strptime would ask the locale."""
    found = re.match(r"\s*(\d+)-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-]\d{4})", text)
    if found is None or found[2].title() not in _MONTHS:
        return None
    month = _MONTHS.index(found[2].title()) + 1
    iso = f"{found[3]}-{month:02}-{int(found[1]):02}T{found[4]}:{found[5]}:{found[6]}"
    try:
        return datetime.fromisoformat(iso + found[7]).astimezone(UTC)
    except ValueError:
        return None
