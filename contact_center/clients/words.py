"""What somebody may have meant by what he typed: pure.

A name may be written in the other alphabet (Иванов, Ivanov) or with the wrong keyboard layout
(bdfyjd); a phone in any form. Each reading becomes one pattern; a client matching any is found.
"""

from __future__ import annotations

import re

ROWS = (
    ("qwertyuiop[]asdfghjkl;'zxcvbnm,.`", "йцукенгшщзхъфывапролджэячсмитьбюё"),
    ('QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>~', "ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ"),
)
TO_CYRILLIC_KEYS = str.maketrans("".join(a for a, _ in ROWS), "".join(b for _, b in ROWS))
TO_LATIN_KEYS = str.maketrans("".join(b for _, b in ROWS), "".join(a for a, _ in ROWS))
LATIN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "і": "i", "ў": "u",
}  # fmt: skip
CYRILLIC = sorted(
    ((latin, letter) for letter, latin in LATIN.items() if latin and letter not in "ёэіўй"),
    key=lambda pair: -len(pair[0]),
)
MIN_DIGITS = 4


def to_latin(text: str) -> str:
    """Иванов → ivanov."""
    return "".join(LATIN.get(letter, letter) for letter in text.lower())


def to_cyrillic(text: str) -> str:
    """The other way: ivanov is иванов; the longest reading first (shch before sh)."""
    text = text.lower()
    for latin, letter in CYRILLIC:
        text = text.replace(latin, letter)
    return text


def readings(typed: str) -> list[str]:
    """What to look for, the literal text first; at least two letters each, no doubles."""
    plain = typed.strip()
    lower = plain.lower()
    guesses = [plain]
    if re.search(r"[а-яёіў]", lower):
        guesses += [to_latin(plain), plain.translate(TO_LATIN_KEYS)]
    if re.search(r"[a-z]", lower):
        guesses += [to_cyrillic(plain), plain.translate(TO_CYRILLIC_KEYS)]
    return [one for one in dict.fromkeys(guesses) if len(one) > 1]


def digits(typed: str) -> str | None:
    """The end of a phone number where that is what was typed: what all ways of writing share.

    8 (029) 123-45-67 and +375 29 1234567 have the last nine digits in common at most; where a
    trunk prefix stands in front (8 or 0), it is left out.
    """
    if re.search(r"[^\d\s()+.-]", typed):
        return None
    found = re.sub(r"\D", "", typed)
    if not typed.strip().startswith("+"):
        found = re.sub(r"^(80|8|0)(?=\d{9,})", "", found)
    return found[-10:] if len(found) >= MIN_DIGITS else None


def pattern(text: str) -> str:
    """An ILIKE pattern that contains the text literally."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", text) + "%"
