"""Routes of the simulator: mounted in a demo only, for pages of our own origin."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import StringConstraints

from contact_center.kernel.errors import NotFound
from contact_center.simulator import company, store, trace
from contact_center.simulator.mailbox.handlers import setup_mailbox
from contact_center.simulator.phones.handlers import setup_phones
from contact_center.simulator.play import Scenario, Simulator
from contact_center.simulator.requests import HOUSE, Body, Handler, body, ours, since
from contact_center.simulator.visitor import Fault
from contact_center.storage.database import Database
from contact_center.web.auth import json_response

PAGES = Path(__file__).parent / "pages"
SIMULATOR: web.AppKey[Simulator] = web.AppKey("simulator", Simulator)
MESSAGES = 100
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data: blob:; media-src 'self'; font-src 'self'; frame-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css",
         ".svg": "image/svg+xml"}  # fmt: skip


class Invite(Body):
    account: Annotated[str, StringConstraints(max_length=64)]
    speak: bool = True


class Say(Body):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
    fault: Fault = "none"


class Act(Body):
    action: Literal["typing", "read", "offline"]


class Play(Body):
    scenario: Scenario


def setup_simulator(app: web.Application, database: Database, base_url: str) -> None:
    """Mount the simulator and the demo shop, where settings.demo is true.

    To be called before the console takes any path that is left.
    """
    simulator = Simulator(company.load(), base_url)
    app[SIMULATOR], app[HOUSE] = simulator, database
    api = "/simulator/api"
    app.router.add_get(f"{api}/state", state)
    app.router.add_post(f"{api}/visitors", ours(invite))
    app.router.add_delete(f"{api}/visitors", ours(clear))
    app.router.add_delete(f"{api}/visitors/{{visitor}}", ours(dismiss))
    app.router.add_post(f"{api}/visitors/{{visitor}}/messages", ours(say))
    app.router.add_post(f"{api}/visitors/{{visitor}}/actions", ours(act))
    app.router.add_post(f"{api}/scenarios", ours(play))
    app.router.add_get(f"{api}/trace/{{number}}", way)
    setup_mailbox(app, simulator.company)
    setup_phones(app, simulator.company)
    for address, name in PAGE_FILES.items():
        app.router.add_get(address, _file(name))

    async def run(_: web.Application) -> AsyncIterator[None]:
        yield
        await simulator.close()

    app.cleanup_ctx.append(run)


PAGE_FILES = {
    "/simulator": "simulator.html",
    "/simulator/simulator.css": "simulator.css",
    "/simulator/simulator.js": "simulator.js",
    "/simulator/words.js": "words.js",
    "/simulator/mail.css": "mail.css",
    "/simulator/mail.js": "mail.js",
    "/simulator/mail-words.js": "mail-words.js",
    "/simulator/phones.css": "phones.css",
    "/simulator/phones.js": "phones.js",
    "/simulator/phone.js": "phone.js",
    "/simulator/bubbles.js": "bubbles.js",
    "/simulator/faults.js": "faults.js",
    "/simulator/phones-words.js": "phones-words.js",
    "/demo/shop": "shop.html",
    "/demo/north": "north.html",
    "/demo/shop.css": "shop.css",
    "/demo/shop.js": "shop.js",
}


def _file(name: str) -> Handler:
    path = PAGES / name

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(
            body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8",
            headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"},
        )  # fmt: skip

    return answer


async def state(request: web.Request) -> web.StreamResponse:
    return json_response(await request.app[SIMULATOR].state(*since(request)))


async def invite(request: web.Request) -> web.StreamResponse:
    given, simulator = await body(request, Invite), request.app[SIMULATOR]
    visitor = await simulator.invite(given.account, silent=not given.speak)
    if visitor.script:
        visitor.start(visitor.write(visitor.script.pop(0)))
    return json_response(visitor.shown(), status=201)


async def clear(request: web.Request) -> web.StreamResponse:
    await request.app[SIMULATOR].clear()
    return web.Response(status=204)


async def dismiss(request: web.Request) -> web.StreamResponse:
    await request.app[SIMULATOR].dismiss(request.match_info["visitor"])
    return web.Response(status=204)


async def say(request: web.Request) -> web.StreamResponse:
    visitor = request.app[SIMULATOR].visitor(request.match_info["visitor"])
    given = await body(request, Say)
    line = visitor.compose(given.text)
    visitor.start(visitor.deliver(line, given.fault))
    return json_response(visitor.shown())


async def act(request: web.Request) -> web.StreamResponse:
    visitor = request.app[SIMULATOR].visitor(request.match_info["visitor"])
    given = await body(request, Act)
    works: dict[str, Callable[[], Any]] = {
        "typing": visitor.type, "read": visitor.read,
        "offline": lambda: visitor.lose_connection(10.0),
    }  # fmt: skip
    visitor.start(works[given.action]())
    return web.Response(status=204)


async def play(request: web.Request) -> web.StreamResponse:
    given = await body(request, Play)
    request.app[SIMULATOR].play(given.scenario)
    return web.Response(status=202)


async def way(request: web.Request) -> web.StreamResponse:
    """The contact's way as rows and log tell it."""
    number, database = request.match_info["number"], request.app[HOUSE]
    row = await store.contact(database, int(number)) if number.isdecimal() else None
    if row is None:
        raise NotFound("there is no such contact")
    rows = await store.way(database, row["id"], MESSAGES)
    return json_response(
        {
            "contact": dict(row),
            "steps": trace.steps(row, rows),
            "events": rows["events"],
            "counts": {name: len(found) for name, found in rows.items()},
        }
    )
