"""The chat with everything real behind it: accounts, intake, router, outbox, live screens."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from pydantic import SecretStr

from contact_center.app import Workspace, running
from contact_center.desk import leaving
from contact_center.kernel.ids import new_id
from contact_center.settings import Settings
from contact_center.work.policies.service import Policies
from tests.contact_center.web_chat.site import ORIGIN, Visitor, until
from tests.contact_center.web_live.house import House, Screen
from tests.support.waiting import eventually


@dataclass
class Company:
    workspace: Workspace
    http: aiohttp.ClientSession
    house: House
    base: str

    async def operator(self, name: str) -> tuple[Screen, dict[str, str]]:
        """A ready operator with an open screen; the headers of his requests."""
        access = self.workspace.access
        employee = self.house.ids[name] = new_id()
        db = self.workspace.database
        await db.execute(
            "INSERT INTO employees (id, email, name, role) VALUES ($1, $2, $2, 'operator')",
            employee, name,
        )  # fmt: skip
        await db.execute("INSERT INTO operators (id) VALUES ($1)", employee)
        await db.execute(
            "INSERT INTO queue_members (queue_id, employee_id) VALUES ($1, $2)",
            self.house.ids["sales_queue"], employee,
        )  # fmt: skip
        opened = await access.open_session(db, employee, address="127.0.0.1")
        headers = {
            "Cookie": f"{access.cookie.name}={opened.secret}", "Origin": self.base,
            "X-CSRF-Token": opened.csrf,
        }  # fmt: skip
        wire = await self.http.ws_connect(f"{self.base}/api/v1/live", headers=headers)
        return Screen(wire), headers

    async def api(self, method: str, path: str, headers: dict[str, str], body: Any = None) -> Any:
        url = f"{self.base}/api/v1{path}"
        async with self.http.request(method, url, headers=headers, json=body) as answer:
            given = await answer.json(content_type=None) if answer.status != 204 else None
            assert answer.status < 300, given
            return given


@pytest.fixture
async def company(
    database_url: str, tmp_path: Path, unused_tcp_port_factory: Any
) -> AsyncIterator[Company]:
    port = unused_tcp_port_factory()
    settings = Settings(database_url=SecretStr(database_url), data_dir=tmp_path, listen_port=port)
    async with running(settings) as workspace, aiohttp.ClientSession() as http:
        house = House(workspace.database, workspace.hints, workspace.access)
        await house.furnish()
        await workspace.database.execute("DELETE FROM accounts")
        await workspace.database.execute(  # the router knows only what the log tells
            "INSERT INTO events (kind, subject_kind, subject_id, actor, data)"
            " SELECT 'queue.changed', 'queue', id, 'system', cc_queue_snapshot(id) FROM queues"
        )
        await workspace.accounts.create(
            "system", provider="webchat", title="Chat", brand_id=house.ids["brand"],
            queue_id=house.ids["sales_queue"], public_key="key",
            settings={"allowed_origins": [ORIGIN]},
        )  # fmt: skip
        yield Company(workspace, http, house, f"http://127.0.0.1:{port}")


async def test_a_visitor_writes_an_operator_answers_and_the_answer_is_seen(
    company: Company,
) -> None:
    screen, headers = await company.operator("ivan")
    await screen.until("ready")
    await company.api("PUT", "/me/presence", headers, {"presence": "ready"})
    visitor = Visitor(company)  # type: ignore[arg-type]
    await visitor.begin(locale="ru", page="https://shop.example/orders")
    wire = await visitor.socket()
    status, file = await _upload(visitor, "чек.txt", "Заказ 1042".encode())
    assert status == 200, file
    await visitor.write("Где мой заказ?", "c-1", attachments=[file["id"]])
    await visitor.write("Где мой заказ?", "c-1", attachments=[file["id"]])
    offered = await screen.until("event", kind="work.offered")
    assert offered["topic"] == "me"
    (offer,) = await company.api("GET", "/offers", headers)
    contact = await company.api("POST", f"/offers/{offer['id']}/accept", headers, {})
    page = await visitor.read()
    (mine,) = page["items"]
    assert mine["client_id"] == "c-1"
    assert [one["id"] for one in mine["attachments"]] == [file["id"]]
    url = mine["attachments"][0]["url"]
    assert "/visitor?" in url  # it does not end while the page stands open
    async with company.http.get(url) as answer:
        assert await answer.read() == "Заказ 1042".encode()
    assert await _while_deleted(company, mine["id"], url) == 404  # whoever has its address
    long = "В пути." * 2400  # far more than a visitor may write: it comes as one message
    reply = {"kind": "reply", "text": long, "client_msg_id": "r-1", "attachments": []}
    await company.api("POST", f"/contacts/{contact['id']}/messages", headers, reply)

    async def answered() -> Any:
        items = (await visitor.read(mine["cursor"]))["items"]
        return [item for item in items if item["from"] == "operator"]

    (seen,) = await eventually(answered)
    assert (seen["text"], seen["name"]) == (long, "ivan")
    assert (await visitor.read(seen["cursor"]))["items"] == []
    await until(wire, "new")
    assert (await visitor.call("/events", {"type": "read", "cursor": seen["cursor"]}))[0] == 200

    async def was_read() -> bool:
        state = await company.workspace.database.fetchval("SELECT state FROM outbox")
        return bool(state == "read")

    await eventually(was_read)
    await screen.send(t="sub", topics=[f"contact:{contact['id']}"])
    await screen.until("subscribed")
    await wire.send_str('{"t":"typing"}')
    typing = await screen.until("typing", contact=contact["id"])
    assert typing["who"]["type"] == "client"
    # The talk is laid aside: for the visitor nothing changes, and his next words bring it back.
    await company.api("POST", f"/contacts/{contact['id']}/park", headers, {})
    assert (await visitor.read())["contact"]["operator"] == {"name": "ivan"}
    await visitor.write("Спасибо, нашёл", "c-2")
    await screen.until("event", kind="work.offered")
    (again,) = await company.api("GET", "/offers", headers)
    assert (again["contact"]["id"], again["explanation"]["rule"]) == (contact["id"], "preferred")
    await wire.close()


async def _while_deleted(company: Company, message: str, url: str) -> int:
    """The answer to who asks for a file while its message is deleted."""
    house, delete = company.workspace, "UPDATE messages SET deleted_at = $2 WHERE id = $1"
    await house.database.execute(delete, UUID(message), house.clock.now())
    async with company.http.get(url) as answer:
        status = answer.status
    await house.database.execute(delete, UUID(message), None)
    return status


async def _upload(visitor: Visitor, name: str, body: bytes) -> tuple[int, Any]:
    from urllib.parse import quote

    headers = visitor.headers(**{"X-File-Name": quote(name)})
    async with visitor.site.http.post(visitor.url("/files"), data=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_an_operator_who_closes_his_browser_goes_offline_and_is_offered_nothing(
    company: Company,
) -> None:
    screen, headers = await company.operator("ivan")
    await screen.until("ready")
    await company.api("PUT", "/me/presence", headers, {"presence": "ready"})
    await screen.wire.close()
    db, ivan = company.workspace.database, company.house.ids["ivan"]
    await eventually(lambda: db.fetchval("SELECT closed_at FROM operator_sessions"))
    await db.execute(
        "UPDATE operator_sessions SET closed_at = now() - interval '1 hour',"
        " seen_at = now() - interval '1 hour'"
    )
    await db.execute("UPDATE operators SET presence_since = now() - interval '1 hour'")

    async def offline() -> bool:
        presence = await db.fetchval("SELECT presence FROM operators WHERE id = $1", ivan)
        return bool(presence == "offline")

    await eventually(offline)


async def test_who_leaves_before_an_answer_is_given_up_after_the_grace_and_keeps_his_place(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "SOUGHT", timedelta(seconds=60))
    db = company.workspace.database
    await db.execute(
        "UPDATE policies SET body = jsonb_set(body, '{house,visitor_grace_seconds}', '1')"
    )
    ann = Visitor(company)  # type: ignore[arg-type]
    await ann.begin()
    await ann.write("Anybody there?")
    row = await db.fetchrow("SELECT contact_id, virtual_arrival FROM work")
    assert row
    contact = row["contact_id"]

    async def job(state: str, error: str | None = None) -> bool:
        return bool(await db.fetchval(
            "SELECT EXISTS (SELECT FROM jobs WHERE kind = 'visitor_left' AND key = $1"
            " AND state = $2 AND error IS NOT DISTINCT FROM $3)", str(contact), state, error,
        ))  # fmt: skip

    # another node misses him, who is here: he is asked for, and this node knows him
    wire = await ann.socket()
    await until(wire, "ready")
    await leaving.note_left(db, [contact], datetime.now(UTC) - timedelta(seconds=5))
    await eventually(lambda: job("done", "cancelled"))
    sought = "SELECT count(*) FROM events WHERE kind = 'contact.sought' AND subject_id = $1"
    assert await db.fetchval(sought, contact) == 1
    assert await db.fetchval("SELECT state FROM work") == "waiting"
    monkeypatch.setattr(leaving, "SOUGHT", timedelta(seconds=0.5))
    await wire.close()

    async def gave_up() -> bool:
        return await db.fetchval("SELECT outcome FROM work") == "abandoned"

    await eventually(gave_up)
    assert await db.fetchval("SELECT state FROM contacts") == "closed"
    assert (await ann.read())["items"][-1]["code"] == "abandoned"
    await ann.write("I am back", "2")
    later = await db.fetchrow("SELECT origin, state, virtual_arrival FROM work ORDER BY seq DESC")
    assert later
    assert (later["origin"], later["state"]) == ("follow_up", "waiting")
    assert later["virtual_arrival"] == row["virtual_arrival"]
    # he says so himself: at once, without any grace
    await db.execute(
        "UPDATE policies SET body = jsonb_set(body, '{house,visitor_grace_seconds}', '900')"
    )
    assert (await ann.call("/events", {"type": "leave"}))[0] == 200

    async def none_waits() -> bool:
        return not await db.fetchval("SELECT EXISTS (SELECT FROM work WHERE state <> 'done')")

    await eventually(none_waits)
    # who left a message instead of waiting is answered, whether he is there or not
    bob = Visitor(company)  # type: ignore[arg-type]
    await bob.begin()
    await bob.write("Call me", offline=True)
    await bob.call("/events", {"type": "leave"})
    kept = await db.fetchval("SELECT contact_id FROM work WHERE state = 'waiting'")

    async def looked() -> bool:
        return bool(await db.fetchval(
            "SELECT EXISTS (SELECT FROM jobs WHERE key = $1 AND state = 'done' AND error IS NULL)",
            str(kept),
        ))  # fmt: skip

    await eventually(looked)
    assert await db.fetchval("SELECT state FROM work WHERE contact_id = $1", kept) == "waiting"


async def test_who_leaves_while_his_node_is_dead_is_missed_as_well(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "SOUGHT", timedelta(seconds=1))
    db = company.workspace.database
    cid = Visitor(company)  # type: ignore[arg-type]
    await cid.begin()
    await cid.write("Anybody there?")
    contact = await db.fetchval("SELECT contact_id FROM work")
    # the last a node that was killed had said of him, two grace times ago
    await leaving.note_here(db, [contact], datetime.now(UTC) - timedelta(hours=1))

    async def gave_up() -> bool:
        return await db.fetchval("SELECT outcome FROM work") == "abandoned"

    await eventually(gave_up)


async def test_whom_the_ladder_sends_to_a_form_is_told_so_and_his_answer_waits_at_the_old_place(
    company: Company,
) -> None:
    db, queue = company.workspace.database, company.house.ids["sales_queue"]
    await db.execute(
        "UPDATE queues SET letters = $2 WHERE id = $1",
        queue, {"bot": {"en": "All busy.\n[Wait for somebody]", "ru": "Все заняты."}},
    )  # fmt: skip

    async def send_to(way: str) -> None:
        ladder = [{"after_seconds": 1, "overflow": way}]
        await Policies(db).install(
            "system", {"queues": [{"code": str(queue), "ladder": ladder}]}, ""
        )

    async def closed_as(outcome: str) -> bool:
        return bool(await db.fetchval(
            "SELECT w.outcome = $1 AND c.state = 'closed' FROM work w"
            " JOIN contacts c ON c.id = w.contact_id ORDER BY w.seq DESC LIMIT 1", outcome,
        ))  # fmt: skip

    await send_to("mail_form")
    ann = Visitor(company)  # type: ignore[arg-type]
    await ann.begin(locale="en")
    await ann.write("Anybody there?")
    place = await db.fetchval("SELECT virtual_arrival FROM work")
    await eventually(lambda: closed_as("mail_form"))
    told = (await ann.read())["items"]
    assert [(one["from"], one.get("code")) for one in told] == [
        ("visitor", None), ("operator", None), ("system", "mail_form"),
    ]  # fmt: skip
    assert "Leave your e-mail address" in told[1]["text"]
    await ann.write("ann@shop.example, call me", "2", offline=True)
    row = await db.fetchrow("SELECT * FROM work ORDER BY seq DESC LIMIT 1")
    assert row
    assert (row["origin"], row["virtual_arrival"]) == ("follow_up", place)
    assert row["requirement"] == {"stays": True}
    await company.operator("olga")

    async def olga_is(presence: str) -> None:
        await db.execute(
            "UPDATE operators SET presence = $1, version = version + 1, idle_since = now()",
            presence,
        )
        await db.execute(
            "INSERT INTO events (kind, subject_kind, subject_id, version, actor, data)"
            " SELECT 'operator.changed', 'operator', id, version, 'system',"
            " cc_operator_snapshot(id) FROM operators"
        )

    await olga_is("ready")

    async def offered() -> bool:
        return await db.fetchval("SELECT state FROM work WHERE id = $1", row["id"]) == "offered"

    await eventually(offered)
    await olga_is("break")
    carl = Visitor(company)  # type: ignore[arg-type]
    await carl.begin()
    await carl.write("Mail me", offline=True)  # he left a message: nobody asks him for one again
    newest = "SELECT requirement FROM work ORDER BY seq DESC LIMIT 1"
    assert await db.fetchval(newest) == {"stays": True}
    await send_to("bot")
    bob = Visitor(company)  # type: ignore[arg-type]
    await bob.begin(locale="en")
    await bob.write("And me?")
    await eventually(lambda: closed_as("bot"))
    assert (await bob.read())["items"][1]["text"] == "All busy.\n— Wait for somebody"
