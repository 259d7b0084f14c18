"""What somebody may have meant: keyboard-layout slips, the other alphabet, phone formats. Pure."""

from __future__ import annotations

import re

from channels.toolkit import phone

_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_CYRILLIC_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_TO_CYRILLIC_KEY = str.maketrans(_LATIN_KEYS, _CYRILLIC_KEYS)
_TO_LATIN_KEY = str.maketrans(_CYRILLIC_KEYS, _LATIN_KEYS)
_LETTERS = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "і": "i", "ў": "u",
}  # fmt: skip
_FROM_LATIN = {
    "shch": "щ", "zh": "ж", "kh": "х", "ts": "ц", "ch": "ч", "sh": "ш", "yu": "ю", "ya": "я",
    "yo": "ё", "ye": "е", "a": "а", "b": "б", "v": "в", "g": "г", "d": "д", "e": "е", "z": "з",
    "i": "и", "y": "й", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "r": "р",
    "s": "с", "t": "т", "u": "у", "f": "ф", "h": "х", "c": "к", "j": "дж", "w": "в", "x": "кс",
    "q": "к",
}  # fmt: skip
_LATIN_PARTS = re.compile("|".join(sorted(_FROM_LATIN, key=len, reverse=True)))
_CYRILLIC = re.compile("[а-яёіў]")
_LATIN = re.compile("[a-z]")
_NOT_DIGITS = re.compile(r"\D+")
_PHONE = re.compile(r"[+\d][\d\s().\-/]{3,}")
MIN_DIGITS = 4
_LONG_DISTANCE = 11
"""Digits of a number dialled with the trunk prefix 8."""


def name_variants(text: str) -> list[str]:
    """The text as typed, as the other keyboard layout would have it, and in the other alphabet.

    "bdfyjd" → "иванов"; "Ivanov" → "иванов"; "Иванов" → "ivanov". Lower case, without repeats.
    """
    typed = text.strip().lower()
    found = [typed]
    if _LATIN.search(typed):
        found += [typed.translate(_TO_CYRILLIC_KEY), to_cyrillic(typed)]
    if _CYRILLIC.search(typed):
        found += [typed.translate(_TO_LATIN_KEY), to_latin(typed)]
    return list(dict.fromkeys(one for one in found if one))


def to_latin(text: str) -> str:
    """Cyrillic letters in Latin ones; the rest stays."""
    return "".join(_LETTERS.get(letter, letter) for letter in text)


def to_cyrillic(text: str) -> str:
    """Latin letters in Cyrillic ones, the longest match first; the rest stays."""
    return _LATIN_PARTS.sub(lambda part: _FROM_LATIN[part.group()], text)


def phone_variants(text: str, *, region: str = "BY") -> list[str]:
    """Digits to look for in stored numbers (E.164), for a number typed in any way or in part.

    Empty when the text does not look like a number.
    """
    typed = text.strip()
    if not _PHONE.fullmatch(typed):
        return []
    digits = _NOT_DIGITS.sub("", typed)
    if len(digits) < MIN_DIGITS:
        return []
    found = [digits]
    if digits.startswith("80"):
        found.append(digits[2:])
    elif digits.startswith("8") and len(digits) == _LONG_DISTANCE:
        found.append(digits[1:])
    elif digits.startswith("00"):
        found.append(digits[2:])
    elif digits.startswith("0"):
        found.append(digits[1:])
    known = phone.normalise(typed, region=region)
    if known:
        found.append(known[1:])
    return list(dict.fromkeys(one for one in found if len(one) >= MIN_DIGITS))


def escaped(text: str) -> str:
    """The text as a literal inside a LIKE pattern."""
    return re.sub(r"([\\%_])", r"\\\1", text)
