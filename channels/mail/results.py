"""Authentication-Results of our own server, and of nobody else (RFC 8601).

Anybody can write such a field; ours are told by the server's name, and by their place: a field
above the first Received line cannot have come with the mail. Some servers put the field below
their Received line. There a stranger's field is as good as ours where ours is missing, so it is
believed only where the account says that its server does that (`below`) or of Gmail, whose own
ones always stand there; and of several only the first. Microsoft 365 leaves its name out: trust
`NAMELESS` for it.

What strangers chose (their sender, their greeting) stands in quoted strings and comments, so a
result is only what stands outside of both (RFC 8601 section 2.2), and of two the worse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from channels.mail.headers import Headers
from channels.mail.message import Authentication, Mailbox, Verdict

NAMELESS = "(none)"
BELOW = frozenset({"mx.google.com"})  # who puts its field below its Received line, we know
MAX_VALUE = 64_000
MAX_RESULTS = 500

_TOKEN = re.compile(r'\\.|[()";]|[^\\()";]+|\\', re.DOTALL)
_SPECIAL = re.compile(r"[^\w.@-]")
_RESULT = re.compile(r"^\s*(spf|dkim|dmarc)(?:\s*/\s*\d+)?\s*=\s*([a-z]{1,20})\b(.*)$", re.DOTALL)
_PROPERTY = re.compile(r"\b(smtp|header|policy)\.([a-z-]{1,30})\s*=\s*([^\s;]{1,320})")
_WORST = ("fail", "permerror", "temperror", "none")
_DOMAINS = {"spf": ("mailfrom", "helo"), "dkim": ("d", "i"), "dmarc": ("from",)}


def read(
    fields: Headers, author: Mailbox | None, servers: Iterable[str], *, below: bool = False
) -> Authentication | None:
    """The verdicts of our server; None where it gave none."""
    trusted = {server.lower() for server in servers}
    found: dict[str, Verdict] = {}
    name = ""
    for server, results in _own(fields, trusted, trusted if below else BELOW) if trusted else ():
        name = name or server
        for result in results[:MAX_RESULTS]:
            _take(result, found)
    if not name:
        return None
    dmarc = found.get("dmarc")
    domain = author.address.rpartition("@")[2].lower() if author else ""
    aligned = bool(dmarc and dmarc.result == "pass" and domain and dmarc.domain in ("", domain))
    return Authentication(name, found.get("spf"), found.get("dkim"), dmarc, aligned=aligned)


def _own(
    fields: Headers, trusted: set[str], believed_below: AbstractSet[str]
) -> list[tuple[str, list[str]]]:
    """Our own fields, each as its server and its results."""
    above: list[tuple[str, list[str]]] = []
    below: list[tuple[str, list[str]]] = []
    received = False
    for field, raw in fields.fields:
        received |= field == "received"
        if field == "authentication-results":
            server, results = _parts(raw[:MAX_VALUE].decode("utf-8", "replace"))
            if server in trusted and (not received or server in believed_below):
                (below if received else above).append((server, results))
    return above or below[:1]


def _parts(value: str) -> tuple[str, list[str]]:
    pieces = [piece.lower() for piece in _split(value)]
    if _RESULT.match(pieces[0]):
        return NAMELESS, pieces
    words = pieces[0].split()
    return (words[0] if words else ""), pieces[1:]


def _split(value: str) -> list[str]:
    """The value cut at its semicolons: comments left out, quoted strings as one harmless word.

    Comments nest. What is not closed goes on to the end.
    """
    pieces: list[list[str]] = [[]]
    depth, quoted = 0, False
    for word in _TOKEN.findall(value):
        sign = word if quoted or depth else word[-1]  # a backslash means something only in there
        if quoted:
            quoted = sign != '"'
            pieces[-1].append("" if sign == '"' else _SPECIAL.sub("_", word))
        elif sign == "(" or depth:
            depth += (sign == "(") - (sign == ")")
            pieces[-1].append(" ")
        elif sign == '"':
            quoted = True
        elif sign == ";":
            pieces.append([])
        else:
            pieces[-1].append(word)
    return ["".join(piece) for piece in pieces]


def _take(result: str, found: dict[str, Verdict]) -> None:
    """Keep a result: of several DKIM signatures one that passed counts, of DMARC the worse one."""
    parsed = _RESULT.match(result)
    if parsed is None:
        return
    method, word = parsed[1], parsed[2]
    verdict, before = Verdict(word, _domain(method, parsed[3])), found.get(method)
    if before is None or (method == "dkim" and word == "pass" != before.result):
        found[method] = verdict
    elif method == "dmarc":
        found[method] = _worse(before, verdict)


def _worse(one: Verdict, other: Verdict) -> Verdict:
    """Of two verdicts that should be the same: somebody had a hand in it."""
    if one == other:
        return one
    for result in _WORST:
        for verdict in (one, other):
            if verdict.result == result:
                return verdict
    return Verdict("permerror", one.domain)


def _domain(method: str, properties: str) -> str:
    found = {key: value for _, key, value in _PROPERTY.findall(properties)}
    value = next((found[key] for key in _DOMAINS[method] if key in found), "")
    return value.rpartition("@")[2].strip("<>.")
