"""A picture of a client, for his profile: a shape of his own in two colours, as a PNG."""

from __future__ import annotations

import colorsys
import struct
import zlib

SIDE = 160


def avatar(number: int) -> bytes:
    """The same picture for the same number."""
    hue = number * 0.618 % 1
    one, two = _color(hue), _color((hue + 0.35) % 1)
    bands = 2 + number % 4
    rows = b"".join(
        b"\0" + b"".join(one if _inside(x, y, bands) else two for x in range(SIDE))
        for y in range(SIDE)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join((
        _chunk(b"IHDR", struct.pack(">2I5B", SIDE, SIDE, 8, 2, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""),
    ))  # fmt: skip


def _color(hue: float) -> bytes:
    return bytes(round(part * 255) for part in colorsys.hls_to_rgb(hue, 0.6, 0.65))


def _inside(x: int, y: int, bands: int) -> bool:
    far = ((x - SIDE / 2) ** 2 + (y - SIDE / 2) ** 2) ** 0.5
    return int(far / SIDE * 2 * bands) % 2 == 0


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
