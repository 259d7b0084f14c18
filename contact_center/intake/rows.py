"""Events become the rows the batch function takes: cleaned, one column each. No I/O.

The common message costs one pass over its fields; what few events have goes into `rare`, which
becomes one JSON text.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from channels.contract import Profiles, offers
from channels.messages import (
    Address,
    ButtonPressed,
    ConversationMoved,
    DeliveryChanged,
    Event,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    ProfileChanged,
)
from contact_center.clients import starts
from contact_center.contacts.triage import OPT_OUT_MEDIA, Action, Arrival, Verdict, consents
from contact_center.intake import cleaning
from contact_center.intake.carried import Kept
from contact_center.intake.model import AccountFacts
from contact_center.kernel.addresses import in_ascii
from contact_center.kernel.ids import new_id
from contact_center.work.model import cost_of

SPOKEN = frozenset({"in", "auto", "out"})

# Columns of Row.values that change after a row is made.
BODY, KIND, MODE, EXTRAS = 3, 4, 13, 14


class Row:
    """One event on its way into the database; `values` in the order of the function's arguments."""

    __slots__ = ("account", "done", "event", "parcel", "rare", "twins", "values")

    def __init__(
        self, account: AccountFacts, event: Event | None, parcel: Any, values: list[Any], rare: Any
    ) -> None:
        self.account = account
        self.event = event
        self.parcel = parcel
        self.values = values
        self.rare: dict[str, Any] | None = rare
        self.twins: list[Row] = []  # copies of the same event in the same batch
        self.done = False

    @property
    def key(self) -> tuple[Any, str]:
        """What the event is deduplicated by."""
        return self.values[1], self.values[2]

    @property
    def conversation(self) -> tuple[Any, str]:
        return self.values[1], self.values[5]

    @property
    def is_answer(self) -> bool:
        """Whether it names what it answers: it hardly begins a conversation."""
        return self.rare is not None and "answers" in self.rare

    def carry(self, name: str, value: Any) -> None:
        """Take something along that is written in the transaction of this event."""
        self.rare = {**(self.rare or {}), name: value}
        self.values[EXTRAS] = cleaning.dump(self.rare)

    def judge(self, verdict: Verdict, *, guessed: bool = False) -> None:
        """Take the verdict along; a guess is forgotten where something is known of the talk."""
        rare = {
            **(self.rare or {}), **_opening(self),
            "verdict": _verdict(verdict, self.account, self.event),
        }  # fmt: skip
        self.values[EXTRAS] = cleaning.dump(rare)
        self.rare = rare
        self.values[MODE] = f"?{verdict.action.value}" if guessed else verdict.action.value


def arrival_of(row: Row) -> Arrival:
    """The event as triage sees it."""
    return Arrival(
        medium=row.account.medium,
        text=row.values[10],
        automatic=row.values[KIND] == "auto",
        outgoing=row.values[KIND] == "out",
        data=row.event.data if row.event else {},
    )


def row_of(account: AccountFacts, event: Event, parcel: Any) -> Row | None:
    """The row of an event; None for an event of a kind nobody stores."""
    maker = _MAKERS.get(type(event))
    if maker is None:
        return None
    kind, text, data, rare = maker(event)
    sender = event.sender
    if event.claims:
        rare = {**(rare or {}), "claims": [_address(claim) for claim in event.claims]}
    if "prechat" in event.data:
        rare = {**(rare or {}), "names": True}
    if "start" in event.data and (digest := starts.digest_of(event.data["start"])):
        rare = {**(rare or {}), "start": digest}
    if rare and "unsupported" in rare:
        rare["unsupported"]["request"] = base64.b64encode(parcel.packed()).decode()
    text = cleaning.text(text)
    if kind == "in" and (account.medium in OPT_OUT_MEDIA or "consent" in event.data):
        agrees = consents(Arrival(account.medium, text, data=event.data))
        if agrees is not None:
            rare = {**(rare or {}), "opt_out": not agrees}
    key = cleaning.key
    values = [
        new_id(), account.id, key(event.external_id), None, kind, key(event.conversation_key),
        key(sender.medium), key(sender.value), cleaning.text(sender.name, cleaning.NAME),
        sender.proof.value, text, cleaning.dump(data) if data else None, event.at, None,
        cleaning.dump(rare) if rare else None,
    ]  # fmt: skip
    return Row(account, event, parcel, values, rare)


def probe_of(row: Row) -> Row:
    """The key of the message an edit is about: whether it has come decides if the edit waits."""
    values: list[Any] = [None] * len(row.values)
    values[1], values[2], values[KIND] = row.values[1], (row.rare or {})["target"], "probe"
    return Row(row.account, None, None, values, None)


def _message(event: MessageReceived) -> tuple[str, str, Any, Any]:
    kind = "out" if event.outgoing else "auto" if event.automatic else "in"
    data = event.data
    rare = _letter(event) if event.body or event.aliases or event.answers else None
    if event.group:
        rare = {"group": {"key": cleaning.key(event.group), "place": event.place}}
    if event.attachments or event.reply_to or event.unsupported:
        rare = rare or {}
        if event.attachments:
            files = rare["files"] = [_file(attachment) for attachment in event.attachments]
            if event.group:
                piece = {"piece": cleaning.key(event.external_id), "place": event.place}
                rare["files"] = [{**file, "data": {**file["data"], **piece}} for file in files]
        if event.reply_to:
            rare["reply_to"] = cleaning.key(event.reply_to)
            data = {**data, "reply_to": event.reply_to}
        if event.unsupported:
            data = {**data, "unsupported": event.unsupported}
            rare["unsupported"] = {"error": event.unsupported}
    if event.buttons:
        data = {**data, "buttons": [{"text": b.text, "value": b.value} for b in event.buttons]}
    if event.subject:
        data = {**data, "subject": event.subject}
    return kind, event.text, data, rare


