"""winmail.dat: what Outlook packs into one part (TNEF), taken apart by a bounded reader.

MS-OXTNEF (the stream: attributes with level, id, length, checksum; section 2.1) and MS-OXCDATA
(property types, section 2.11). Read are the body (plain, HTML, compressed RTF) and the files with
their long names; nested messages are kept as files. Lengths are believed only within the bytes
that are there, and every count is bounded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.mail import charsets, rtf

SIGNATURE = 0x223E9F78
MAX_ATTRIBUTES = 5_000
MAX_PROPERTIES = 2_000
MAX_VALUES = 100
MAX_FILES = 200

_MESSAGE, _ATTACHMENT = 1, 2
_BODY, _MESSAGE_PROPERTIES, _CODE_PAGE = 0x800C, 0x9003, 0x9007
_REND, _TITLE, _DATA, _FILE_PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_P_BODY, _P_RTF, _P_HTML = 0x1000, 0x1009, 0x1013
_P_DATA, _P_FILENAME, _P_LONG_NAME, _P_MIME, _P_CID = 0x3701, 0x3704, 0x3707, 0x370E, 0x3712
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_STRING8, _UNICODE, _OBJECT, _BINARY = 0x1E, 0x1F, 0x0D, 0x102
_MULTIPLE, _NAMED = 0x1000, 0x8000
_GUID = 16


@dataclass(slots=True)
class TnefFile:
    name: str = ""
    type: str = "application/octet-stream"
    cid: str | None = None
    data: bytes = b""


@dataclass(slots=True)
class Tnef:
    text: str = ""
    html: str = ""
    files: list[TnefFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class _Ended(ValueError):
    """A length that leads beyond the bytes."""


class _Bytes:
    """A cursor that never leaves its bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self._data):
            raise _Ended
        self.at += count
        return self._data[self.at - count : self.at]

    def u16(self) -> int:
        return int(struct.unpack("<H", self.take(2))[0])

    def u32(self) -> int:
        return int(struct.unpack("<I", self.take(4))[0])

    def padded(self, count: int) -> bytes:
        """`count` bytes, and what fills them up to a multiple of four."""
        data = self.take(count)
        self.at += -count % 4
        return data

    def left(self) -> bool:
        return self.at < len(self._data)


def read(data: bytes) -> Tnef | None:
    """The content; None where it is no TNEF stream. What is cut short gives what there was."""
    source = _Bytes(data)
    result, codec = Tnef(), "cp1252"
    try:
        if source.u32() != SIGNATURE:
            return None
        source.u16()
        for level, name, value in _attributes(source):
            if level == _MESSAGE and name == _CODE_PAGE:
                codec = charsets.codec_of(f"cp{struct.unpack('<I', value[:4])[0]}") or codec
            elif level == _MESSAGE:
                _message(result, name, value, codec)
            elif level == _ATTACHMENT:
                _attachment(result, name, value, codec)
    except (_Ended, struct.error):
        result.warnings.append("tnef-damaged")
    return result


def _attributes(source: _Bytes) -> Iterator[tuple[int, int, bytes]]:
    for _ in range(MAX_ATTRIBUTES):
        if not source.left():
            return
        level, name = source.take(1)[0], source.u32() & 0xFFFF
        value = source.take(source.u32())
        source.u16()  # checksum: many writers get it wrong
        yield level, name, value


def _message(result: Tnef, name: int, value: bytes, codec: str) -> None:
    if name == _BODY:
        result.text = _string(value, codec)
    elif name == _MESSAGE_PROPERTIES:
        found = dict(_properties(value, codec))
        result.text = _text(found.get(_P_BODY)) or result.text
        html = found.get(_P_HTML)
        result.html = charsets.decode(html).text if isinstance(html, bytes) else _text(html)
        packed = found.get(_P_RTF)
        if isinstance(packed, bytes) and not (result.text or result.html):
            result.text, result.html = rtf.read(packed)


def _attachment(result: Tnef, name: int, value: bytes, codec: str) -> None:
    if name == _REND and len(result.files) < MAX_FILES:
        result.files.append(TnefFile())
    if not result.files:
        return
    file = result.files[-1]
    if name == _TITLE:
        file.name = file.name or _string(value, codec)
    elif name == _DATA:
        file.data = value
    elif name == _FILE_PROPERTIES:
        _file_properties(file, dict(_properties(value, codec)))


def _file_properties(file: TnefFile, found: dict[int, str | bytes]) -> None:
    file.name = _text(found.get(_P_LONG_NAME)) or file.name or _text(found.get(_P_FILENAME))
    file.type = _text(found.get(_P_MIME)).lower() or file.type
    file.cid = _text(found.get(_P_CID)).strip("<>") or None
    data = found.get(_P_DATA)
    if isinstance(data, bytes) and not file.data:
        file.data = data


def _properties(value: bytes, codec: str) -> Iterator[tuple[int, str | bytes]]:
    """Strings and binaries of a property list; what cannot be read ends it."""
    source = _Bytes(value)
    try:
        for _ in range(min(source.u32(), MAX_PROPERTIES)):
            kind, name = source.u16(), source.u16()
            if name >= _NAMED:
                _skip_name(source)
            for item in _values(source, kind):
                base = kind & ~_MULTIPLE
                if base == _UNICODE:
                    yield name, item.decode("utf-16-le", "replace").rstrip("\0")
                elif base == _STRING8:
                    yield name, _string(item, codec)
                elif base in (_BINARY, _OBJECT):
                    yield name, item[_GUID:] if base == _OBJECT else item
    except _Ended:
        return


def _skip_name(source: _Bytes) -> None:
    source.take(_GUID)
    if source.u32():
        source.padded(source.u32())
    else:
        source.u32()


def _values(source: _Bytes, kind: int) -> list[bytes]:
    base = kind & ~_MULTIPLE
    if base in _FIXED:
        count = source.u32() if kind & _MULTIPLE else 1
        for _ in range(min(count, MAX_PROPERTIES)):
            source.take(_FIXED[base])
        return []
    if base not in (_STRING8, _UNICODE, _BINARY, _OBJECT):
        raise _Ended
    return [source.padded(source.u32()) for _ in range(min(source.u32(), MAX_VALUES))]


def _string(value: bytes, codec: str) -> str:
    return charsets.decode(value.rstrip(b"\0"), codec).text


def _text(value: str | bytes | None) -> str:
    return value if isinstance(value, str) else ""
