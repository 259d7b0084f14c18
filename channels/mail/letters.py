"""Which eight-bit code page was it? Told by letters: how frequent they are and where they stand.

The Cyrillic code pages put the same words at different bytes, so that a wrong one shows capitals
inside words, rare letters and box drawings. Frequencies are percentages of Russian texts; the
letters of Ukrainian, Belarusian and Bulgarian texts are given as much as keeps them in the race.
"""

from __future__ import annotations

import re

CYRILLIC = ("cp1251", "koi8_r", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic")
_TRIED = ("cp1251", "koi8_u", "cp866", "iso8859_5", "mac_cyrillic")
_SAMPLE = 3000  # bytes of words: more does not make it surer
_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_SHARES = (
    11.0, 8.5, 8.0, 7.4, 6.7, 6.3, 5.5, 4.7, 4.5, 4.4, 3.5, 3.2, 3.0, 2.8, 2.6, 2.0, 1.9, 1.7, 1.7,
    1.6, 1.6, 1.4, 1.2, 1.0, 0.9, 0.7, 0.6, 0.5, 0.4, 0.3, 0.3, 0.2, 0.2,
)  # fmt: skip
_FREQUENCY = dict(zip(_RUSSIAN, _SHARES, strict=True)) | {"і": 3.0, "ї": 0.6, "є": 0.5, "ў": 0.5}
_PAIRS = frozenset(
    re.findall(
        r"\w\w",
        "ст но то на ен ов ни ра во ко по пр ер ор ро ал ли го не ре ос ка та ан от ет ел ло ол"
        " ес ит де да ла ть ся за ак аз чт эт оч ем ше",
    )
)
_PAIR = 2.0
_HARMLESS = frozenset("«»—–…№“”„’‘•°§©\u00a0\u00ad")
_NBSP = "\u00a0"  # of the Mac is К elsewhere
_SYMBOL, _MIXED_CASE, _FOREIGN = -8.0, -6.0, -3.0
_CAPITAL_SHARE = 0.8
_BAD_SCORE = 2.0  # per letter; Russian text has about 6, another code page's view about 0
_SURE = 4.0
_CLEARLY = 2.5  # better per letter than the declared one
_FEW = 6  # letters below this prove nothing against a declaration

_WORD = re.compile(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*")
_ASCII_LETTER = re.compile(rb"[A-Za-z]")
_HIGH = re.compile(rb"[\x80-\xff]")

# Letters beyond ASCII of the languages that share a Western or a Central European code page.
_ALPHABETS = {
    "cp1252": ("äöüßÄÖÜ", "éèêëàâçîïôùûœÉÈÀÇ", "áéíóúñüÁÉÍÓÚÑ¿¡", "àèéìòùÈ", "ãõáâàçéêíóôúÃÕÇ",
               "åäöÅÄÖé", "æøåÆØÅé", "éëïóöü"),
    "cp1250": ("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ"),
    "iso8859_2": ("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ", "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽ"),
}  # fmt: skip


def guess(data: bytes) -> str | None:
    """The likeliest code page; None where there are too few letters to tell."""
    words = _words(data)
    if not words:
        return None
    if _looks_cyrillic(words):
        scores = {codec: score(words, codec) for codec in _TRIED}
        best = max(scores, key=lambda codec: scores[codec])
        if scores[best] > _BAD_SCORE:
            return best
    return _western(words)


def disproof(data: bytes, declared: str, *, western: bool) -> str | None:
    """A Cyrillic code page that fits clearly better than the declared one, or None."""
    words = _words(data)
    if sum(len(_HIGH.findall(word)) for word in words) < _FEW or not _looks_cyrillic(words):
        return None
    if not western:
        family = {codec: score(words, codec) for codec in (*_TRIED, declared)}
        best = max(family, key=lambda codec: family[codec])
        return best if family[best] - family[declared] > _CLEARLY else None
    found = guess(data)
    sure = found in CYRILLIC and score(words, found or "") > _SURE
    return found if sure else None


def score(words: list[bytes], codec: str) -> float:
    """How Cyrillic the words look in that code page: points per letter."""
    text = b" ".join(words).decode(codec, "replace")
    points, counted, before = 0.0, 0, " "
    # A quote that never closes is a letter of another code page: « is З, » is И.
    harmless = _HARMLESS if text.count("«") == text.count("»") else _HARMLESS - {"«", "»"}
    for char in text:
        if char > "\x7f" and (char not in harmless or (char == _NBSP and before == " ")):
            points += _points(char, before)
            counted += 1
        before = char
    return points / counted if counted else _SYMBOL


def _points(char: str, before: str) -> float:
    if not char.isalpha():
        return _SYMBOL
    share = _FREQUENCY.get(char.lower(), _FOREIGN) + _PAIR * ((before + char).lower() in _PAIRS)
    if char.islower():
        return share
    return _MIXED_CASE if before.islower() else share * _CAPITAL_SHARE


def _words(data: bytes) -> list[bytes]:
    """The first words that hold bytes beyond ASCII."""
    found, length = [], 0
    for match in _WORD.finditer(data):
        found.append(match.group()[:_SAMPLE])
        length += len(match.group())
        if length > _SAMPLE:
            break
    return found


def _looks_cyrillic(words: list[bytes]) -> bool:
    """Cyrillic words are beyond ASCII from end to end, Western ones have a letter or two there."""
    pure = sum(len(word) for word in words if len(word) > 1 and not _ASCII_LETTER.search(word))
    mixed = sum(len(word) for word in words if _ASCII_LETTER.search(word))
    return pure > mixed


def _western(words: list[bytes]) -> str | None:
    joined = b"".join(_HIGH.findall(b" ".join(words)))
    best, most = None, 0.0
    for codec, languages in _ALPHABETS.items():
        text = joined.decode(codec, "replace")
        share = max(sum(char in letters for char in text) for letters in languages) / len(text)
        if share > most:
            best, most = codec, share
    return best
