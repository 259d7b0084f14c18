"""Was it written by a person? What no person wrote is marked, and never answered by a machine.

RFC 3834 (Auto-Submitted, null return path, lists), RFC 2919 and RFC 2369 (List-*), RFC 2076
(Precedence), MS-OXCMAIL (X-Auto-Response-Suppress), and the fields of vacation programs.

Two kinds have to be kept apart. Reports, loops and automatic answers tell an operator nothing new:
they are filed (`FILED`). Everything else that a program sent may be a person's words: a form on a
site, a colleague behind a group's address, another help desk. It is "bulk": somebody looks at it.
A subject is a weak sign. Where no field says that the mail is an answer, it counts only in a mail
that answers something, and together with the words of an absence in the text; "Automatic reply: …"
without them is "bulk". A provider's report of a complaint (RFC 5965) is "bulk", too: it wants eyes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from channels.mail import identifiers
from channels.mail.headers import Headers
from channels.mail.message import Automatic

FILED = frozenset({"bounce", "loop", "auto-reply", "out-of-office"})
MAX_HOPS = 50  # RFC 5321 section 6.3 asks for at least 100 before a server gives up
MAX_OWN_HOPS = 4
MAX_TEXT = 4_000

_REPLY_FIELDS = (
    "x-autoreply", "x-autorespond", "x-auto-reply", "x-auto-reply-from", "x-mail-autoreply",
    "x-autoreply-from", "x-autoreply-domain", "x-auto-response", "x-autoresponse", "x-vacation",
)  # fmt: skip
_PROGRAM_FIELDS = ("x-fc-machinegenerated", "x-cron-env")
_LIST_FIELDS = (
    "list-id", "list-unsubscribe", "list-post", "list-help", "list-archive", "x-mailing-list",
    "x-campaign-id", "x-campaign", "x-mailman-version",
)  # fmt: skip
_ANY_REPLY, _ANY_LIST = frozenset(_REPLY_FIELDS), frozenset(_LIST_FIELDS)
_BULK = frozenset({"bulk", "list", "junk", "first-class-bulk"})
_DAEMON = re.compile(r"(?i)(?:mailer-daemon|postmaster)@|mail delivery (?:sub)?system")
_COMPLAINT = re.compile(r"(?i)\s*multipart/report\b.{0,500}\bfeedback-report\b", re.DOTALL)
_NOT_ABSENT = frozenset({"", "no", "none", "false", "0"})

# The beginnings that mail programs give to automatic answers, in the languages of the house: those
# that say what they are, and those that say only that somebody is away.
_ANSWER = re.compile(
    r"(?i)^\s*(?:auto(?:matic)?[- ]?(?:reply|response)\b|auto:|out of (?:the )?office|ooo\b"
    r"|автоответ\b|автоматический ответ|автоматична відповідь|аўтаматычны адказ"
    r"|automatische antwort|autom\. antwort|réponse automatique|respuesta automática"
    r"|risposta automatica|odpowiedź automatyczna|autoodpowiedź|automatisch antwoord"
    r"|resposta automática|autosvar|automatiskt svar|automatisk svar|automatická odpověď)"
)
_AWAY = re.compile(
    r"(?i)^\s*(?:vacation|away from|нет на месте|отсутств(?!у[ею]т)"
    r"|в (?:отпуске|командировке)(?=\s*(?:$|[^\w\s]|(?:до|с|по)\b))"
    r"|у відпустці|відсутн|abwesen|außer haus|absence(?! (?:de|of)\b)|absent"
    r"|fuera de la oficina|ausencia"
    r"|fuori (?:sede|ufficio)|assenza|nieobecno|poza biurem|afwezig|niet aanwezig"
    r"|fora do escritório|ausência|frånvar|fraværs|ikke til stede|mimo kancelář|nepřítom)"
)
_ABSENCE = re.compile(
    r"(?i)out of (?:the )?office|on (?:annual |sick )?leave|on vacation|on holiday"
    r"|away from (?:my|the) (?:desk|office)|limited access to (?:my )?e-?mail"
    r"|(?:will be|am|currently) (?:out|away) (?:from|until|till)|maternity leave"
    r"|в (?:\w+ )?отпуске|нет на (?:рабочем )?месте|(?:нет|не буд(?:ет|у)) (?:в офисе|на работе)"
    r"|отсутству|вне офиса|в командировке|на больничном|в декрет"
    r"|ограничен\w* доступ\w* к (?:электронной )?почте"
    r"|у відпустці|відсутн|(?:немає|не буде) в офісі|у відрядженні|на лікарняному"
    r"|адпачынку|(?:няма|не будзе) ў офісе|у камандзіроўцы|на бальнічным"
    r"|abwesen|nicht im (?:büro|haus)|im urlaub|außer haus|absent|en congé|fuera de la"
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
    fields: Headers, subject: str, text: str, *, own: Own, author: str = "",
    report: Literal["", "bounce", "success"] = "", receipt: bool = False,
) -> Origin:  # fmt: skip
    """The strongest kind: bounce, loop, answer, bulk."""
    if report == "bounce":
        return Origin("bounce", ("delivery-report",))
    if signs := _loop(fields, own, author):
        return Origin("loop", signs)
    if report:
        return Origin("auto-reply", ("delivery-report",))
    null = (fields.get("return-path") or "").strip() == "<>"
    if null and _DAEMON.search(fields.text("from") or ""):
        return Origin("bounce", ("null-sender", "daemon"))
    lists = _lists(fields)
    replied = _replied(fields, receipt=receipt) or (("null-sender",) if null and not lists else ())

    def away() -> bool:  # read only where it decides: it is half of what judging costs
        return bool(_ABSENCE.search(text[:MAX_TEXT]))

    if replied:
        return _answered(replied, fields, subject, away=away)
    return _sent(fields, subject, lists, away=away)


def _sent(
    fields: Headers, subject: str, lists: tuple[str, ...], *, away: Callable[[], bool]
) -> Origin:
    """A mail that does not say of itself that it is an answer."""
    program, answer = _program(fields), bool(_ANSWER.match(subject))
    if program and answer:
        return _answered((*program, "subject"), fields, subject, away=away)
    answers = "in-reply-to" in fields or "references" in fields
    if answers and (answer or _AWAY.match(subject)) and away():
        return Origin("out-of-office", (*program, "subject", "text"))
    # Named an automatic answer without a word of absence: somebody looks, no machine answers.
    signs = (*program, *lists, *(("subject",) if answers and answer else ()))
    return Origin("bulk", signs) if signs else Origin()


def _answered(
    signs: tuple[str, ...], fields: Headers, subject: str, *, away: Callable[[], bool]
) -> Origin:
    """An automatic answer: of somebody who is away, or of a machine."""
    vacation = (
        "vacation" in (fields.get("auto-submitted") or "").lower()
        or "vacation" in (fields.get("x-mailer") or "").lower()
        or "x-vacation" in fields
    )
    said = bool(_AWAY.match(subject) or _ANSWER.match(subject)) or away()
    kind: Automatic = "out-of-office" if vacation or said else "auto-reply"
    return Origin(kind, (*signs, *(("absence",) if said else ())))


def _replied(fields: Headers, *, receipt: bool) -> tuple[str, ...]:
    """Signs of an answer that a machine gave."""
    signs = []
    if fields.has_any(_ANY_REPLY):
        signs = [name for name in _REPLY_FIELDS if _says_yes(fields, name)]
    if (word := _submitted(fields)).startswith("auto-replied") or "vacation" in word:
        signs.insert(0, word)
    if "auto" in (fields.get("precedence") or "").lower():
        signs.append("precedence-auto-reply")
    return (*signs, "receipt") if receipt else tuple(signs)


def _program(fields: Headers) -> tuple[str, ...]:
    """Signs of a program that may have sent a person's words, and wants no automatic answer."""
    signs = [name for name in _PROGRAM_FIELDS if _says_yes(fields, name)]
    if (word := _submitted(fields)) not in _NOT_ABSENT:
        signs.insert(0, word)
    if _COMPLAINT.match(fields.get("content-type") or ""):
        signs.append("feedback-report")
    # Programs that write for people (other help desks) ask for no receipts and absences alone.
    suppress = (fields.get("x-auto-response-suppress") or "").lower()
    if "all" in suppress or "autoreply" in suppress:
        signs.append("suppress-answers")
    if "x-ms-exchange-inbox-rules-loop" in fields:  # a rule answered, or passed a mail on
        signs.append("x-ms-exchange-inbox-rules-loop")
    return tuple(signs)


def _submitted(fields: Headers) -> str:
    value = (fields.get("auto-submitted") or "no").partition(";")[0].split("(")[0]
    return value.strip().lower()[:40]


def _says_yes(fields: Headers, name: str) -> bool:
    value = fields.get(name)
    return value is not None and value.strip().lower() not in _NOT_ABSENT - {""}


def _lists(fields: Headers) -> tuple[str, ...]:
    signs = []
    if fields.has_any(_ANY_LIST):
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
