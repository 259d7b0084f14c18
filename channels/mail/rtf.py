r"""Outlook's compressed RTF: unpacked, and read as the HTML or the text that is wrapped in it.

MS-OXRTFCP (compression: a dictionary of 4,096 bytes, primed with common words of RTF) and
MS-OXRTFEX (HTML in RTF: `\fromhtml1`, markup in `\htmltag` groups, `\htmlrtf` to be skipped).
Formatting of real RTF is dropped; only its words and lines are kept.
"""

from __future__ import annotations

import re
import struct

from channels.mail import charsets

MAX_UNPACKED = 2_000_000
MAX_TOKENS = 400_000
MAX_DEPTH = 200

_COMPRESSED, _STORED = 0x75465A4C, 0x414C454D
_HEADER = 16
_WINDOW = 4096
_PRIMER = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)
_TOKEN = re.compile(
    rb"\\'([0-9a-fA-F]{2})|\\([a-z]{1,32})(-?\d{1,10})? ?|\\([^a-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)"
)
_HIDDEN = frozenset(
    b"fonttbl colortbl stylesheet info pict object generator listtable listoverridetable"
    b" themedata xmlnstbl".split()
)
_SIGNS = {
    b"par": "\n", b"line": "\n", b"tab": "\t", b"lquote": "‘", b"rquote": "’", b"ldblquote": "“",
    b"rdblquote": "”", b"bullet": "•", b"endash": "–", b"emdash": "—", b"cell": "\t", b"row": "\n",
}  # fmt: skip
_ESCAPED = {b"~": "\u00a0", b"_": "-", b"-": ""}


def read(packed: bytes) -> tuple[str, str]:
    """Text and HTML, one of which is empty."""
    source = unpacked(packed)
    as_html = b"\\fromhtml" in source[:1000]
    words = _Reader(as_html=as_html).read(source)
    return ("", words) if as_html else (words.strip(), "")


def unpacked(packed: bytes) -> bytes:
    """The RTF; as much as there is of a damaged one."""
    if len(packed) < _HEADER:
        return b""
    _, size, kind, _ = struct.unpack("<IIII", packed[:_HEADER])
    if kind == _STORED:
        return packed[_HEADER : _HEADER + min(size, MAX_UNPACKED)]
    return _inflated(packed, min(size, MAX_UNPACKED)) if kind == _COMPRESSED else b""


def _inflated(packed: bytes, size: int) -> bytes:
    window = bytearray(_PRIMER.ljust(_WINDOW, b"\0"))
    write, at = len(_PRIMER), _HEADER
    out = bytearray()
    while at < len(packed) and len(out) < size:
        control, at = packed[at], at + 1
        for bit in range(8):
            if at >= len(packed) or len(out) >= size:
                break
            if control >> bit & 1:
                reference = int.from_bytes(packed[at : at + 2], "big")
                at += 2
                offset, length = reference >> 4, (reference & 15) + 2
                if offset == write:
                    return bytes(out)
                run = _run(window, offset, write, length)
            else:
                run, at = packed[at : at + 1], at + 1
            for byte in run:
                window[write] = byte
                write = (write + 1) % _WINDOW
            out += run
    return bytes(out)


def _run(window: bytearray, offset: int, write: int, length: int) -> bytes:
    """A repetition, which may run into what it is itself writing."""
    distance = (write - offset) % _WINDOW
    seed = [window[(offset + step) % _WINDOW] for step in range(min(length, distance or length))]
    return bytes(seed[step % len(seed)] for step in range(length))


class _Reader:
    """Goes through the words of RTF; a group inherits the state of the one around it."""

    def __init__(self, *, as_html: bool) -> None:
        self._as_html = as_html
        self._hidden = False
        self._skipped = 0  # characters that repeat a Unicode one
        self._stack: list[bool] = []
        self._codec = "cp1252"
        self._out: list[str] = []
        self._bytes = bytearray()

    def read(self, source: bytes) -> str:
        for count, token in enumerate(_TOKEN.finditer(source)):
            if count > MAX_TOKENS:
                break
            self._token(token)
        self._flush()
        return "".join(self._out)

    def _token(self, token: re.Match[bytes]) -> None:
        if token[1]:
            self._byte(int(token[1], 16))
        elif token[2]:
            self._word(token[2], int(token[3] or b"1"))
        elif token[4]:
            self._symbol(token[4])
        elif token[5]:
            self._group(opens=token[5] == b"{")
        elif token[6] and not self._hidden:
            taken = token[6][self._skipped :]
            self._skipped = max(0, self._skipped - len(token[6]))
            self._bytes += taken

    def _byte(self, value: int) -> None:
        if self._skipped:
            self._skipped -= 1
        elif not self._hidden:
            self._bytes.append(value)

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":  # a destination to be ignored, except the one that holds the HTML
            self._hidden = not self._as_html or self._hidden
        else:
            self._write(_ESCAPED.get(symbol, symbol.decode("latin-1")))

    def _group(self, *, opens: bool) -> None:
        self._skipped = 0
        if opens and len(self._stack) < MAX_DEPTH:
            self._stack.append(self._hidden)
        elif not opens and self._stack:
            self._hidden = self._stack.pop()

    def _word(self, word: bytes, number: int) -> None:
        if word == b"u":
            self._write(struct.pack("<H", number % 0x10000).decode("utf-16-le", "replace"))
            self._skipped = 1
        elif word == b"ansicpg":
            self._codec = charsets.codec_of(f"cp{number}") or self._codec
        elif word == b"htmlrtf":
            self._hidden = number != 0
        elif word in _HIDDEN or (self._as_html and word in (b"mhtmltag", b"pntext")):
            self._hidden = True
        elif word == b"htmltag":
            self._hidden = False
        elif word in _SIGNS:
            self._write(_SIGNS[word])

    def _write(self, text: str) -> None:
        if not self._hidden:
            self._flush()
            self._out.append(text)

    def _flush(self) -> None:
        if self._bytes:
            self._out.append(bytes(self._bytes).decode(self._codec, "replace"))
            self._bytes.clear()
