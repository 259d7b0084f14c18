"""Page states that need more than an address: what stands there is put into the server's answers.

But for one visitor's words nothing is changed in the house, so a walk may be repeated at will.
"""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Literal

from playwright.sync_api import Page, Route

from tests.support import kinds
from tests.support.stillness import rest

Role = Literal["operator", "administrator", "supervisor"]
State = tuple[str, str, Role | None, Callable[[Page], None]]

# Result codes and break reasons have the drawer of kinds.
DRAWERS = ("employees", "departments", "queues", "kinds", "brands", "accounts", "tokens")
CHAT = "/chat/vasilek-shop"
LIST = re.compile("Список обращений|List of contacts")


def _nothing(_page: Page) -> None:
    """The address says it all."""


def _change(page: Page, address: str, change: Callable[[Any], Any]) -> None:
    """Put something into what the server answers at this address, and look again."""

    def answer(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, json=change(reply.json()))

    page.route(re.compile(address), answer)
    page.reload()


def open_first(page: Page) -> None:
    """Open the first contact of the list, by keyboard."""
    page.get_by_role("region", name=LIST).get_by_role("listitem").first.wait_for()
    page.keyboard.press("KeyJ")
    page.wait_for_url(re.compile("/inbox/[a-z]+/[0-9a-f-]{36}"))
    page.keyboard.press("Enter")


def _soon() -> str:
    return (dt.datetime.now(tz=dt.UTC) + dt.timedelta(minutes=10)).isoformat()


def _offers(page: Page) -> None:
    """Three offers at once: the strip with one in full and two folded."""
    origin = re.match(r"https?://[^/]+", page.url)
    assert origin
    rows = page.request.get(f"{origin[0]}/api/v1/contacts?view=all").json()["items"][:3]
    now = dt.datetime.now(tz=dt.UTC).isoformat()
    offers = [
        {"id": row["id"], "work_id": row["id"], "created_at": now, "until": _soon(),
         "seconds": 600, "contact": row, "recent": [], "explanation": {}}
        for row in rows
    ]  # fmt: skip
    _change(page, r"/api/v1/offers(\?|$)", lambda _: offers)
    page.get_by_role("button", name=re.compile("Принять|Accept")).first.wait_for()
    rest(page)


def _wrap_up(page: Page) -> None:
    def owed(contact: Any) -> Any:
        contact["can"]["wrap_up"] = True
        work = {"state": "wrap_up", "wrap_up_until": _soon()}
        return contact | {"work": (contact["work"] or {}) | work}

    _change(page, r"/api/v1/contacts/[0-9a-f-]{36}$", owed)
    open_first(page)
    page.get_by_role("region", name=re.compile("Итог обращения|Wrap-up|Result")).wait_for()
    rest(page)


def _kinds(page: Page) -> None:
    """Everything a thread can hold, and a composer with everything it can have."""
    kinds.show(page)
    page.reload()
    open_first(page)
    page.get_by_text("dice").wait_for()
    page.get_by_text("2 SMS").or_(page.get_by_text("1 SMS")).wait_for()
    rest(page)


def _write(page: Page) -> None:
    here: dict[str, Any] = {"open": True, "ready": True, "opens_at": None, "prechat": []}
    _change(page, r"/chat/v1/[^/]+/session$", lambda session: session | here)
    page.locator("textarea").fill("Здравствуйте! Где заказ 48101?")
    page.locator("textarea").press("Enter")
    page.get_by_text("48101").first.wait_for()
    rest(page)


def _offline(page: Page) -> None:
    away = {"open": False, "ready": False, "opens_at": _soon(), "offline_form": True,
            "contact": None, "cursor": None}  # fmt: skip
    page.evaluate("localStorage.clear()")
    _change(page, r"/chat/v1/[^/]+/session$", lambda session: session | away)
    page.locator("form").wait_for()
    rest(page)


def _panel(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^(Открыть чат|Open (the )?chat)")).click()
    page.get_by_role("button", name=re.compile("Закрыть|Close")).first.wait_for()
    rest(page)


STATES: tuple[State, ...] = (
    ("first", "/first#token=x", None, _nothing),
    ("invitation", "/invitation#token=x", None, _nothing),
    ("chat-form", "/chat/vasilek-delivery", None, _nothing),
    ("chat-offline", CHAT, None, _offline),
    ("chat", CHAT, None, _write),
    ("widget", "/demo/shop", None, _panel),
    ("offers", "/", "operator", _offers),
    ("wrap-up", "/", "operator", _wrap_up),
    ("kinds", "/", "operator", _kinds),
    *((f"admin-{name}-new", f"/admin/{name}/new", "administrator", _nothing) for name in DRAWERS),
)
