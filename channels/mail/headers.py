"""Header fields: taken apart from bytes, decoded, and made safe. Linear in the input, and bounded.

RFC 5322 section 2.2 (fields, folding), RFC 2047 (encoded words), RFC 2231 (parameters with
charsets and continuations). What nobody should send and many do send is read as well: eight-bit
bytes, encoded words in quoted strings, characters split between encoded words, lines that lost
their indent. Nothing that comes out holds a line break, NUL or a writing-direction control.
"""

from __future__ import annotations

import binascii
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from channels.mail import charsets

MAX_BYTES = 2_000_000  # kept of one header block
MAX_LINES = 100_000
MAX_FIELDS = 2_000
MAX_ORDERLY = 16_384  # bytes of a block that is looked at as a whole
MAX_VALUE = 1_000_000  # of one field: 8,000 recipients need 150,000 to 400,000
MAX_TEXT = 64_000  # bytes of a field that is read as text
MAX_SHORT = 2_000  # characters of a value whose text is kept for a moment
MAX_DAMAGED = 50
MAX_BLOCKS = 1_000  # of base64 with padding between them
MAX_PARAMETERS = 64
MAX_PARAMETER_BYTES = 16_000
MAX_KEPT = 200  # characters of a value whose parameters are kept for the next one

_FIELD = re.compile(rb"([!-9;-~]{1,120})[ \t]*:")
_ORDERLY = re.compile(rb"([!-9;-~]{1,120})[ \t]*:([^\n]*\n(?:[ \t][^\n]*\n)*+)")
_ALL_ORDERLY = re.compile(rb"(?:[!-9;-~]{1,120}[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*+)++")
_KNOWN = re.compile(
    rb"(?mi)^(?:from|to|cc|date|subject|message-id|mime-version|content-[a-z-]+|received|reply-to"
    rb"|return-path|x-[\w-]+)[ \t]*:"
)
_WORD = re.compile(r"=\?([^?\s]{1,75})\?(?:([bB])\?([^?]*)|([qQ])\?((?:[^?]|\?(?!=)){0,2000}))\?=")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DIRECTION = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_PARAMETER = re.compile(
    r';\s*([^\s=;"]{1,80})\s*=\s*(?:"((?:[^"\\]|\\.){0,4000})"|([^;"]*))', re.DOTALL
)
_SECTION = re.compile(r"^([^*]+)(?:\*(\d{1,3}))?(\*)?$")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_DASH = ord("-")
_PADDING = re.compile(rb"=+")
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_IN_BASE64 = _BASE64 + b"\r\n\t "
_BLANKS = (b"\r\n", b"\n")  # lines
_BLANK = re.compile(rb"\n\r?\n")
_SPACES = bytes(ord(" ") if c in (*range(32), 127) else c for c in range(256))


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields in their order, names in lower case, values unfolded bytes."""

    fields: tuple[tuple[str, bytes], ...] = ()
    hint: str | None = None  # the codec for bytes beyond ASCII
    _first: dict[str, bytes] = field(init=False, repr=False, compare=False)
    _texts: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Most names that are asked for are not there: that is seen without looking at each field.
        object.__setattr__(self, "_first", dict(reversed(self.fields)))
        object.__setattr__(self, "_texts", {})

    def all(self, name: str) -> list[str]:
        """The values of all fields of that name; encoded words are left as they are."""
        if name not in self._first:
            return []
        return [self._raw(value) for field, value in self.fields if field == name]

    def get(self, name: str) -> str | None:
        """The value of the first field of that name; encoded words are left as they are."""
        value = self._first.get(name)
        return None if value is None else self._raw(value)

    def text(self, name: str) -> str | None:
        """The first field of that name as people read it."""
        if name not in self._first:
            return None
        if name not in self._texts:  # some are asked for several times
            self._texts[name] = decoded(self._raw(self._first[name])[:MAX_TEXT])
        return self._texts[name]

    def has_any(self, names: frozenset[str]) -> bool:
        """Whether there is a field of one of these names."""
        return not names.isdisjoint(self._first)

    def __contains__(self, name: str) -> bool:
        return name in self._first

    def _raw(self, value: bytes) -> str:
        if value.isascii():
            return value.decode("ascii")
        return safe(charsets.decode(value, None, self.hint).text)


@dataclass(frozen=True, slots=True)
class Block:
    """A header block and where the body begins."""

    headers: Headers
    body: int
    warnings: tuple[str, ...] = ()


def split(raw: bytes, start: int = 0, *, hint: str | None = None) -> Block:
    """Take the header fields that begin at `start`; of very large ones the beginning."""
    return _orderly(raw, start, hint) or _by_lines(raw, start, hint)


def _orderly(raw: bytes, start: int, hint: str | None) -> Block | None:
    """A block as almost all are: small, of fields alone, and an empty line behind it."""
    lines = _ALL_ORDERLY.match(raw, start, start + MAX_ORDERLY)
    end = lines.end() if lines else start
    blank = next((each for each in _BLANKS if raw.startswith(each, end)), b"")
    if not (lines and blank):
        return None
    found = _ORDERLY.findall(raw, start, end)
    if len(found) > MAX_FIELDS:
        return None
    fields = tuple([
        (_name(name), value.translate(_SPACES, b"\0").strip() if value.count(b"\n") == 1
         else _unfolded(value.split(b"\n")[:-1]))
        for name, value in found
    ])  # fmt: skip
    return Block(Headers(fields, hint), end + len(blank))


@lru_cache(maxsize=256)
def _name(written: bytes) -> str:
    return written.lower().decode("ascii")


def _by_lines(raw: bytes, start: int, hint: str | None) -> Block:
    fields: list[list[bytes]] = []
    warnings: dict[str, None] = {}
    room, damaged, body = MAX_BYTES, 0, start
    for count, (position, whole) in enumerate(_lines(raw, start)):
        body = position + whole
        line = raw[position : position + min(whole, room, MAX_VALUE)]
        room -= len(line)
        if not line.strip(b"\r\n") and room > 0:
            break
        if len(line) < whole:
            warnings["headers-shortened"] = None
        if room <= 0 or count > MAX_LINES or len(fields) > MAX_FIELDS:
            return Block(_headers(fields, hint), _end(raw, position), ("headers-shortened",))
        if not _take(line, fields):
            damaged += 1
            if damaged > MAX_DAMAGED or _body_begins(raw, position, fields):
                warnings |= {"headers-unseparated": None} if fields else {}
                return Block(_headers(fields, hint), position, tuple(warnings))
            warnings["headers-damaged"] = None
    return Block(_headers(fields, hint), body, tuple(warnings))


def _lines(raw: bytes, start: int) -> Iterator[tuple[int, int]]:
    """Where the lines from `start` begin, and their lengths; a bare carriage return ends none."""
    while start < len(raw):
        end = raw.find(b"\n", start) + 1 or len(raw)
        yield start, end - start
        start = end


def _take(line: bytes, fields: list[list[bytes]]) -> bool:
    """Add a field or continue the last one; False for a line that is neither."""
    if line[:1] in (b" ", b"\t") and fields:
        fields[-1].append(line)
        return True
    found = _FIELD.match(line)
    if found:
        fields.append([found[1].lower(), line[found.end() :]])
        return True
    return not fields and line.startswith((b"From ", b">From "))  # a mailbox file's line


def _body_begins(raw: bytes, position: int, fields: list[list[bytes]]) -> bool:
    """Whether a line that is no field starts the body; else it is a field's lost continuation."""
    if not fields or raw[position] == _DASH:
        return True
    blank = _BLANK.search(raw, position, position + MAX_BYTES)
    if blank is None or not _KNOWN.search(raw, position, blank.start() + 1):
        return True
    end = raw.find(b"\n", position)
    fields[-1].append(b" " + raw[position:end])
    return False


