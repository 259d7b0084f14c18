"""What an opaque signature of S/MIME holds: the letter itself, wrapped into its own signature.

RFC 8551 section 3.5.2 (application/pkcs7-mime, smime-type=signed-data), RFC 5652 sections 3 and 5.1
(ContentInfo, SignedData), X.690 (BER: Outlook and OpenSSL write lengths "until the end" and strings
in pieces). The signature is not proven: whom it is by is for the reader of the source. Nothing is
raised for any bytes; every step goes forward, and the depth is bounded.
"""

from __future__ import annotations

from typing import NamedTuple

MAX_DEPTH = 16
MAX_ELEMENTS = 100_000

_SIGNED = bytes.fromhex("2a864886f70d010702")  # 1.2.840.113549.1.7.2
_DATA = bytes.fromhex("2a864886f70d010701")  # 1.2.840.113549.1.7.1
_OID, _OCTETS, _PIECES, _SEQUENCE, _FIRST = 0x06, 0x04, 0x24, 0x30, 0xA0
_CONSTRUCTED, _LONG, _MANY = 0x20, 0x80, 0x1F
_MAX_LENGTH = 5  # bytes of a length


class _Element(NamedTuple):
    """A tag, where its contents begin, and where they end: -1 for "until the end"."""

    tag: int
    start: int
    end: int


class _Unreadable(Exception):
    """It is not what it should be."""


def signed_letter(data: bytes) -> bytes | None:
    """The entity that was signed; None where there is none, or the bytes are something else."""
    try:
        return _Reader(data).letter()
    except (_Unreadable, IndexError):
        return None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = MAX_ELEMENTS

    def letter(self) -> bytes | None:
        at = self._enter(0, _SEQUENCE)
        if self._oid(at) != _SIGNED:
            return None
        at = self._enter(self._enter(self._after(at), _FIRST), _SEQUENCE)
        at = self._enter(self._after(self._after(at)), _SEQUENCE)  # behind version and digests
        if self._oid(at) != _DATA:
            return None
        return b"".join(self._octets(self._enter(self._after(at), _FIRST), 0))

    def _element(self, at: int) -> _Element:
        self._left -= 1
        data = self._data
        tag, length = data[at], data[at + 1]
        if tag & _MANY == _MANY or self._left < 0:
            raise _Unreadable
        at += 2
        if length == _LONG:
            return _Element(tag, at, -1)
        if length > _LONG:
            size = length - _LONG
            if size > _MAX_LENGTH:
                raise _Unreadable
            length = int.from_bytes(data[at : at + size])
            at += size
        if at + length > len(data):
            raise _Unreadable
        return _Element(tag, at, at + length)

    def _enter(self, at: int, tag: int) -> int:
        """Where the contents of the element at `at` begin, which has to be of that tag."""
        found = self._element(at)
        if found.tag != tag:
            raise _Unreadable
        return found.start

    def _oid(self, at: int) -> bytes:
        found = self._element(at)
        return self._data[found.start : found.end] if found.tag == _OID else b""

    def _after(self, at: int, depth: int = 0) -> int:
        """Where the element after the one at `at` begins."""
        found = self._element(at)
        if found.end >= 0:
            return found.end
        if depth > MAX_DEPTH or not found.tag & _CONSTRUCTED:
            raise _Unreadable
        at = found.start
        while self._data[at : at + 2] != b"\0\0":
            at = self._after(at, depth + 1)
        return at + 2

    def _octets(self, at: int, depth: int) -> list[bytes]:
        """The bytes of a string, which may come in pieces."""
        found = self._element(at)
        if found.tag == _OCTETS and found.end >= 0:
            return [self._data[found.start : found.end]]
        if found.tag != _PIECES or depth > MAX_DEPTH:
            raise _Unreadable
        pieces: list[bytes] = []
        at = found.start
        while at < found.end or (found.end < 0 and self._data[at : at + 2] != b"\0\0"):
            pieces += self._octets(at, depth + 1)
            at = self._after(at)
        return pieces
