"""What is sent, how a send ended, and what follows from that. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol
from uuid import UUID

from channels.contract import Capabilities, Channel
from channels.errors import ChannelError, Misconfigured, Rejected, Temporary, Uncertain, Unsupported
from channels.messages import Button, Letter, Outbound, OutboundFile, Receipt
from channels.toolkit.fitting import Split, fit
from contact_center.kernel.addresses import in_ascii
from contact_center.outbox import recipients

Origin = Literal["operator", "rule", "bot", "survey", "campaign"]
Klass = Literal["interactive", "automatic", "bulk"]
Act = Literal["send", "edit", "delete"]
Ending = Literal["sent", "pending", "failed", "uncertain"]

OPEN = ("held", "pending", "sending", "uncertain")
LONGEST_PAUSE = 600.0


class NotBegun(Temporary):
    """The fault lies in this house: nothing went out, and the provider is not to blame."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient the sender is; seconds and counts."""

    concurrency: int = 16  # sends at once per account
    attempts: int = 8
    send_timeout: float = 15.0
    margin: float = 5.0  # a claim outlives its send by this
    file_seconds: float = 20.0  # more for each file: a picture may have to be made smaller
    slowest: int = 400_000  # bytes per second: files have more time to go, the larger the more
    uncertain_hold: float = 60.0
    lease_ttl: float = 10.0
    first_pause: float = 4.0  # before the second try; doubles from there

    def seconds_for(self, size: int) -> float:
        """How long a message with files of that many bytes may take to leave."""
        return self.send_timeout + size / self.slowest


class LiveAccount(Protocol):
    """A connected account: its channel and what the channel can carry."""

    @property
    def channel(self) -> Channel: ...

    @property
    def capabilities(self) -> Capabilities: ...


class Accounts(Protocol):
    """What the sender asks of the accounts."""

    async def sending(self) -> Sequence[UUID]:
        """The accounts that are switched on."""
        ...

    async def live(self, account_id: UUID) -> LiveAccount:
        """The account's channel. Raises Misconfigured, or NotFound when it is off or gone."""
        ...

    async def report(self, account_id: UUID, health: str, text: str | None) -> None:
        """Note how the account does: green or red, and why."""
        ...

    async def ended(
        self, account_id: UUID, state: Ending, message_id: UUID | None, words: str | None,
        seconds: float,
    ) -> None:  # fmt: skip
        """Note how an attempt to send ended, with what words, after how many seconds."""
        ...


class Files(Protocol):
    """What the sender asks of the files."""

    async def outbound(self, ids: Sequence[UUID], can: Capabilities) -> tuple[OutboundFile, ...]:
        """Readable local copies of stored attachments, pictures no larger than the channel takes.

        Raises Rejected for one that is gone, Unsupported for what cannot be made to fit.
        """
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """One claimed row. `attempts` numbers the claim: only its own result counts."""

    id: UUID
    attempts: int
    conversation_key: str
    message_id: UUID | None
    payload: dict[str, Any]
    act: Act = "send"
    unwanted: bool = False  # a machine's, for somebody who has asked for no more messages
    reply_to: str | None = None
    letter: Letter | None = None
    seconds: float = 0.0  # how long it lasts, from when it was made

    @property
    def part(self) -> int:
        """Which part of a long text is next; the earlier ones have left."""
        return int(self.payload.get("part", 0))

    @property
    def of(self) -> int:
        """Of how many parts it is, once the first is on its way."""
        return int(self.payload.get("of", 1))

    @property
    def only(self) -> list[int]:
        """Of a text sent again, the parts that had been lost; empty: all of it goes."""
        return [int(part) for part in self.payload.get("only", ())]

    def after(self, count: int) -> int | None:
        """Which part goes behind this one."""
        return min((n for n in self.only or range(count) if n > self.part), default=None)

    @property
    def names(self) -> dict[str, str]:
        """The provider's names of what has left of it, each with the status it came with."""
        return dict(self.payload.get("names", {}))

    @property
    def left(self) -> dict[str, str]:
        """Of a letter that others have got: who was refused for now, and with what words."""
        return dict(self.payload.get("left", {}))

    @property
    def missed(self) -> dict[str, str]:
        """Those beside them who will not get it."""
        return dict(self.payload.get("missed", {}))

    @property
    def tries(self) -> int:
        """Attempts since an employee last asked for one."""
        return self.attempts - int(self.payload.get("since", 0))

    @property
    def key(self) -> str:
        """The idempotency key: stable over automatic repeats, new when an employee tries anew."""
        anew = int(self.payload.get("anew", 0))
        return f"{self.id}-r{anew}" if anew else str(self.id)