def _end(raw: bytes, position: int) -> int:
    blank = _BLANK.search(raw, position)
    return blank.end() if blank else len(raw)


def _headers(fields: list[list[bytes]], hint: str | None) -> Headers:
    taken = fields[:MAX_FIELDS]
    return Headers(tuple((f[0].decode("ascii"), _unfolded(f[1:])) for f in taken), hint)


def _unfolded(lines: list[bytes]) -> bytes:
    if len(lines) == 1:
        value = lines[0][:MAX_VALUE]
    else:
        value = b"".join([line.rstrip(b"\r\n") for line in lines])[:MAX_VALUE]
    return value.translate(_SPACES, b"\0").strip()


def safe(text: str) -> str:
    """Without controls, line breaks, and what turns the direction of writing."""
    if text.isprintable():  # none of these are
        return text.strip()
    return _DIRECTION.sub("", _UNSAFE.sub(" ", text)).strip()


def decoded(value: str) -> str:
    """Encoded words decoded (RFC 2047); neighbours are joined before, for they split characters."""
    if "=?" not in value:
        return safe(value)
    return _short(value) if len(value) <= MAX_SHORT else _decoded(value)


def _decoded(value: str) -> str:
    pieces: list[str] = []
    waiting: list[tuple[str, bytes]] = []
    last = 0
    for word in _WORD.finditer(value):
        between = value[last : word.start()]
        if between.strip() or not waiting:
            pieces += [_joined(waiting), between]
            waiting = []
        waiting.append((word[1].partition("*")[0], _word_bytes(word)))
        last = word.end()
    return safe("".join([*pieces, _joined(waiting), value[last:]]))


