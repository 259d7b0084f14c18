"""Who types and who looks on: told over the hint bus, kept nowhere, gone after some seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from contact_center.access.service import revoked_topic
from contact_center.kernel.hints import Hints
from contact_center.kernel.log import get_logger
from contact_center.web.live import protocol
from contact_center.web.live.hub import Hub
from contact_center.web.live.session import Session

VIEW_SECONDS = 12.0
TYPING_EVERY = 1.0

log = get_logger(__name__)


def typing_topic(contact_id: UUID | str) -> str:
    """The hint topic of who types in a contact; payload {"who": {type, id, name}, "kind"}."""
    return f"typing:{contact_id}"


def view_topic(contact_id: UUID | str) -> str:
    """The hint topic of who has a contact open."""
    return f"view:{contact_id}"


def typing_payload(who: str, identifier: str, name: str, kind: str = "reply") -> bytes:
    """What is published while somebody types; `who` is client or employee, `kind` reply or note."""
    return orjson.dumps({"who": {"type": who, "id": identifier, "name": name}, "kind": kind})


@dataclass(slots=True)
class _View:
    employee: dict[str, str]
    until: float


@dataclass(slots=True)
class Ephemera:
    """Listens on the bus for what this node's screens watch, and speaks for them."""

    hints: Hints
    hub: Hub
    on_revoked: Callable[[UUID], None]
    on_typing: Callable[[UUID, UUID], None]
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _answers: set[asyncio.Task[None]] = field(default_factory=set)
    _views: dict[UUID, dict[str, _View]] = field(default_factory=dict)

    def watch(self, topic: str, on: bool) -> None:
        """The hub has its first, or has lost its last, listener of a topic."""
        kind, _, value = topic.partition(":")
        if not on:
            task = self._tasks.pop(topic, None)
            if task:
                task.cancel()
            if kind == "contact":
                self._views.pop(UUID(value), None)
        elif kind in ("contact", "operator"):
            work = self._follow(UUID(value)) if kind == "contact" else self._guard(UUID(value))
            self._tasks[topic] = asyncio.get_running_loop().create_task(work, name=topic)

    async def close(self) -> None:
        """Stop listening."""
        tasks = [*self._tasks.values(), *self._answers]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _guard(self, employee_id: UUID) -> None:
        async with self.hints.subscribe(revoked_topic(employee_id)) as heard:
            async for _ in heard:
                self.on_revoked(employee_id)

    async def _follow(self, contact_id: UUID) -> None:
        topics = typing_topic(contact_id), view_topic(contact_id)
        async with self.hints.subscribe(*topics) as heard:
            await self.hints.publish(topics[1], orjson.dumps({"ask": True}))
            async for topic, payload in heard:
                try:
                    given = orjson.loads(payload)
                    (self._typing if topic == topics[0] else self._view)(contact_id, given)
                except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
                    log.warning("hint not understood", topic=topic)

    # --- typing ----------------------------------------------------------------------------

    async def type(self, session: Session, contact_id: UUID, kind: str) -> None:
        """An employee types; more often than once a second is not passed on."""
        now = asyncio.get_running_loop().time()
        if now - session.typed_at < TYPING_EVERY:
            return
        session.typed_at = now
        actor = session.actor
        payload = typing_payload("employee", str(actor.employee_id), actor.name, kind)
        await self.hints.publish(typing_topic(contact_id), payload)
        if kind == "reply":
            self.on_typing(contact_id, actor.employee_id)

    def _typing(self, contact_id: UUID, given: dict[str, Any]) -> None:
        who, kind = given["who"], given.get("kind", "reply")
        part = protocol.encoded(t="typing", contact=contact_id, who=who, kind=kind)
        for session in list(self.hub.listeners(f"contact:{contact_id}")):
            if str(session.employee_id) != who.get("id"):
                session.out.put(part)

    # --- viewers ---------------------------------------------------------------------------

    async def view(self, session: Session, contact_id: UUID | None) -> None:
        """An employee opens a contact, or leaves it (None)."""
        before, session.viewing = session.viewing, contact_id
        if before is not None and before != contact_id:
            await self._announce(session, before, on=False)
        if contact_id is not None:
            await self._announce(session, contact_id, on=True)

    async def renew(self) -> None:
        """Say again who looks at what, and forget those of whom nothing was heard."""
        for session in list(self.hub.sessions.values()):
            if session.viewing is not None:
                await self._announce(session, session.viewing, on=True)
        now = asyncio.get_running_loop().time()
        for contact_id, views in list(self._views.items()):
            old = [key for key, view in views.items() if view.until < now]
            for key in old:
                del views[key]
            if old:
                self._show(contact_id)

    def show_to(self, session: Session, contact_id: UUID) -> None:
        """Tell one screen who looks at a contact now."""
        if self._views.get(contact_id):
            session.out.put(self._viewers(contact_id))

    async def _announce(self, session: Session, contact_id: UUID, *, on: bool) -> None:
        actor = session.actor
        employee = {"id": str(actor.employee_id), "name": actor.name}
        said = {"session": str(session.id), "employee": employee, "on": on}
        await self.hints.publish(view_topic(contact_id), orjson.dumps(said))

    def _view(self, contact_id: UUID, given: dict[str, Any]) -> None:
        if given.get("ask"):
            self._answer(contact_id)
            return
        views = self._views.setdefault(contact_id, {})
        key, before = given["session"], {v.employee["id"] for v in views.values()}
        if given["on"]:
            until = asyncio.get_running_loop().time() + VIEW_SECONDS
            views[key] = _View(given["employee"], until)
        else:
            views.pop(key, None)
        if before != {v.employee["id"] for v in views.values()}:
            self._show(contact_id)

    def _answer(self, contact_id: UUID) -> None:
        for session in self.hub.listeners(f"contact:{contact_id}"):
            if session.viewing == contact_id:
                task = asyncio.get_running_loop().create_task(
                    self._announce(session, contact_id, on=True)
                )
                self._answers.add(task)
                task.add_done_callback(self._answers.discard)

    def _show(self, contact_id: UUID) -> None:
        self.hub.whisper(f"contact:{contact_id}", self._viewers(contact_id))

    def _viewers(self, contact_id: UUID) -> bytes:
        views = self._views.get(contact_id, {}).values()
        people = {view.employee["id"]: view.employee for view in views}
        return protocol.encoded(t="viewers", contact=contact_id, employees=list(people.values()))
