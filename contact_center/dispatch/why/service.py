"""Explanations of the line, for who may ask: supervisors, and operators about what is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TypeVar
from uuid import UUID

from aiohttp import web

from contact_center.access.model import Actor, Permission
from contact_center.access.policy import visible
from contact_center.contacts import store as contacts
from contact_center.dispatch.waits import store as waits
from contact_center.dispatch.waits.model import Wait
from contact_center.dispatch.why import model, store, telling
from contact_center.dispatch.why.model import Named, Routing, WhyIdle, WhyNot
from contact_center.dispatch.why.store import Seen
from contact_center.kernel.errors import Forbidden, NotFound
from contact_center.storage.database import Database
from contact_center.storage.unit import Record
from routing import why
from routing.model import WorkState

HERE = ("live", "accepted")
Answer = TypeVar("Answer", bound=Named)


class Why:
    """Answers from rows and log; it asks no router, so every node can."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def contact(self, actor: Actor, contact_id: UUID) -> Routing:
        """The way of a contact through the line. Raises NotFound, Forbidden."""
        await self._require(actor, contact_id)
        db = self._database
        turns = await store.turns(db, contact_id)
        ids = [turn["id"] for turn in turns]
        made = await store.offers(db, ids)
        moved = await store.moves(db, ids)
        decisions = [telling.decision(row) for row in reversed(made)]
        newest = {row["id"] for row in made if ids and row["work_id"] == ids[0]}
        mine = [one for one in decisions if one.offer_id in newest and one.state in HERE]
        turn = await store.open_turn(db, contact_id)
        waits = turn is not None and turn.state in store.IN_LINE
        waiting = await self._waiting(turn) if waits and turn is not None else None
        answer = Routing(
            here=None if waiting or not mine else mine[-1],
            waiting=waiting,
            timeline=telling.timeline(turns, made, moved),
            decisions=decisions,
        )
        return await self._named(answer)

    async def why_not(
        self, actor: Actor, contact_id: UUID, employee_id: UUID, offer_id: UUID | None
    ) -> WhyNot:
        """What keeps the contact from somebody, or kept it when the offer was made.

        Without an offer: of now while it waits, else of its latest. Raises NotFound, Forbidden.
        """
        await self._require(actor, contact_id)
        turns = await store.turns(self._database, contact_id)
        if not turns:
            raise NotFound("the contact has never been in line")
        made = await self._offer(turns, offer_id)
        if made is not None and made["operator_id"] == employee_id:
            return await self._named(
                WhyNot(
                    employee_id=employee_id,
                    as_of="then",
                    at=made["created_at"],
                    offer_id=made["id"],
                    gates=telling.gates([why.Gate("chosen")]),
                )
            )
        found = await store.then(self._database, made, employee_id) if made is not None else None
        said = made["explanation"] if made is not None and found is not None else None
        seen = found or await self._now(turns[0]["id"], employee_id)
        gates = why.why_not(
            seen.work, seen.queue, seen.operator, seen.policy, seen.now_ms,
            preferred=seen.preferred, explanation=said,
        )  # fmt: skip
        refused = await store.refusals(self._database, UUID(seen.work.id), seen.now_ms)
        return await self._named(
            WhyNot(
                employee_id=employee_id,
                as_of="now" if found is None else "then",
                at=model.instant(seen.now_ms),
                offer_id=None if made is None else made["id"],
                gates=telling.gates(gates, refused.get(employee_id)),
            )
        )

    async def idle(self, actor: Actor, employee_id: UUID) -> WhyIdle:
        """Why an operator gets nothing now, of the work the actor may see. Raises NotFound."""
        db = self._database
        operator = await store.operator(db, employee_id)
        if operator is None:
            raise NotFound("there is no such operator")
        now = await store.now_ms(db)
        line = await store.line(db, visible(actor, "work"), now)
        wanted = {work.preferred_id for work, _, _ in line if work.preferred_id is not None}
        code, near = why.idle(
            operator, [(work, queue) for work, queue, _ in line], await store.policy(db), now,
            preferred=await store.operators(db, wanted),
        )  # fmt: skip
        numbers = {work.id: number for work, _, number in line}
        refused = await store.refusals(db, UUID(near.work.id), now) if near else {}
        return await self._named(
            WhyIdle.model_validate({
                "employee_id": employee_id,
                "at": model.instant(now),
                "code": code,
                "presence": operator.presence,
                "used": operator.used,
                "budget": operator.budget,
                "idle_ms": max(0, now - operator.idle_ms) if operator.idle_ms else None,
                "on_hand": dict(operator.load),
                "waiting": len(line),
                "nearest": near and telling.near(
                    near, numbers[near.work.id], now, refused.get(employee_id)
                ),
            })
        )  # fmt: skip

    # --- what they are made of -------------------------------------------------------------------

    async def _require(self, actor: Actor, contact_id: UUID) -> None:
        db = self._database
        if not await contacts.is_visible(db, contact_id, visible(actor, "contact")):
            raise NotFound("there is no such contact")
        if actor.may(Permission.SUPERVISE):
            return
        if not await store.own(db, contact_id, actor.employee_id):
            raise Forbidden("the way of a colleague's contact is for supervisors")

    async def _offer(self, turns: Sequence[Record], offer_id: UUID | None) -> Record | None:
        """The offer asked about; None: about now."""
        if offer_id is not None:
            made = await store.offer(self._database, offer_id)
            if made is None or made["work_id"] not in {turn["id"] for turn in turns}:
                raise NotFound("there is no such offer of this contact")
            return made
        if turns[0]["state"] in store.IN_LINE:
            return None
        made_of = await store.offers(self._database, [turns[0]["id"]])
        return made_of[0] if made_of else None

    async def _now(self, work_id: UUID, employee_id: UUID) -> Seen:
        db = self._database
        now = await store.now_ms(db)
        work = await store.work(db, work_id)
        operator = await store.operator(db, employee_id)
        if operator is None:
            raise NotFound("there is no such operator")
        queue = await store.queue(db, work.queue_id, now)
        preferred = await store.operator(db, work.preferred_id)
        return Seen(work, queue, operator, await store.policy(db), now, preferred)

    async def _waiting(self, work: WorkState) -> model.StillWaiting:
        db = self._database
        now = await store.now_ms(db)
        queue = await store.queue(db, work.queue_id, now)
        _, members_only = why.asked(work, queue)
        found = why.waiting(
            work, queue, await store.able(db, work.queue_id, members=members_only),
            await store.policy(db), now, preferred=await store.operator(db, work.preferred_id),
        )  # fmt: skip
        step = found["step"]
        refused = await store.refusals(db, UUID(work.id), now)
        told = await waits.of_work(db, UUID(work.id))
        return model.StillWaiting.model_validate({
            **found,
            "at": model.instant(now),
            "queue_id": work.queue_id,
            "medium": work.medium,
            "ahead": await store.ahead(db, work),
            "step": step and {**step, "at": model.instant(step["at_ms"])},
            "kept_from": telling.kept_from(work, refused, now),
            "estimate": None if told is None else asdict(Wait.of(told)),
        })  # fmt: skip

    async def _named(self, answer: Answer) -> Answer:
        """The answer with the names of whom and what it speaks of."""
        people, codes = telling.people(answer), telling.skills(answer)
        rows = await store.people(self._database, people) if people else []
        answer.people = [model.OperatorName.model_validate(dict(row)) for row in rows]
        named = await store.skills(self._database, codes) if codes else []
        answer.skills = [model.SkillName.model_validate(dict(row)) for row in named]
        return answer


SERVICE: web.AppKey[Why] = web.AppKey("why", Why)
