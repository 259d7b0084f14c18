"""Address lists, read by a bounded scanner that would rather see no address than a wrong one.

RFC 5322 section 3.4, RFC 6854 (groups), RFC 6532 (UTF-8). Known disguises are not fallen for: a
stray bracket after a harmless address (`alice@example.org)bob@evil.example`), two addresses for
one author, an encoded word that decodes to an address, deep or open comments. Structure is found
before encoded words are decoded, so that nothing encoded can become structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from channels.mail.headers import decoded
from channels.mail.message import Mailbox

MAX_ADDRESSES = 10_000
MAX_TOKENS = 150_000
MAX_NAME = 300
MAX_ADDRESS = 320
MAX_KEPT = 500  # characters of a field whose mailboxes are kept for the next mail

_TOKEN = re.compile(
    r'=\?[^?\s]{1,75}\?[bBqQ]\?[^?\s]{0,2000}\?=|"(?:[^"\\]|\\.){0,2000}"|\\.|[()<>,;:@"]'
    r'|[^()<>,;:@"\\\s]+|\s+',
    re.DOTALL,
)
_LOCAL = r'(?:[^\s()<>\[\]:;@\\,"]{1,128}|"(?:[^"\\\r\n]|\\.){1,128}")'
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?|_[\w-]{1,62}"
_DOMAIN = rf"(?:(?:{_LABEL})(?:\.(?:{_LABEL}))*\.?|\[[0-9A-Fa-f.:IPv]{{2,60}}\])"
_ADDRESS = re.compile(rf"^{_LOCAL}@{_DOMAIN}$")
_IN_NAME = re.compile(r"[^\s<>()\"',;:]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# One mailbox as almost all are: a name, if any, without anything that means something.
_ORDINARY = re.compile(r'([^()<>,;:@"\\]*)<([^()<>,;:@"\\\s]+@[^()<>,;:@"\\\s]+)>')
_BARE = re.compile(r'[^()<>,;:@"\\\s]+@[^()<>,;:@"\\\s]+')
_ENCODED_COMMA = "=?utf-8?q?=2c?="  # Python's own email package folds lists like that
_PAIR = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Listed:
    """The mailboxes of a field and what was wrong with it (codes without the field's name)."""

    mailboxes: tuple[Mailbox, ...] = ()
    faults: tuple[str, ...] = ()


_NONE = Listed()


@dataclass(slots=True)
class _Item:
    """One entry of a list while it is read."""

    words: list[str] = field(default_factory=list)
    angles: list[str] = field(default_factory=list)
    comment: str = ""
    stray: bool = False

    def empty(self) -> bool:
        return not self.angles and not self.stray and not "".join(self.words).strip()


def listed(values: Iterable[str]) -> Listed:
    """All mailboxes of all fields of one name, in their order."""
    given = tuple(values)
    if not given:
        return _NONE
    if len(given) == 1 and len(given[0]) <= MAX_KEPT:
        return _one(given[0])
    return _listed(given)


@lru_cache(maxsize=64)
def _one(value: str) -> Listed:
    """Of one short field. The addresses of our own come with every mail."""
    address = name = ""
    if _ENCODED_COMMA in value.lower():
        return _listed((value,))
    if _BARE.fullmatch(value):
        address = value
    elif found := _ORDINARY.fullmatch(value):
        name, address = found[1], found[2]
    if address and valid(address) == address:
        return Listed((Mailbox(address, _name(name, address)),))
    return _listed((value,))


def _listed(values: tuple[str, ...]) -> Listed:
    faults: dict[str, None] = {}
    found: list[Mailbox] = []
    phrase: list[str] = []
    for item in _items(values, faults):
        if len(found) >= MAX_ADDRESSES:
            faults["too-many"] = None
            break
        if not item.angles and not item.stray and "@" not in item.words:
            phrase += [*item.words, ","]  # "Ivanov, Ivan <ivan@…>" without the quotes it needs
            continue
        item.words[:0], phrase = phrase, []
        if (mailbox := _mailbox(item, faults)) is not None:
            found.append(mailbox)
    if phrase:
        _phrase_only(phrase, found, faults)
    return Listed(tuple(found), tuple(faults))


def valid(address: str) -> str | None:
    """The address if it is one, else None. A source route (RFC 5322 section 4.4) is dropped.

    So is a pair of apostrophes, which Outlook puts around an address.
    """
    if len(address) > 2 * MAX_ADDRESS:
        return None
    if len(address) > 1 and address[0] == address[-1] == "'":
        address = address[1:-1]
    address = address.removeprefix("mailto:")
    if address.startswith("@") and ":" in address:
        address = address.rpartition(":")[2]
    return address if len(address) <= MAX_ADDRESS and _ADDRESS.match(address) else None


def names_another(mailbox: Mailbox) -> bool:
    """Whether the name shows an address, and not its own: the oldest disguise."""
    shown = _IN_NAME.findall(mailbox.name)
    return any(address.casefold() != mailbox.key for address in shown)


def _items(values: Iterable[str], faults: dict[str, None]) -> Iterator[_Item]:
    for value in values:
        yield from _Scanner(faults).items(value)


class _Scanner:
    """Walks the tokens of one field; comments nest, and are counted, not recursed into."""

    def __init__(self, faults: dict[str, None]) -> None:
        self._faults = faults
        self._item = _Item()
        self._depth = 0
        self._angle: list[str] | None = None
        self._group = False

    def items(self, value: str) -> Iterator[_Item]:
        for count, piece in enumerate(_TOKEN.finditer(value)):
            if count > MAX_TOKENS:
                self._faults["too-long"] = None
                break
            if self._step(piece.group()) and not self._item.empty():
                yield self._take()
        if self._depth or self._angle is not None:
            self._faults["unclosed"] = None
            self._close_angle()
        if not self._item.empty():
            yield self._take()

    def _take(self) -> _Item:
        item, self._item = self._item, _Item()
        return item

    def _step(self, piece: str) -> bool:
        """Digest a piece; True when it ends an entry."""
        if self._depth or piece == "(":
            self._comment(piece)
        elif self._angle is not None:
            self._in_angle(piece)
        elif piece == "<":
            self._angle = []
        elif piece in ",;" or piece.lower() == _ENCODED_COMMA:
            return True
        elif piece == ":" and not self._item.angles and "@" not in self._item.words:
            self._item = _Item()  # a group: its name is no recipient
        elif piece in "):>":
            self._item.stray = True
            self._item.words.append(piece)
        else:
            self._item.words.append(piece)
        return False

    def _comment(self, piece: str) -> None:
        if piece == "(":
            self._depth += 1
        elif piece == ")":
            self._depth -= 1
        elif len(self._item.comment) < MAX_NAME:
            self._item.comment += piece

    def _in_angle(self, piece: str) -> None:
        if piece == ">":
            self._close_angle()
        elif self._angle is not None and not piece.isspace():
            self._angle.append(piece)

    def _close_angle(self) -> None:
        if self._angle is not None:
            self._item.angles.append("".join(self._angle))
            self._angle = None


def _mailbox(item: _Item, faults: dict[str, None]) -> Mailbox | None:
    address, name = _parts(item)
    if item.stray or address is None:
        faults["unreadable"] = None
        return None
    return Mailbox(address, _name(name.strip(" ,\t") or item.comment, address))


def _name(written: str, address: str) -> str:
    """A name as people read it; none where it only repeats the address."""
    name = decoded(written.strip(" ,\t"))[:MAX_NAME].strip().strip("'")
    return "" if name.casefold() == address.casefold() else name


def _parts(item: _Item) -> tuple[str | None, str]:
    """Address and name; no address where there could be two."""
    if item.angles:
        different = {angle for angle in item.angles if angle}
        address = valid(different.pop()) if len(different) == 1 else None
        return address, "".join(_unquoted(word) for word in item.words)
    return _bare("".join(item.words).strip(" ,"))


def _bare(text: str) -> tuple[str | None, str]:
    """An address without brackets, with a name before or after it at most."""
    if (address := valid(re.sub(r"\s*([@.])\s*", r"\1", text))) is not None:
        return address, ""
    words = text.split()
    having = [word for word in words if "@" in word]
    if len(having) != 1:
        return None, ""
    return valid(having[0]), " ".join(word for word in words if "@" not in word).replace('"', "")


def _unquoted(word: str) -> str:
    if len(word) > 1 and word[0] == word[-1] == '"':
        return _PAIR.sub(r"\1", word[1:-1])
    return word.removeprefix("\\")


def _phrase_only(phrase: list[str], found: list[Mailbox], faults: dict[str, None]) -> None:
    """Text without any address. Some programs encode the whole field, brackets and all."""
    text = "".join(_unquoted(word) for word in phrase).strip(" ,")
    whole = re.fullmatch(r"(.{0,300}?)\s*<([^<>\s]{3,320})>", decoded(text)[: 2 * MAX_ADDRESS])
    address = valid(whole[2]) if whole and "=?" in text else None
    if whole and address and not found and "@" not in whole[1]:
        faults["encoded"] = None
        found.append(Mailbox(address, whole[1].strip(' "')))
    elif text and text.casefold() not in _NOBODY:
        faults["unreadable"] = None


_NOBODY = frozenset({"undisclosed-recipients", "undisclosed recipients", "unlisted-recipients"})
