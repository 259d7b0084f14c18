"""Calendar parts, as far as a reader of the mail needs them: what, when, where, by whom.

RFC 5545 (folding 3.1, escapes 3.3.11, VEVENT 3.6.1), RFC 5546 (METHOD). Times stay as they were
written, for a zone may be named that only the calendar itself defines.
"""

from __future__ import annotations

import re

from channels.mail.headers import safe
from channels.mail.message import Invitation

MAX_BYTES = 200_000
MAX_EVENTS = 20
MAX_VALUE = 500

_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r"(?mi)^(BEGIN|END|METHOD|SUMMARY|DTSTART|DTEND|LOCATION|ORGANIZER)((?:;[^:\r\n]{0,300})?):(.*)$"
)
_TIME = re.compile(r"^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?$")
_ZONE = re.compile(r'(?i);TZID="?([^";:]{1,80})')
_NAME = re.compile(r'(?i);CN="?([^";]{1,200})')
_ESCAPE = re.compile(r"\\([nN,;\\])")


def read(text: str) -> tuple[Invitation, ...]:
    """The events of a calendar; an empty tuple where none can be found."""
    method, inside = "", False
    event: dict[str, str] = {}
    found: list[Invitation] = []
    for line in _LINE.finditer(_FOLD.sub("", text[:MAX_BYTES])):
        key, attributes, value = line[1].upper(), line[2], line[3].strip()
        if key in ("BEGIN", "END"):
            if value.upper() == "VEVENT":
                inside = key == "BEGIN"
                found += [] if inside else [_invitation(method, event)]
                event = {}
        elif key == "METHOD":
            method = safe(value)[:MAX_VALUE].upper()
        elif inside:
            event.setdefault(key, _value(key, attributes, value))
        if len(found) >= MAX_EVENTS:
            break
    return tuple(found)


def summary(invitation: Invitation) -> str:
    """The event in a few lines, for a mail that holds nothing else."""
    time = " – ".join(part for part in (invitation.starts, invitation.ends) if part)
    lines = (invitation.summary, time, invitation.place, invitation.organizer)
    return "\n".join(line for line in lines if line)


def _invitation(method: str, event: dict[str, str]) -> Invitation:
    keys = ("SUMMARY", "DTSTART", "DTEND", "LOCATION", "ORGANIZER")
    return Invitation(method, *(event.get(key, "") for key in keys))


def _value(key: str, attributes: str, value: str) -> str:
    if key in ("DTSTART", "DTEND"):
        return _time(attributes, value)
    if key == "ORGANIZER":
        address = re.sub(r"(?i)^mailto:", "", value)
        name = _NAME.search(attributes)
        return safe(f"{name[1]} <{address}>" if name else address)[:MAX_VALUE]
    return safe(_ESCAPE.sub(lambda e: "\n" if e[1] in "nN" else e[1], value))[:MAX_VALUE]


def _time(attributes: str, value: str) -> str:
    found = _TIME.match(value)
    if found is None:
        return safe(value)[:MAX_VALUE]
    day = f"{found[1]}-{found[2]}-{found[3]}"
    if found[4] is None:
        return day
    zone = _ZONE.search(attributes)
    name = "UTC" if found[6] else (safe(zone[1]) if zone else "")
    return f"{day} {found[4]}:{found[5]} {name}".rstrip()
