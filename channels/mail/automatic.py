"""Was it written by a person? What no person wrote is stored and marked, and never answered.

RFC 3834 (Auto-Submitted, null return path, lists), RFC 2919 and RFC 2369 (List-*), RFC 2076
(Precedence), MS-OXCMAIL (X-Auto-Response-Suppress), and the fields of vacation programs. A subject
is a weak sign: it counts only together with the words of an absence in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from channels.mail import identifiers
from channels.mail.headers import Headers
from channels.mail.message import Automatic

MAX_HOPS = 50  # RFC 5321 section 6.3 asks for at least 100 before a server gives up
MAX_OWN_HOPS = 4
MAX_TEXT = 4_000

_REPLY_FIELDS = (
    "x-autoreply", "x-autorespond", "x-auto-reply", "x-auto-reply-from", "x-mail-autoreply",
    "x-autoreply-from", "x-autoreply-domain", "x-auto-response", "x-autoresponse", "x-vacation",
    "x-fc-machinegenerated", "x-cron-env",
)  # fmt: skip
_LIST_FIELDS = (
    "list-id", "list-unsubscribe", "list-post", "list-help", "list-archive", "x-mailing-list",
    "x-campaign-id", "x-campaign", "x-mailman-version",
)  # fmt: skip
_BULK = frozenset({"bulk", "list", "junk", "first-class-bulk"})
_DAEMON = re.compile(r"(?i)(?:mailer-daemon|postmaster)@|mail delivery (?:sub)?system")
_NOT_ABSENT = frozenset({"", "no", "none", "false", "0"})

# The beginnings that mail programs give to automatic answers, in the languages of the house.
_SUBJECT = re.compile(
    r"(?i)^\s*(?:auto(?:matic)?[- ]?(?:reply|response)|auto:|out of (?:the )?office|ooo\b"
    r"|vacation|away from"
    r"|автоответ|автоматический ответ|автоматичн|аўтаматычны|нет на месте|отсутств"
    r"|в отпуске|у відпустці|відсутн|abwesen|automatische antwort|autom\. antwort|außer haus"
    r"|réponse automatique|absence|absent|respuesta automática|fuera de la oficina|ausencia"
    r"|risposta automatica|fuori (?:sede|ufficio)|assenza|odpowiedź automatyczna|autoodpowiedź"
    r"|nieobecno|poza biurem|automatisch antwoord|afwezig|niet aanwezig|resposta automática"
    r"|fora do escritório|ausência|autosvar|automatiskt svar|frånvar|fraværs|automatisk svar"
    r"|ikke til stede|automatická odpověď|mimo kancelář|nepřítom)"
)
_ABSENCE = re.compile(
    r"(?i)out of (?:the )?office|on (?:annual |sick )?leave|on vacation|on holiday"
    r"|away from (?:my|the) (?:desk|office)|limited access to (?:my )?e-?mail"
    r"|maternity leave|в отпуске|нет на месте"
    r"|отсутству|буду отсутств|вне офиса|в командировке|на больничном|у відпустці|відсутн"
    r"|адпачынку|abwesen|nicht im (?:büro|haus)|im urlaub|außer haus|absent|en congé|fuera de la"
    r" oficina|de vacaciones|ausente|fuori (?:sede|ufficio)|in ferie|assente|poza biurem|na urlopie"
    r"|nieobecn|afwezig|op vakantie|fora do escritório|de férias|frånvar|på semester|ikke (?:på"
    r" kontoret|til stede)|på ferie|mimo kancelář|na dovolené|nepřítom"
)


@dataclass(frozen=True, slots=True)
class Own:
    """What is ours: hosts that only this service sends from, and its addresses (lower case)."""

    hosts: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    @classmethod
    def of(cls, hosts: Iterable[str] = (), addresses: Iterable[str] = ()) -> Own:
        return cls(
            frozenset(host.lower().strip(".") for host in hosts if host),
            frozenset(address.casefold() for address in addresses),
        )


@dataclass(frozen=True, slots=True)
class Origin:
    """What kind of automatic mail it is, None for a person's, and the signs that told."""

    kind: Automatic | None = None
    signs: tuple[str, ...] = ()


