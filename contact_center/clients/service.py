"""The client record as the desk uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from aiohttp import web

from channels.toolkit.phone import normalise
from contact_center.access.model import Actor
from contact_center.access.policy import visible
from contact_center.clients import merging, store
from contact_center.clients.model import (
    Change,
    Client,
    ClientIn,
    ClientList,
    ClientPatch,
    ClientRow,
    Identity,
    Merge,
    Note,
    Suggestion,
    SuggestionList,
)
from contact_center.kernel.errors import Conflict, Invalid, NotFound, Unavailable
from contact_center.storage.database import Database
from contact_center.storage.unit import Record, Unit

TRIES = 10
SIMPLE = ("name", "kind", "locale", "stage", "responsible_id")


class Clients:
    """Reads and changes of the client record."""

    def __init__(self, database: Database, picture: Callable[[UUID], str] = str) -> None:
        self.database = database
        self._picture = picture  # the short-lived address of a stored file

    async def page(self, actor: Actor, q: str, cursor: str | None, limit: int) -> ClientList:
        """Clients found by name, address or phone, the newest first. Raises Invalid."""
        try:
            before = UUID(cursor) if cursor else None
        except ValueError as error:
            raise Invalid("the cursor is not one of ours", field="cursor") from error
        seen = visible(actor, "client")
        rows = await store.page(self.database, q, before, limit, visible=seen)
        items = [ClientRow.model_validate(dict(row)) for row in rows[:limit]]
        return ClientList(items=items, next=str(items[-1].id) if len(rows) > limit else None)

    async def require(self, actor: Actor, client_id: UUID) -> Record:
        """The client's row. Raises NotFound unless the actor may see it."""
        seen = visible(actor, "client")
        row = await store.client(self.database, client_id, visible=seen)
        if row is None:
            raise NotFound("there is no such client")
        return row

    async def card(self, actor: Actor, client_id: UUID) -> Client:
        """The whole card, with what was noted about whoever was merged into it. Raises NotFound."""
        db = self.database
        row = await self.require(actor, client_id)
        total = await store.contacts_total(db, client_id, visible=visible(actor, "contact"))
        return Client(
            **{name: row[name] for name in Client.model_fields if name in row.keys()},  # noqa: SIM118 - rows iterate over values
            identities=[self._identity(one) for one in await store.identities(db, client_id)],
            notes=[_as(Note, one) for one in await store.notes(db, client_id)],
            changes=[_as(Change, one) for one in await store.changes(db, client_id)],
            merges=[_as(Merge, one) for one in await store.merges(db, client_id)],
            contacts_total=total,
        )

    def _identity(self, row: Record) -> Identity:
        avatar = self._picture(row["file_id"]) if row["file_id"] else None
        return Identity.model_validate(
            {**dict(row), "profile": row["profile"] or {}, "avatar": avatar}
        )

    async def add(self, actor: Actor, body: ClientIn) -> UUID:
        """Register a client by hand."""

        async def step(unit: Unit) -> UUID:
            client_id = await store.add(unit, body.model_dump())
            await store.add_stage(unit, client_id, "learns", "by_hand")
            unit.log("client.changed", "client", client_id, version=1, actor=actor.label)
            return client_id

        return await self.database.run(step)

    async def change(
        self, actor: Actor, client_id: UUID, patch: ClientPatch, expected: int | None
    ) -> None:
        """Change fields, each with its history. Raises NotFound, Conflict with the present card.

        Conflict `already_merged` where he is part of another client; so does `add_identity`.
        """
        given = patch.model_dump(exclude_unset=True, mode="python")
        await self.require(actor, client_id)

        async def step(unit: Unit) -> bool:
            row = merging.in_force(await unit.lock("clients", [client_id]))
            if expected is not None and expected != row["version"]:
                return False
            values, history = _differences(row, given, actor)
            if not values:
                return True
            if "responsible_id" in values:
                await _check_employee(unit, values["responsible_id"])
            version = await store.change(unit, client_id, values)
            await store.add_changes(unit, client_id, history)
            if "stage" in values:
                await store.add_stage(unit, client_id, values["stage"], actor.label)
            unit.log("client.changed", "client", client_id, version=version, actor=actor.label)
            return True

        if not await self.database.run(step):
            current = (await self.card(actor, client_id)).model_dump(mode="json")
            raise Conflict("the client was changed meanwhile", current=current)

    async def add_note(self, actor: Actor, client_id: UUID, text: str) -> Note:
        """Remark on a client. Raises NotFound."""
        await self.require(actor, client_id)

        async def step(unit: Unit) -> Record | None:
            _present(await unit.lock("clients", [client_id]))
            if await store.client(unit, client_id, visible=visible(actor, "client")) is None:
                raise NotFound("there is no such client")
            row = await store.add_note(unit, client_id, actor.employee_id, text)
            await _touch(unit, client_id, actor, "note")
            return row

        note: Note = _as(Note, await self.database.run(step))
        return note

    async def add_identity(self, actor: Actor, client_id: UUID, medium: str, value: str) -> None:
        """Add a typed (claimed) address. Raises NotFound, Invalid, Conflict with whose it is."""
        value = _normal(medium, value)
        await self.require(actor, client_id)

        async def step(unit: Unit) -> UUID | None:
            merging.in_force(await unit.lock("clients", [client_id]))
            if await store.add_identity(unit, client_id, medium, value):
                change = {"field": medium, "old": None, "new": value, "source": "by_hand",
                          "employee_id": actor.employee_id, "identity_id": None}  # fmt: skip
                await store.add_changes(unit, client_id, [change])
                await _touch(unit, client_id, actor, "identity")
                return None
            return await store.owner(unit, medium, value)

        owner = await self.database.run(step)
        if owner not in (None, client_id):
            raise Conflict(
                "the address belongs to another client",
                code="address_taken",
                client_id=str(owner),
            )

    async def merge(self, actor: Actor, winner_id: UUID, loser_id: UUID, reason: str) -> UUID:
        """See `merging.merge`."""
        for client_id in (winner_id, loser_id):
            await self.require(actor, client_id)
        return await self.database.run(
            lambda unit: merging.merge(
                unit, winner_id, loser_id, reason=reason, actor=actor.label,
                employee_id=actor.employee_id,
            )
        )  # fmt: skip

    async def undo(self, actor: Actor, merge_id: UUID) -> UUID:
        """See `merging.undo`."""
        for _ in range(TRIES):
            try:
                return await self.database.run(
                    lambda unit: merging.undo(
                        unit, merge_id, actor=actor.label, employee_id=actor.employee_id
                    )
                )
            except merging.Busy:
                continue
        raise Unavailable("the client is being merged again and again")

    async def suggestions(self, actor: Actor, client_id: UUID) -> SuggestionList:
        """Who may be the same person: by a shared address, then by a similar name."""
        seen = visible(actor, "client")
        row = await self.require(actor, client_id)
        found: dict[UUID, tuple[float, list[Any]]] = {}
        for one in await store.same_address(self.database, client_id):
            found[one["client_id"]] = (0.95, ["same_address"])
        for one in await store.similar_name(self.database, client_id, row["name"]):
            score, reasons = found.get(one["id"], (0.0, []))
            found[one["id"]] = (max(score, float(one["score"]) * 0.8), [*reasons, "similar_name"])
        known = await store.rows(self.database, list(found), visible=seen)
        rows = {one["id"]: one for one in known}
        items = [
            Suggestion(client=_as(ClientRow, rows[key]), reasons=reasons, score=round(score, 2))
            for key, (score, reasons) in found.items()
            if key in rows
        ]
        return SuggestionList(items=sorted(items, key=lambda one: -one.score))


