"""Message ids, dates and hosts of a header, taken from whatever was written there.

RFC 5322 sections 3.3 (dates), 3.6.4 (ids), 3.6.7 (trace fields). Ids keep their angle brackets.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

MAX_ID = 998
MAX_IDS = 200
MAX_BARE = 4_000
MAX_DATE = 120
FIRST_YEAR, LAST_YEAR = 1970, 9998

_ID = re.compile(r"<([^<>]{1,1200})>")
_LONE_ID = re.compile(r"<[^<>\s]{1,997}>")
_BARE_ID = re.compile(r"[^\s<>,;()\"]{1,400}@[^\s<>,;()\"]{1,400}")
_SPACE = re.compile(r"\s+")
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_HOST = re.compile(r"(?<![\w.-])([\w-]{1,63}(?:\.[\w-]{1,63}){0,10})(?![\w@-])")
# Names that RFC 5322 does not know and mail programs write all the same.
_ZONES = {
    "MSK": "+0300", "MSD": "+0400", "WET": "+0000", "CET": "+0100", "CEST": "+0200",
    "MEZ": "+0100", "MESZ": "+0200", "EET": "+0200", "EEST": "+0300", "BST": "+0100",
}  # fmt: skip
# "+03:00", "GMT+3", "UTC +0300" behind a time: the standard library reads them as no zone, or UTC.
_OFFSET = re.compile(r"(?i)(:\d\d)\s*(?:GMT|UTC|UT)?\s*([+-])(\d\d?)(?::?(\d\d))?$")
_DAY = 24 * 3600
_MONTHS = {name: number for number, name in enumerate(
    ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
)}  # fmt: skip
_ORDINARY = re.compile(
    rf"(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), )?([0-9]{{1,2}}) ({'|'.join(_MONTHS)}) ([12][0-9]{{3}})"
    r" ([0-2][0-9]):([0-5][0-9]):([0-5][0-9]) ([+-])([01][0-9])([0-5][0-9])"
)


def ids(value: str | None) -> tuple[str, ...]:
    """All ids of a field, each once; of very many the first and the last ones."""
    if not value:
        return ()
    if _LONE_ID.fullmatch(value):
        return (value,)
    found = [_SPACE.sub("", part) for part in _ID.findall(value)]
    if not found:
        found = _BARE_ID.findall(_COMMENT.sub(" ", value[:MAX_BARE]))
    unique = list(dict.fromkeys(f"<{part}>" for part in found if 0 < len(part) < MAX_ID))
    return tuple(unique if len(unique) <= MAX_IDS else unique[:1] + unique[1 - MAX_IDS :])


def one_id(value: str | None) -> str | None:
    """The first id of a field."""
    return next(iter(ids(value)), None)


def synthetic_id(raw: bytes) -> str:
    """An id for a mail that brings none: the same mail always gets the same one."""
    return f"<{hashlib.sha256(raw).hexdigest()}@synthetic>"


def date(value: str) -> tuple[datetime | None, str | None]:
    """The instant in UTC and what was wrong with it."""
    text = value[:MAX_DATE].strip()
    if "(" in text:
        text = _COMMENT.sub(" ", text).strip()
    try:
        moment, zoned = _moment(text)
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            return None, "date-unreadable"
        return moment.astimezone(UTC), None if zoned else "date-without-zone"
    except (ValueError, OverflowError, TypeError, IndexError):
        return None, "date-unreadable"


def _moment(text: str) -> tuple[datetime, bool]:
    """By RFC 5322, else by ISO 8601, which some programs write; times without a zone are UTC."""
    if (usual := _ORDINARY.fullmatch(text)) and not text.endswith("-0000"):
        day, month, year, hour, minute, second, sign, hours, minutes = usual.groups()
        east = int(hours) * 60 + int(minutes)
        ours = datetime(
            int(year), _MONTHS[month], int(day), int(hour), int(minute), int(second), tzinfo=UTC
        )
        return ours - timedelta(minutes=east if sign == "+" else -east), True
    plain = _OFFSET.sub(lambda o: f"{o[1]} {o[2]}{o[3]:0>2}{o[4] or '00'}", text)
    name = text.rpartition(" ")[2]
    if (zone := name.upper()) in _ZONES:
        plain = text.removesuffix(name) + _ZONES[zone]
    parts = parsedate_tz(plain)
    if parts is None:
        found = datetime.fromisoformat(text)
        return (found, True) if found.tzinfo else (found.replace(tzinfo=UTC), False)
    offset = parts[9] or 0
    if abs(offset) >= _DAY:
        raise ValueError(text)
    second = min(parts[5], 59)  # a leap second
    local = datetime(*parts[:5], second, tzinfo=UTC).timestamp()
    return datetime.fromtimestamp(local - offset, UTC), parts[9] is not None


def hop(received: str) -> tuple[str, str]:
    """The hosts of a Received field: from whom and by whom, lower case, "" where not said."""
    text = received[:2000].lower()
    giver = re.search(r"(?:^|\s)from\s+(\S{1,255})", text)
    taker = re.search(r"(?:^|\s)by\s+(\S{1,255})", text)
    return (_host(giver[1]) if giver else ""), (_host(taker[1]) if taker else "")


def _host(word: str) -> str:
    found = _HOST.search(word)
    return found[1].rstrip(".") if found else ""