def judge(
    fields: Headers, subject: str, text: str, *, own: Own, author: str = "", report: bool = False,
    receipt: bool = False,
) -> Origin:  # fmt: skip
    """The strongest kind: bounce, loop, answer, bulk."""
    if report:
        return Origin("bounce", ("delivery-report",))
    if signs := _loop(fields, own, author):
        return Origin("loop", signs)
    null = (fields.get("return-path") or "").strip() == "<>"
    if null and _DAEMON.search(fields.text("from") or ""):
        return Origin("bounce", ("null-sender", "daemon"))
    answer = _answer(fields, receipt=receipt)
    bulk = _bulk(fields)
    absent = bool(_SUBJECT.match(subject)), bool(_ABSENCE.search(text[:MAX_TEXT]))
    if answer or null:
        return _answered(answer or ("null-sender",), fields, absent, bulk=bulk)
    if bulk:
        return Origin("bulk", bulk)
    return Origin("out-of-office", ("subject", "text")) if all(absent) else Origin()


def _answered(
    signs: tuple[str, ...], fields: Headers, absent: tuple[bool, bool], *, bulk: tuple[str, ...]
) -> Origin:
    """An automatic answer, unless it is a newsletter or a notice that asks for no answers."""
    replied = any(
        sign.startswith(("auto-replied", "x-", "precedence", "receipt")) for sign in signs
    )
    lists = [sign for sign in bulk if sign != "precedence"]
    if lists and not replied:
        return Origin("bulk", (*signs, *bulk))
    vacation = "vacation" in (fields.get("auto-submitted") or "").lower() or (
        "vacation" in (fields.get("x-mailer") or "").lower() or "x-vacation" in fields
    )
    kind: Automatic = "out-of-office" if vacation or any(absent) else "auto-reply"
    return Origin(kind, (*signs, *(("absence",) if any(absent) else ())))


def _answer(fields: Headers, *, receipt: bool) -> tuple[str, ...]:
    signs = [name for name in _REPLY_FIELDS if _says_yes(fields, name)]
    submitted = (fields.get("auto-submitted") or "no").partition(";")[0].split("(")[0]
    if (word := submitted.strip().lower()) not in _NOT_ABSENT:
        signs.insert(0, word[:40])
    # Programs that write for people (other help desks) ask for no receipts and absences alone.
    suppress = (fields.get("x-auto-response-suppress") or "").lower()
    if "all" in suppress or "autoreply" in suppress:
        signs.append("suppress-answers")
    if "auto" in (fields.get("precedence") or "").lower():
        signs.append("precedence-auto-reply")
    if "x-ms-exchange-inbox-rules-loop" in fields:
        signs.append("x-ms-exchange-inbox-rules-loop")
    return (*signs, "receipt") if receipt else tuple(signs)


def _says_yes(fields: Headers, name: str) -> bool:
    value = fields.get(name)
    return value is not None and value.strip().lower() not in _NOT_ABSENT - {""}


def _bulk(fields: Headers) -> tuple[str, ...]:
    signs = [name for name in _LIST_FIELDS if name in fields]
    if (fields.get("precedence") or "").strip().lower() in _BULK:
        signs.append("precedence")
    return tuple(signs)


def _loop(fields: Headers, own: Own, author: str) -> tuple[str, ...]:
    """Signs that the mail has been ours before."""
    signs = []
    if any(_names_own(value, own) for value in fields.all("x-loop")):
        signs.append("x-loop")
    if _domain(identifiers.one_id(fields.get("message-id"))) in own.hosts:
        signs.append("own-message-id")
    if author.casefold() in own.addresses:
        signs.append("own-author")
    received = fields.all("received")
    if len(received) > MAX_HOPS:
        signs.append("hops")
    if _returned([identifiers.hop(value) for value in reversed(received)], own.hosts):
        signs.append("received")
    return tuple(signs)


def _names_own(value: str, own: Own) -> bool:
    lower = value[:1000].casefold()
    words = set(re.split(r"[\s@<>;,]+", lower))
    return bool(words & own.hosts) or any(address in lower for address in own.addresses)


def _domain(message_id: str | None) -> str:
    return (message_id or "").strip("<>").rpartition("@")[2].lower()


def _returned(hops: list[tuple[str, str]], hosts: frozenset[str]) -> bool:
    """Whether it left one of our hosts for a foreign one and came back; oldest hop first."""
    left, ours = False, 0
    for giver, taker in hops:
        own = taker in hosts
        ours += own
        if not own and (giver in hosts or ours):
            left = True
        if left and own:
            return True
    return left or ours > MAX_OWN_HOPS
