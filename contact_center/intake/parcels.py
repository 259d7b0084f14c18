"""Values on their way between this process and one aside: pickled, in half of pickle's own time.

For frozen values with slots pickle goes through functions of the standard library that look up all
their fields every time. Here it is done once per class; whatever else is as pickle has it.
"""

from __future__ import annotations

import copyreg
import io
import pickle
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from operator import attrgetter, methodcaller
from typing import Any

PROTOCOL = 5
FEW = 2  # of one field `attrgetter` makes no tuple

loads = pickle.loads  # both ends are ours


def dumps(value: Any) -> bytes:
    """The bytes for `loads`."""
    stream = io.BytesIO()
    pickler = pickle.Pickler(stream, PROTOCOL)
    pickler.dispatch_table = _TABLE
    pickler.dump(value)
    return stream.getvalue()


def made(cls: type, values: Sequence[Any]) -> Any:
    """A value of the class with these in its slots, in the order of its fields."""
    value: Any = object.__new__(cls)
    for put, one in zip(_puts(cls), values, strict=True):
        put(value, one)
    return value


@lru_cache(maxsize=256)
def _puts(cls: type) -> list[Callable[[Any, Any], None]]:
    return [getattr(cls, one.name).__set__ for one in fields(cls)]


class _Table(dict[type, Callable[[Any], Any]]):
    """How values of a class are taken apart, found out when the first one comes."""

    def __missing__(self, cls: type) -> Callable[[Any], Any]:
        if issubclass(cls, type):
            raise KeyError(cls)  # classes go by their names
        found: Callable[[Any], Any] = methodcaller("__reduce_ex__", PROTOCOL)
        if is_dataclass(cls) and not cls.__dictoffset__ and len(fields(cls)) >= FEW:
            found = _taken_apart(cls)
        self[cls] = found
        return found


def _taken_apart(cls: type) -> Callable[[Any], Any]:
    values = attrgetter(*(one.name for one in fields(cls)))
    return lambda value: (made, (cls, values(value)))


_TABLE = _Table(copyreg.dispatch_table)
