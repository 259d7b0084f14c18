"""What somebody who begins a letter is shown: its subject, signature, what would be quoted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import UUID

from channels.errors import Rejected
from channels.messages import Address
from contact_center.access.model import Actor
from contact_center.contacts.letters.model import LetterStart, Quotation, ShownRecipient
from contact_center.desk import store
from contact_center.desk.bench import Bench
from contact_center.kernel.errors import Invalid
from contact_center.outbox import letters

SHOWN = 2_000


class Beginning:
    """Letters that are not written yet."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    async def letter(self, actor: Actor, contact_id: UUID) -> LetterStart:
        """What a letter to this contact begins with. Raises NotFound, Invalid."""
        contacts, database = self._bench.contacts, self._bench.database
        await contacts.require(actor, contact_id)
        provider, settings = await store.account_of(database, contact_id)
        if not contacts.carries(provider).letters:
            raise Invalid("this connection carries no letters")
        own = own_addresses(settings)
        try:
            begun = await letters.next_letter(database, contact_id, actor.employee_id)
        except Rejected:  # nobody to write to: recipients have to be chosen
            return LetterStart(
                to=[], cc=[], subject="", answers=False, signature="", own=own, quoted=None
            )
        said = begun.quoted
        return LetterStart(
            to=_shown(begun.to),
            cc=_shown(begun.cc),
            subject=begun.subject,
            answers=bool(begun.references),
            signature=begun.signature,
            own=own,
            quoted=Quotation(author=said.author, at=said.at.astimezone(UTC), text=said.text[:SHOWN])
            if said
            else None,
        )


def _shown(people: Sequence[Address]) -> list[ShownRecipient]:
    return [ShownRecipient(address=one.value, name=one.name) for one in people]


def own_addresses(settings: Mapping[str, Any]) -> list[str]:
    """The addresses of a mailbox, as its settings name them."""
    named = [settings.get("address"), *(settings.get("aliases") or ())]
    return [one.casefold() for one in named if isinstance(one, str) and one]
