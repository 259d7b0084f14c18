"""Rows become the arguments of the one call: a text per column, all bodies in one piece. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

SEPARATOR = "\x1f"
NULL = "\x1e"
_FIRST = "-" + SEPARATOR
_NO_CONTROLS = str.maketrans("", "", SEPARATOR + NULL)


def encode(rows: Sequence[Sequence[Any]]) -> list[Any]:
    """Arguments in the order of store.CALL; `rows` in the order of cc_intake's arguments.

    Raises ValueError or TypeError for what cannot be written at all.
    """
    ids, accounts, externals, bodies, kinds, *texts = zip(*rows, strict=True)
    keys, media, addresses, names, proofs, says, datas, ats, modes, extras = texts
    places, lengths, body = _bodies(bodies)
    return [
        _joined(one.hex if one is not None else NULL for one in ids),
        _accounts(accounts), _texts(externals), places, lengths, _joined(kinds), _texts(keys),
        _texts(media), _texts(addresses), _texts(names), _nullable(proofs), _texts(says),
        _nullable(datas), _joined(_instant(at) for at in ats), _nullable(modes),
        _nullable(extras), body,
    ]  # fmt: skip


def _joined(values: Iterable[str]) -> str:
    return _FIRST + SEPARATOR.join(values)


def _nullable(values: Sequence[str | None]) -> str:
    """JSON and codes: they hold no control characters."""
    return _joined(NULL if value is None else value for value in values)


def _texts(values: Sequence[str | None]) -> str:
    """What people wrote: should it hold our own separators, they are taken out."""
    joined = _nullable(values)
    nulls = sum(value is None for value in values)
    if joined.count(SEPARATOR) == len(values) and joined.count(NULL) == nulls:
        return joined
    return _nullable([v if v is None else v.translate(_NO_CONTROLS) for v in values])


def _accounts(values: Sequence[UUID]) -> str:
    hexes = {value: value.hex for value in set(values)}
    return _joined(hexes[value] for value in values)


def _instant(at: datetime | None) -> str:
    return NULL if at is None else at.isoformat()


def _bodies(values: Sequence[bytes | None]) -> tuple[str, str, bytes]:
    places, lengths, end = [], [], 1
    for value in values:
        if value is None:
            places.append(NULL)
            lengths.append(NULL)
        else:
            places.append(str(end))
            lengths.append(str(len(value)))
            end += len(value)
    return _joined(places), _joined(lengths), b"".join(value for value in values if value)
