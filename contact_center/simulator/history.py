"""Three weeks of made-up talks: messages, work, offers, deliveries, and the log of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contact_center.simulator.clientele import Person
from contact_center.simulator.company import Company, Talk
from contact_center.simulator.organisation import Organisation
from contact_center.simulator.rows import Maker, Rows
from contact_center.work.model import cost_of

CHAT, MAIL = "chat", "mail"
THREAD = 200
LETTERS = 24
PAGES = ("", "catalog", "catalog/honey", "cart", "delivery", "sale")


@dataclass(slots=True)
class Plan:
    """One contact to be made up."""

    person: Person
    talk: Talk
    opened: datetime
    operator: UUID | None
    closed: bool = True
    address: str = ""  # of who writes, in a letter

    @property
    def medium(self) -> str:
        return MAIL if self.talk.subject else CHAT


class Historian:
    """Turns plans into rows."""

    def __init__(
        self, company: Company, org: Organisation, rows: Rows, maker: Maker,
        capacity: dict[UUID, dict[str, Any]],
    ) -> None:  # fmt: skip
        self._company = company
        self._org = org
        self._rows = rows
        self._maker = maker
        self._capacity = capacity
        self._lines: dict[tuple[UUID, str], dict[str, Any]] = {}
        self._busy: set[UUID] = set()
        self._by_queue = {a.queue: a for a in company.accounts}

    def write(self, people: Sequence[Person], now: datetime) -> None:
        """Closed talks of the past weeks, some in hand, some waiting, one very long."""
        plans = [*self._past(people, now), *self._present(people, now)]
        plans += self._letters(people, now)
        for plan in sorted(plans, key=lambda plan: plan.opened):
            self._contact(plan, now)
        for table, column in (("contacts", "opened_at"), ("work", "arrived_at"), ("events", "at")):
            self._rows.sort(table, column)

    # --- which talks -----------------------------------------------------------------------------

    def _past(self, people: Sequence[Person], now: datetime) -> Iterable[Plan]:
        chance, days = self._maker.chance, self._company.days
        for _ in range(self._company.contacts):
            person = people[min(int(chance.paretovariate(0.9)) * 7, len(people) - 1)]
            if self._maker.often(0.8):
                person = chance.choice(people)
            back = chance.uniform(0.3, days)
            opened = (now - timedelta(days=back)).replace(
                hour=chance.choice((9, 10, 10, 11, 11, 12, 13, 14, 15, 15, 16, 17, 18)) - 3,
                minute=chance.randrange(60), second=chance.randrange(60), microsecond=0,
            )  # fmt: skip
            if opened > now - timedelta(hours=2):
                opened -= timedelta(days=1)
            talk = chance.choice([t for t in self._company.talks if t.language == person.language])
            yield Plan(person, talk, opened, chance.choice(self._org.crews[talk.queue]))

    def _present(self, people: Sequence[Person], now: datetime) -> Iterable[Plan]:
        org = self._org
        free = iter(people)

        def somebody(language: str) -> Person:
            return next(p for p in free if p.language == language)

        olga, kate = org.employees["olga@vasilek.example"], org.employees["kate@north-pine.example"]
        mikola = org.employees["mikola@vasilek.example"]
        long = Talk(language="ru", queue="orders", lines=self._long_talk())
        yield Plan(somebody("ru"), long, now - timedelta(hours=7), olga, closed=False)
        for language, queue, operator, minutes in (
            ("ru", "orders", olga, 16), ("be", "orders", mikola, 31), ("en", "north", kate, 9),
        ):  # fmt: skip
            talks = [t for t in self._company.talks if (t.language, t.queue) == (language, queue)]
            begun = talks[0].model_copy(update={"lines": talks[0].lines[:3]})
            opened = now - timedelta(minutes=minutes)
            yield Plan(somebody(language), begun, opened, operator, closed=False)
        for number, talk in enumerate(self._company.waiting):
            opened = now - timedelta(minutes=2 + 3 * number)
            yield Plan(somebody(talk.language), talk, opened, None, closed=False)

    def _letters(self, people: Sequence[Person], now: datetime) -> Iterable[Plan]:
        """Letters of the past weeks, one in hand, and one that nobody has answered yet."""
        chance, org = self._maker.chance, self._org
        writers = iter(people[::-1])
        *past, held, fresh = self._company.letters
        for number in range(LETTERS):
            talk = past[number % len(past)]
            person = next(p for p in writers if p.language == talk.language)
            opened = now - timedelta(days=chance.uniform(0.5, self._company.days))
            yield Plan(person, talk, opened, chance.choice(org.crews[talk.queue]))
        mikola = org.employees["mikola@vasilek.example"]
        for talk, operator, minutes in ((held, mikola, 52), (fresh, None, 11)):
            person = next(p for p in writers if p.language == talk.language)
            yield Plan(person, talk, now - timedelta(minutes=minutes), operator, closed=False)

    def _long_talk(self) -> list[str]:
        filler = self._company.filler["ru"]
        return [f"{'co'[n % 3 == 2]}:{filler[n % len(filler)]}" for n in range(THREAD)]  # noqa: PLR2004

    # --- one talk --------------------------------------------------------------------------------

    def _contact(self, plan: Plan, now: datetime) -> None:
        contact_id = self._maker.id(plan.opened)
        if not plan.closed:
            if plan.person.client in self._busy:
                return
            self._busy.add(plan.person.client)
        values = self._values(plan.person)
        contact = self._open(plan, contact_id, values)
        self._event("contact.opened", contact, plan.opened, "client")
        accepted = self._work(plan, contact)
        at = self._say_all(plan, contact, accepted, values, now)
        if plan.closed:
            self._close(plan, contact, at)
        elif plan.operator is not None:
            seen = max(1, contact["last_seq"] - 2)  # the last words are new to him
            self._rows.add(
                "contact_reads", contact_id=contact_id, reader=str(plan.operator), seq=seen, at=at
            )  # fmt: skip

    def _open(self, plan: Plan, contact_id: UUID, values: dict[str, str]) -> dict[str, Any]:
        """The contact's row, and who takes part in it."""
        maker, rows, org, person = self._maker, self._rows, self._org, plan.person
        account = self._by_queue.get(plan.talk.queue, self._company.accounts[0])
        box = self._company.mailbox
        code, brand = (box.code, box.brand) if plan.talk.subject else (account.code, account.brand)
        identity = self._address(plan) if plan.talk.subject else person.identity
        page = {"page": f"https://{brand}.example/{maker.chance.choice(PAGES)}",
                "title": account.title}  # fmt: skip
        contact = rows.add(
            "contacts", id=contact_id, account_id=org.accounts[code],
            conversation_key=contact_id.hex[-20:] if plan.talk.subject else person.visitor,
            medium=plan.medium, subject=plan.talk.subject.format_map(values) or None,
            brand_id=org.brands[brand], queue_id=org.queues[plan.talk.queue], identity_id=identity,
            kind_id=None, result_code_id=None, operator_id=plan.operator, state="open",
            locale="en" if person.language == "en" else "ru", last_seq=0, last_text="",
            last_kind="", last_at=None, awaiting="us", waiting_since=None, first_reply_at=None,
            data={} if plan.talk.subject else page, opened_at=plan.opened, closed_at=None,
            closed_by=None, version=1,
        )  # fmt: skip
        rows.add(
            "participants", contact_id=contact_id, identity_id=identity, verified=True,
            joined_at=plan.opened,
        )  # fmt: skip
        return contact

    def _address(self, plan: Plan) -> UUID:
        """The address somebody writes from, which his own server vouches for."""
        person, since = plan.person, plan.opened
        plan.address = f"{person.visitor[1:10]}@client.example"
        identity = self._maker.id(since)
        self._rows.add(
            "identities", id=identity, client_id=person.client, medium="email",
            value=plan.address, name=person.name, proof="provider", created_at=since,
        )  # fmt: skip
        return identity

    def _say_all(
        self, plan: Plan, contact: dict[str, Any], accepted: datetime | None,
        values: dict[str, str], now: datetime,
    ) -> datetime:  # fmt: skip
        """All lines; returns when the last was said."""
        chance, at, taken = self._maker.chance, plan.opened, False
        lines = plan.talk.spoken
        room = (now - plan.opened).total_seconds() - 20
        pace = min(1.0, room / (len(lines) * 60.0)) if not plan.closed else 1.0
        for number, (speaker, text) in enumerate(lines):
            if number:
                at += timedelta(seconds=chance.uniform(12, 95) * pace)
            if speaker != "c" and accepted is not None and not taken:
                at, taken = max(at, accepted), True
                self._message(plan, contact, at, "system", "", data={"code": "taken"})
                at += timedelta(seconds=8 * pace)
            kind = {"c": "inbound", "o": "outbound", "n": "note"}[speaker]
            self._message(plan, contact, at, kind, text.format_map(values))
        return at

    def _values(self, person: Person) -> dict[str, str]:
        chance = self._maker.chance
        return {
            "name": person.called,
            "order": f"№ {chance.randrange(40_000, 60_000)}",
            "product": chance.choice(self._company.products[person.language]),
        }

    def _message(
        self, plan: Plan, contact: dict[str, Any], at: datetime, kind: str, text: str, *,
        data: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        contact["last_seq"] += 1
        contact["version"] += 1
        message_id, inbound = self._maker.id(at), kind == "inbound"
        client_id = f"demo-{message_id.hex[-12:]}"
        self._rows.add(
            "messages", id=message_id, contact_id=contact["id"], seq=contact["last_seq"], kind=kind,
            identity_id=contact["identity_id"] if inbound else None,
            employee_id=None if inbound else plan.operator, text=text,
            external_id=f"m:{plan.person.visitor}:{client_id}" if inbound else None,
            data=(data or {}) | ({"employee_id": str(plan.operator)} if kind == "system" else {})
            | (self._told(plan, contact, client_id) if inbound else {}),
            provider_at=at if inbound else None, created_at=at,
        )  # fmt: skip
        if kind in ("inbound", "outbound"):
            contact.update(last_text=text[:200], last_kind=kind, last_at=at)
        if inbound:
            contact["awaiting"] = "us"
            contact["waiting_since"] = contact["waiting_since"] or at
        elif kind == "outbound":
            contact.update(awaiting="client", waiting_since=None)
            contact["first_reply_at"] = contact["first_reply_at"] or at
            self._send(contact, message_id, text, at)

    def _told(self, plan: Plan, contact: dict[str, Any], name: str) -> dict[str, Any]:
        """What a message of the client holds beside its text."""
        if not plan.talk.subject:
            return {"client_id": name}
        box, passed = self._company.mailbox.address, dict.fromkeys(("dmarc", "dkim", "spf"), "pass")
        return {"subject": contact["subject"], "mail": {
            "from": {"address": plan.address, "name": plan.person.name},
            "to": [{"address": box, "name": ""}], "message_id": f"<{name}@client.example>",
            "verdict": passed, "aligned": True,
        }}  # fmt: skip

    def _send(self, contact: dict[str, Any], message_id: UUID, text: str, at: datetime) -> None:
        key = (contact["account_id"], contact["conversation_key"])
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = self._rows.add(
                "outbox_lines", id=self._maker.id(at), account_id=key[0], conversation_key=key[1],
                last_seq=0,
            )  # fmt: skip
        line["last_seq"] += 1
        outbox_id = self._maker.id(at)
        state = "read" if self._maker.often(0.8) else "sent"
        self._rows.add(
            "outbox", id=outbox_id, line_id=line["id"], seq=line["last_seq"], account_id=key[0],
            contact_id=contact["id"], message_id=message_id, state=state, payload={"text": text},
            due_at=at, attempts=1, provider_id=str(outbox_id), created_at=at, sent_at=at,
            settled_at=at,
        )  # fmt: skip
        self._rows.add(
            "deliveries", account_id=key[0], provider_id=str(outbox_id), outbox_id=outbox_id,
            rank=4 if state == "read" else 1, status=state, provider_at=at, changed_at=at,
        )  # fmt: skip

    # --- its work --------------------------------------------------------------------------------

    def _work(self, plan: Plan, contact: dict[str, Any]) -> datetime | None:
        """The turn in the line, and the offers it took; returns when it was accepted."""
        maker, chance = self._maker, self._maker.chance
        work_id, cost = maker.id(plan.opened), cost_of(plan.medium)
        work = self._rows.add(
            "work", id=work_id, contact_id=contact["id"], queue_id=contact["queue_id"],
            medium=plan.medium, cost=cost, state="waiting", arrived_at=plan.opened,
            virtual_arrival=plan.opened, requirement={}, operator_id=None, offer_id=None,
            offered_at=None, accepted_at=None, wrap_up_since=None, ended_at=None, outcome=None,
        )  # fmt: skip
        if plan.operator is None:
            return None
        offered = plan.opened + timedelta(seconds=chance.uniform(0.2, 3.0))
        crew = self._org.crews[plan.talk.queue]
        if len(crew) > 1 and maker.often(0.1):
            other = next(who for who in crew if who != plan.operator)
            self._offer(work_id, other, offered, "missed", offered + timedelta(seconds=45))
            offered += timedelta(seconds=46)
        accepted = offered + timedelta(seconds=chance.uniform(2, 25))
        self._offer(work_id, plan.operator, offered, "accepted", accepted)
        work.update(state="active", operator_id=plan.operator, offered_at=offered,
                    accepted_at=accepted)  # fmt: skip
        if not plan.closed:
            self._occupy(plan.operator, plan.medium)
        return accepted

    def _offer(
        self, work_id: UUID, operator: UUID, at: datetime, state: str, ended: datetime
    ) -> None:
        self._rows.add(
            "offers", id=self._maker.id(at), work_id=work_id, operator_id=operator, state=state,
            fence=1, explanation={"rule": "longest_idle"}, created_at=at,
            until=at + timedelta(seconds=45), ended_at=ended,
        )  # fmt: skip

    def _occupy(self, operator: UUID, medium: str) -> None:
        row = self._capacity[operator]
        row["used"] += cost_of(medium)
        row["load"] = {**row["load"], medium: row["load"].get(medium, 0) + 1}

    def _close(self, plan: Plan, contact: dict[str, Any], last: datetime) -> None:
        chance, org = self._maker.chance, self._org
        closed = last + timedelta(seconds=chance.uniform(30, 240))
        result = org.results.get(plan.talk.result)
        code = {"code": "closed", **({"result_code_id": str(result)} if result else {})}
        self._message(plan, contact, closed, "system", "", data=code)
        contact.update(
            state="closed", closed_at=closed, closed_by=plan.operator, awaiting="nobody",
            waiting_since=None, kind_id=org.kinds[plan.talk.kind], result_code_id=result,
        )  # fmt: skip
        work = self._rows.last("work")
        work.update(
            state="done", outcome="closed", wrap_up_since=closed,
            ended_at=closed + timedelta(seconds=chance.uniform(5, 50)),
        )  # fmt: skip
        seq = contact["last_seq"]
        for reader in ("client", str(plan.operator)):
            self._rows.add("contact_reads", contact_id=contact["id"], reader=reader, seq=seq,
                           at=closed)  # fmt: skip
        self._event("contact.closed", contact, closed, f"employee:{plan.operator}")

    def _event(self, kind: str, contact: dict[str, Any], at: datetime, actor: str) -> None:
        self._rows.add(
            "events", kind=kind, subject_kind="contact", subject_id=contact["id"],
            version=contact["version"], identity_id=contact["identity_id"], actor=actor,
            cause="demo", at=at,
            data={"queue_id": contact["queue_id"], "account_id": contact["account_id"],
                  "operator_id": None if actor == "client" else contact["operator_id"]},
        )  # fmt: skip