@dataclass(frozen=True, slots=True)
class Mark:
    """What to write about a claim."""

    claim: Claim
    state: Ending
    provider_id: str | None = None
    status: str = "sent"
    error_kind: str | None = None
    error_text: str | None = None
    delay: float = 0.0
    patch: dict[str, Any] = field(default_factory=dict)  # what the row must remember: its payload
    aliases: tuple[str, ...] = ()
    recipients: dict[str, bool] | None = None  # of a letter: to whom it went, `recipients.of`
    undelivered: dict[str, str] = field(default_factory=dict)  # who of them did not get it, and why


@dataclass(frozen=True, slots=True)
class Kept:
    """What the next sender of an account has to know. Seconds: of rest left, of failing so far."""

    rest: float
    failures: int
    failing: float
    width: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What classification needs to know beside the error."""

    idempotent: bool
    limits: Limits = field(default_factory=Limits)
    jitter: float = 0.5  # a number from 0 to 1


def parts(
    claim: Claim, files: tuple[OutboundFile, ...], can: Capabilities, split: Split | None = None
) -> tuple[Outbound, ...]:
    """The message as the channel carries it, in parts where it needs several. Raises Unsupported.

    `split`: how this channel divides what takes it several calls.
    """
    given = claim.payload
    whole = Outbound(
        id=claim.key,
        conversation_key=claim.conversation_key,
        text=given.get("text", ""),
        files=files,
        buttons=tuple(Button(**button) for button in given.get("buttons", ())),
        reply_to=claim.reply_to if can.reply_to else None,
        data=given.get("data", {}),
        letter=replace(claim.letter, only=tuple(claim.left)) if claim.letter else None,
    )
    return fit(whole, can, split)


def accepted(claim: Claim, receipt: Receipt, pieces: Sequence[Outbound], policy: Policy) -> Mark:
    """The mark of a part the provider took; the row goes on while parts or recipients are left."""
    if (following := claim.after(len(pieces))) is not None:
        named = (receipt.provider_id, *receipt.aliases)
        patch = _gone(claim, named, receipt) | _part(claim, receipt, pieces)
        patch |= {"part": following, "since": claim.attempts}  # which has attempts of its own
        return Mark(claim, "pending", patch=patch, aliases=named)
    if claim.left:  # the letter keeps the name it had for the first of its recipients
        known = claim.names | dict.fromkeys(receipt.aliases, receipt.status.value)
        mark = Mark(
            claim, "sent", status=receipt.status.value, aliases=receipt.aliases,
            patch={"names": known} if known else {},
        )  # fmt: skip
    else:
        mark = Mark(
            claim, "sent", provider_id=receipt.provider_id, status=receipt.status.value,
            aliases=receipt.aliases,
            recipients=recipients.of(claim.letter) if claim.letter else None,
            patch=_gone(claim, receipt.aliases, receipt) | _part(claim, receipt, pieces),
        )  # fmt: skip
    missed = claim.missed | _by_name(receipt.refused)
    if not receipt.postponed or (claim.left and claim.tries >= policy.limits.attempts):
        return _missing(mark, missed | _by_name(receipt.postponed))
    left: dict[str, Any] = {"left": receipt.postponed, "missed": missed}
    tries = claim.tries
    if not claim.left:  # these recipients have their own attempts; this was the first
        tries, left["since"] = 1, claim.attempts - 1
    return replace(
        mark, state="pending", patch=mark.patch | left, error_kind=Temporary.kind,
        error_text=_listed(receipt.postponed),
        delay=pause(policy.limits.first_pause, tries, policy.jitter),
    )  # fmt: skip


def _gone(claim: Claim, named: Sequence[str], receipt: Receipt) -> dict[str, Any]:
    """The names of what has left of a message beside the one that its row bears."""
    if not named or claim.letter:
        return {}
    return {"names": claim.names | dict.fromkeys(named, receipt.status.value)}


def _part(claim: Claim, receipt: Receipt, pieces: Sequence[Outbound]) -> dict[str, Any]:
    """Of one part of several: which it was by its names, and whether it bears all of the text."""
    if len(pieces) == 1:
        return {}
    names = (receipt.provider_id, *receipt.aliases)
    known = claim.payload.get("parts", {}) | dict.fromkeys(names, claim.part)
    text = pieces[claim.part].text
    whole = {"worded": names[0]} if text and text == claim.payload.get("text") else {}
    return {"parts": known, **whole}


def _missing(mark: Mark, missed: Mapping[str, str]) -> Mark:
    """A letter that has left, though not for all."""
    return replace(
        mark, error_kind="partly_refused" if missed else None, error_text=_listed(missed) or None,
        undelivered=dict(missed),
    )  # fmt: skip


def _by_name(told: Mapping[str, str]) -> dict[str, str]:
    """By the addresses as `recipients.of` has them."""
    return {in_ascii(address): words for address, words in told.items()}


def _listed(missed: Mapping[str, str]) -> str:
    return "; ".join(f"{address}: {words}" for address, words in missed.items())[:500]


def refused(claim: Claim, error: BaseException, policy: Policy) -> Mark:
    """The mark of a failed send.

    Not accepted: again, with back-off. Refused for good: failed. Anything that may have arrived,
    an unforeseen error among them: again with the same key where the provider takes one, else
    uncertain; never silently resent.
    """
    kind, text = describe(error)
    if before := claim.of - sum(n >= claim.part for n in claim.only or range(claim.of)):
        text = f"{before} of {claim.of} parts arrived, then: {text}"[:500]
    mark = Mark(claim, "failed", error_kind=kind, error_text=text)
    if claim.left:  # the others have it
        (first, _), *more = claim.left.items()
        last = claim.left if more else {first: text.removeprefix(f"{first}: ")}
        mark = _missing(replace(mark, state="sent"), claim.missed | _by_name(last))
    if isinstance(error, Rejected | Unsupported):
        return mark
    delay = pause(policy.limits.first_pause, claim.tries, policy.jitter)
    again = Mark(claim, "pending", error_kind=kind, error_text=text, delay=delay)
    spent = claim.tries >= policy.limits.attempts
    if isinstance(error, Misconfigured):  # the account rests; the message waits for its cure
        return again
    if isinstance(error, Temporary):
        return mark if spent else replace(again, delay=max(again.delay, error.retry_after or 0.0))
    if claim.act != "send":  # done twice is done
        return mark if spent else again
    if policy.idempotent and not spent:
        return again
    return replace(again, state="uncertain", delay=policy.limits.uncertain_hold)


def orphaned(claim: Claim, policy: Policy) -> Mark:
    """The mark of a claim whose sender fell silent: nobody knows whether it left.

    Should he only have been slow, his followers wait at least as long as he may still send.
    """
    silence = Uncertain("the sending process ended before the provider's answer was written")
    mark = refused(claim, silence, policy)
    delay = 0.0 if mark.state == "pending" else max(mark.delay, claim.seconds)
    return replace(mark, delay=delay)


def pause(first: float, tries: int, jitter: float) -> float:
    """Seconds before the next try: doubling, the upper half left to chance."""
    longest = min(LONGEST_PAUSE, first * 2.0 ** max(0, tries - 1))
    return longest * (0.5 + jitter / 2)


def describe(error: BaseException) -> tuple[str, str]:
    """The kind and the words an employee sees; never the inside of an unforeseen error."""
    if isinstance(error, ChannelError):
        return error.kind, str(error)[:500]
    if isinstance(error, TimeoutError):
        return Uncertain.kind, "the provider did not answer in time"
    return Uncertain.kind, f"the channel failed: {type(error).__name__}"
