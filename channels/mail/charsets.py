"""Bytes become text: by the declared charset where that can be true, else by what they look like.

Order: byte order mark, the declared charset, UTF-8, then letters decide between the Cyrillic and
the Western code pages. Charset names come from strangers, so they are only ever looked up in a
table made here: Python's own lookup imports modules by name, and some of its codecs (punycode,
idna, unicode_escape) are slow or no charsets at all. Names: RFC 2978 and the IANA registry; the
misspelt ones are those that mail programs are known to send.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from encodings.aliases import aliases
from functools import lru_cache

from channels.mail import letters


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_CHARSETS = _words(
    """
    base64_codec bz2_codec hex_codec idna mbcs oem palmos punycode quopri_codec
    raw_unicode_escape rot_13 undefined unicode_escape uu_codec zlib_codec
    """
)
_ALSO = {
    "win1251": "cp1251", "xcp1251": "cp1251", "ansi1251": "cp1251", "xwindows1251": "cp1251",
    "koi8": "koi8_r", "xkoi8r": "koi8_r", "koi8ru": "koi8_u", "dos866": "cp866",
    "xmaccyrillic": "mac_cyrillic", "maccyrillic": "mac_cyrillic", "xmacroman": "mac_roman",
    "macintosh": "mac_roman", "utf8mb4": "utf_8", "utf": "utf_8", "unicode11utf7": "utf_7",
    "unicode11utf8": "utf_8", "xunicode20utf7": "utf_7", "xutf8": "utf_8",
    "ansix31968": "ascii", "iso646us": "ascii", "windows874": "cp874", "xsjis": "cp932",
    "windows31j": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "xgbk": "gb18030",
    "ksc56011987": "cp949", "euckr": "cp949", "iso88598i": "iso8859_8", "iso88598e": "iso8859_8",
    # Those who declare Latin-1 use the Windows superset (WHATWG Encoding does the same).
    "iso88591": "cp1252", "latin1": "cp1252", "l1": "cp1252", "ascii8bit": "cp1252",
}  # fmt: skip
_SEVEN_BIT = frozenset({"utf_7", "hz", "iso2022_jp", "iso2022_jp_2", "iso2022_kr", "iso2022_jp_1"})
_WESTERN = frozenset({"cp1252", "iso8859_15", "iso8859_1", "mac_roman", "cp850"})
_MARKS = (
    (codecs.BOM_UTF8, "utf_8"), (codecs.BOM_UTF32_LE, "utf_32_le"),
    (codecs.BOM_UTF32_BE, "utf_32_be"), (codecs.BOM_UTF16_LE, "utf_16_le"),
    (codecs.BOM_UTF16_BE, "utf_16_be"),
)  # fmt: skip
_MARKED = frozenset(mark[:1] for mark, _ in _MARKS)
_NOT_SHOWN = re.compile(r"[^ -~]")
_UNKNOWN = frozenset({"", "unknown", "unknown8bit", "xunknown", "default", "defaultcharset"})
_BROKEN_SHARE = 0.05  # of the characters beyond ASCII: more, and it never was UTF-8
_NAME_LENGTH = 40


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name[:_NAME_LENGTH].lower())


def _known() -> dict[str, str]:
    table = {_key(alias): codec for alias, codec in aliases.items()}
    table |= {_key(codec): codec for codec in aliases.values()}
    table |= {"utf8sig": "utf_8", "cp866": "cp866", "cp874": "cp874"} | _ALSO
    return {name: codec for name, codec in table.items() if codec not in _NO_CHARSETS}


_CODECS = _known()


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text, the codec it was read with, and a warning where the declaration was not true."""

    text: str
    codec: str
    warning: str | None = None


@lru_cache(maxsize=256)
def codec_of(name: str | None) -> str | None:
    """The Python codec of a charset name; None for an unknown one."""
    return _CODECS.get(_key(name)) if name else None


def decode(data: bytes, declared: str | None = None, hint: str | None = None) -> Decoded:
    """Never fails. `hint` is a codec that the rest of the mail was read with."""
    codec, name, warning = _declared((declared or "")[:_NAME_LENGTH])
    for mark, marked in _MARKS if data[:1] in _MARKED else ():
        if data.startswith(mark):
            return Decoded(data[len(mark) :].decode(marked, "replace"), marked, warning)
    if data.isascii() and codec not in _SEVEN_BIT and not _wide(codec):
        return Decoded(data.decode("ascii"), "ascii", warning)
    if codec and codec != "ascii" and (text := _strictly(data, codec)) is not None:
        better = _contradicted(data, codec)
        if better is None:
            return Decoded(text, codec, warning)
        return Decoded(data.decode(better, "replace"), better, f"charset-wrong: {name}")
    if codec and codec != "ascii":
        warning = f"charset-wrong: {name}"
    elif warning is None:
        warning = "charset-missing"
    return _by_looks(data, codec, hint, warning)


@lru_cache(maxsize=256)
def _declared(charset: str) -> tuple[str | None, str, str | None]:
    """The codec of a declaration, the declaration fit to be shown, and what is wrong with it."""
    codec = codec_of(charset)
    name = _NOT_SHOWN.sub("?", charset)
    unknown = codec is None and _key(name) not in _UNKNOWN
    return codec, name, f"charset-unknown: {name}" if unknown else None


def _by_looks(data: bytes, codec: str | None, hint: str | None, warning: str) -> Decoded:
    if (text := _strictly(data, "utf_8")) is not None:
        return Decoded(text, "utf_8", warning)
    if _nearly_utf8(data):
        return Decoded(data.decode("utf-8", "replace"), "utf_8", "charset-damaged: utf_8")
    found = letters.guess(data)
    if found is None:  # too little to tell by: what the rest of the mail is written in
        found = next((name for name in (hint, codec) if name and not _utf(name)), "cp1252")
    return Decoded(data.decode(found, "replace"), found, warning)


def _contradicted(data: bytes, codec: str) -> str | None:
    """The codec that the letters prove against the declared one, which any byte satisfies."""
    if _wide(codec) or codec in _SEVEN_BIT or _utf(codec):
        return None
    if codec in letters.CYRILLIC or codec in _WESTERN:
        if _strictly(data, "utf_8") is not None:
            return "utf_8"
        return letters.disproof(data, codec, western=codec in _WESTERN)
    return None


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError, OverflowError):
        return None


def _nearly_utf8(data: bytes) -> bool:
    """UTF-8 that was cut or damaged here and there."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    beyond = sum(1 for _ in re.finditer(r"[^\x00-\x7f\ufffd]", text))
    return beyond > 0 and broken <= max(1, beyond * _BROKEN_SHARE)


def _utf(codec: str) -> bool:
    return codec.startswith("utf_")


def _wide(codec: str | None) -> bool:
    return codec is not None and codec.startswith(("utf_16", "utf_32"))