def _letter(event: MessageReceived) -> dict[str, Any] | None:
    """What only letters have: their body, and the names by which they refer to each other."""
    rare: dict[str, Any] = {}
    for name in ("answers", "aliases"):
        if names := getattr(event, name):
            rare[name] = [cleaning.key(one) for one in names]
    if event.body:
        cut = cleaning.BODY
        html = cleaning.text(event.body.html, cut)
        rare["body"] = {"text": cleaning.text(event.body.text, cut), "html": html}
    return rare or None


def _button(event: ButtonPressed) -> tuple[str, str, Any, Any]:
    data = {**event.data, "button": {"value": event.value, "target": event.target}}
    rare = {"reply_to": cleaning.key(event.target)} if event.target else None
    return "in", event.text or event.value, data, rare


def _edit(event: MessageEdited) -> tuple[str, str, Any, Any]:
    return "edit", event.text, None, {"target": cleaning.key(event.target)}


def _delete(event: MessageDeleted) -> tuple[str, str, Any, Any]:
    return "delete", "", None, {"target": cleaning.key(event.target)}


def _receipt(event: DeliveryChanged) -> tuple[str, str, Any, Any]:
    rare = {
        "target": cleaning.key(event.target),
        "status": event.status.value,
        "reason": event.reason,
        "up_to": event.up_to,
        "own": event.data.get("own") or _about(event),
    }
    return "receipt", "", None, rare


def _about(event: DeliveryChanged) -> str | None:
    """Whom alone a receipt is about, as `cc_deliveries` reads it in the place of an id of ours."""
    return cleaning.key(f"to:{in_ascii(event.recipient)}") if event.recipient else None


def _profile(event: ProfileChanged) -> tuple[str, str, Any, Any]:
    return "profile", "", None, {"fields": event.fields}


def _move(event: ConversationMoved) -> tuple[str, str, Any, Any]:
    return "move", "", None, {"to": cleaning.key(event.to)}


_MAKERS: dict[type[Event], Any] = {
    MessageReceived: _message,
    ButtonPressed: _button,
    MessageEdited: _edit,
    MessageDeleted: _delete,
    DeliveryChanged: _receipt,
    ProfileChanged: _profile,
    ConversationMoved: _move,
}


def _address(address: Address) -> dict[str, str]:
    return {
        "medium": cleaning.key(address.medium),
        "value": cleaning.key(address.value),
        "name": cleaning.text(address.name, cleaning.NAME),
        "proof": address.proof.value,
    }


def _file(attachment: Any) -> dict[str, Any]:
    return {
        "kind": attachment.kind,
        "ref": attachment.ref,
        "name": cleaning.text(attachment.name, cleaning.NAME),
        "type": cleaning.text(attachment.type, cleaning.NAME),
        "size": attachment.size,
        "data": attachment.data,
        **(attachment.blob if isinstance(attachment, Kept) else {}),
    }


def _verdict(verdict: Verdict, account: AccountFacts, event: Event | None) -> dict[str, Any]:
    said: dict[str, Any] = {"cause": verdict.cause, "kind": verdict.kind}
    if verdict.action is Action.APPEND:
        strict = verdict.cause.startswith("expectation:")
        return said | {"contact_id": verdict.contact_id, "strict": strict}
    said |= {"spam": verdict.spam, "automatic": verdict.automatic, "queue_id": verdict.queue_id}
    return said | {
        "priority_seconds": verdict.priority_seconds,
        "requirement": _requirement(verdict, event),
        "preferred_id": verdict.preferred_id,
        "preferred_seconds": verdict.preferred_seconds,
        "follows_id": verdict.follows_id,
        "virtual_arrival": verdict.virtual_arrival,
        "cost": cost_of(account.medium),
    }


def _requirement(verdict: Verdict, event: Event | None) -> dict[str, Any]:
    """What the turn asks for; who left a message instead of waiting is sent nowhere else."""
    stays = {"stays": True} if event is not None and event.data.get("offline") else {}
    return ({"skills": dict(verdict.skills)} if verdict.skills else {}) | stays


def _opening(row: Row) -> dict[str, Any]:
    """What only the first message of a contact tells."""
    event = row.event
    if event is None:
        return {}
    found: dict[str, Any] = {}
    subject, locale = getattr(event, "subject", None), event.data.get("locale")
    if subject:
        found["subject"] = cleaning.text(subject, 500)
    if isinstance(locale, str) and locale:
        found["locale"] = cleaning.text(locale, 16)
    kind: type = type(getattr(row.account, "channel", None))
    if row.values[KIND] == "in" and offers(kind, Profiles):
        found["profile"] = {
            name: value for name in ("username", "locale")
            if isinstance(value := event.data.get(name), str) and value
        }  # fmt: skip
    if digest := (row.rare or {}).get("start"):
        found["touchpoint"] = {"link": digest}
    elif campaign := _campaign(event.data):
        found["touchpoint"] = {"kind": "campaign", "key": campaign, "title": campaign}
    return found


def _campaign(data: Mapping[str, Any]) -> str | None:
    """The campaign that a channel names, the word of a link that is not ours, or utm_campaign."""
    named, page = data.get("campaign") or data.get("start"), data.get("page")
    if isinstance(named, str) and named.strip():
        return cleaning.text(named.strip(), cleaning.NAME)
    if not isinstance(page, str) or "utm_campaign=" not in page:
        return None
    try:
        given = parse_qs(urlsplit(page).query).get("utm_campaign", [""])[0]
    except ValueError:
        return None
    return cleaning.text(given.strip(), cleaning.NAME) or None