_short = lru_cache(maxsize=64)(_decoded)  # names and file names come again


def _word_bytes(word: re.Match[str]) -> bytes:
    if word[2]:
        return unbase64(word[3].encode("ascii", "ignore"))
    text = word[5].replace("_", " ").encode("utf-8", "replace")
    return binascii.a2b_qp(text)


def _joined(words: list[tuple[str, bytes]]) -> str:
    result: list[str] = []
    at = 0
    while at < len(words):
        name, data = words[at][0], [words[at][1]]
        while at + 1 < len(words) and words[at + 1][0].lower() == name.lower():
            at += 1
            data.append(words[at][1])
        result.append(charsets.decode(b"".join(data), name).text)
        at += 1
    return "".join(result)


def unbase64(data: bytes) -> bytes:
    """Base64 that may be cut, unpadded, sprinkled with other characters, or put together.

    Behind padding only what is base64 through and through goes on: lists put their footers there.
    """
    padding = data.find(b"=")
    if padding >= 0 and data[padding:].strip(b"=\r\n\t "):
        first, *more = _PADDING.split(data, MAX_BLOCKS)
        blocks = itertools.takewhile(lambda block: not block.translate(None, _IN_BASE64), more)
        return b"".join(unbase64(block) for block in (first, *blocks))
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:  # its length is wrong: the rest of the last group is made up
        lean = data.translate(None, _NOT_BASE64)
        lean = lean[: len(lean) - (len(lean) % 4 == 1)]
        return binascii.a2b_base64(lean + b"=" * (-len(lean) % 4))


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """A structured value such as Content-Type: what stands first, and its parameters."""
    if ";" not in value:
        return value[:MAX_PARAMETER_BYTES].strip().lower(), {}
    return (_parameters if len(value) > MAX_KEPT else _kept_parameters)(value)


def _parameters(value: str) -> tuple[str, dict[str, str]]:
    value = value[:MAX_PARAMETER_BYTES]
    first = value.partition(";")[0].strip().lower()
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, found in enumerate(_PARAMETER.finditer(value)):
        name = _SECTION.match(found[1].lower())
        if count >= MAX_PARAMETERS or name is None:
            break
        text = found[3].strip() if found[2] is None else _QUOTED_PAIR.sub(r"\1", found[2])
        slot = int(name[2]) if name[2] else (-1 if name[3] else MAX_PARAMETERS**2)
        sections.setdefault(name[1], {}).setdefault(slot, (text, bool(name[3])))
    return first, {name: _parameter(parts) for name, parts in sections.items()}


_kept_parameters = lru_cache(maxsize=256)(_parameters)  # most parts say the same of themselves


def _parameter(parts: dict[int, tuple[str, bool]]) -> str:
    """RFC 2231 sections 3 and 4; the plain form is the fallback it was sent for."""
    plain = parts.pop(MAX_PARAMETERS**2, None)
    if not parts:
        return decoded(plain[0]) if plain else ""
    ordered = [parts[slot] for slot in sorted(parts)]
    charset = None
    if ordered[0][1] and ordered[0][0].count("'") > 1:
        charset, _, rest = ordered[0][0].split("'", 2)
        ordered[0] = (rest, True)
    data = b"".join(
        unquote_to_bytes(text) if coded else text.encode("utf-8", "replace")
        for text, coded in ordered
    )
    text = charsets.decode(data, charset).text
    return safe(text) if charset is not None else decoded(text)