SERVICE: web.AppKey[Clients] = web.AppKey("clients", Clients)


def _as(model: Any, row: Record | None) -> Any:
    return model.model_validate(dict(row or {}))


def _present(rows: list[Record]) -> Record:
    if not rows or rows[0]["erased_at"] is not None:
        raise NotFound("there is no such client")
    return rows[0]


def _differences(
    row: Record, given: Mapping[str, Any], actor: Actor
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The columns to write and the lines of history; what is the same already is left out."""
    values: dict[str, Any] = {}
    history: list[dict[str, Any]] = []

    def note(field: str, old: Any, new: Any) -> None:
        plain = [str(one) if isinstance(one, UUID) else one for one in (old, new)]
        history.append({"field": field, "old": plain[0], "new": plain[1], "source": "by_hand",
                        "employee_id": actor.employee_id})  # fmt: skip

    for name in SIMPLE:
        if name in given and given[name] != row[name]:
            if given[name] is None and name in ("name", "kind", "stage"):
                raise Invalid(f"{name} cannot be empty", field=name)
            values[name] = given[name]
            note(name, row[name], given[name])
    fields = dict(row["fields"])
    for name, new in (given.get("fields") or {}).items():
        if fields.get(name) != new:
            note(f"fields.{name}", fields.get(name), new)
            fields[name] = new
            values["fields"] = {key: value for key, value in fields.items() if value is not None}
    return values, history


async def _touch(unit: Unit, client_id: UUID, actor: Actor, cause: str) -> None:
    version = await store.change(unit, client_id, {})
    unit.log("client.changed", "client", client_id, version=version, actor=actor.label, cause=cause)


async def _check_employee(unit: Unit, employee_id: UUID | None) -> None:
    if employee_id is not None and not await store.is_employee(unit, employee_id):
        raise Invalid("there is no such employee", field="responsible_id")


def _normal(medium: str, value: str) -> str:
    """The one form of an address; raises Invalid for what cannot be one."""
    if medium == "visitor":
        raise Invalid("a browser's session cannot be typed", field="medium")
    if medium == "email":
        if value.count("@") != 1 or value.startswith("@") or value.endswith("@"):
            raise Invalid("this is no e-mail address", field="value")
        return value.lower()
    if medium == "phone":
        number = normalise(value)
        if number is None:
            raise Invalid("this is no phone number", field="value")
        return number
    return value
