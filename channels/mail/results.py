"""Authentication-Results of our own server, and of nobody else (RFC 8601).

Anybody can write such a field; ours are told by the server's name, and by their place: a field
above the first Received line cannot have come with the mail. Where our server puts the field
below its Received line (Gmail does), only the first one that bears its name is believed. Microsoft
365 leaves its name out: trust `NAMELESS` for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from channels.mail.headers import Headers
from channels.mail.message import Authentication, Mailbox, Verdict

NAMELESS = "(none)"
MAX_VALUE = 8_000
MAX_RESULTS = 40

_COMMENT = re.compile(r"\([^()]{0,500}\)")
_RESULT = re.compile(r"^\s*(spf|dkim|dmarc)(?:\s*/\s*\d+)?\s*=\s*([a-z]{1,20})\b(.*)$", re.DOTALL)
_PROPERTY = re.compile(r"\b(smtp|header|policy)\.([a-z-]{1,30})\s*=\s*\"?([^\s\";]{1,320})")
_DOMAINS = {"spf": ("mailfrom", "helo"), "dkim": ("d", "i"), "dmarc": ("from",)}


def read(fields: Headers, author: Mailbox | None, servers: Iterable[str]) -> Authentication | None:
    """The verdicts of our server; None where it gave none."""
    trusted = {server.lower() for server in servers}
    found: dict[str, Verdict] = {}
    name = ""
    for server, results in _own(fields, trusted) if trusted else ():
        name = name or server
        for result in results[:MAX_RESULTS]:
            _take(result, found)
    if not name:
        return None
    dmarc = found.get("dmarc")
    domain = author.address.rpartition("@")[2].lower() if author else ""
    aligned = bool(dmarc and dmarc.result == "pass" and domain and dmarc.domain in ("", domain))
    return Authentication(name, found.get("spf"), found.get("dkim"), dmarc, aligned=aligned)


def _own(fields: Headers, trusted: set[str]) -> list[tuple[str, list[str]]]:
    """Our own fields, each as its server and its results."""
    above: list[tuple[str, list[str]]] = []
    below: list[tuple[str, list[str]]] = []
    received = False
    for field, raw in fields.fields:
        received |= field == "received"
        if field == "authentication-results":
            server, results = _parts(raw[:MAX_VALUE].decode("utf-8", "replace"))
            if server in trusted:
                (below if received else above).append((server, results))
    return above or below[:1]


def _parts(value: str) -> tuple[str, list[str]]:
    pieces = _COMMENT.sub(" ", value).lower().split(";")
    if _RESULT.match(pieces[0]):
        return NAMELESS, pieces
    words = pieces[0].split()
    return (words[0] if words else ""), pieces[1:]


def _take(result: str, found: dict[str, Verdict]) -> None:
    """Keep a result; of several DKIM signatures one that passed counts."""
    parsed = _RESULT.match(result)
    if parsed is None:
        return
    method, verdict = parsed[1], parsed[2]
    before = found.get(method)
    if before is None or (method == "dkim" and verdict == "pass" != before.result):
        found[method] = Verdict(verdict, _domain(method, parsed[3]))


def _domain(method: str, properties: str) -> str:
    found = {key: value for _, key, value in _PROPERTY.findall(properties)}
    value = next((found[key] for key in _DOMAINS[method] if key in found), "")
    return value.rpartition("@")[2].strip("<>.")
