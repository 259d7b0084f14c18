"""The widget on a site: signing out, forms, frames, and a browser that keeps nothing.

No service runs: what it would answer is made up here, so that it can say whatever is needed.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, Request, Route, expect

import contact_center.web
from contact_center.web.static import BUILT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

SITE = "https://shop.example"
TEXTS = json.loads((Path(contact_center.web.__file__).parent / "texts/widget.en.json").read_text())
PAGE = '<!doctype html><html lang="en"><body><script src="/widget.js" data-key="k" {}></script>'
OLDER = """<!doctype html><html lang="en"><body><div></div><script type="module">
const { mount } = await import("/panel.js")
window.cc = await mount(document.querySelector("div").attachShadow({ mode: "open" }), {
  net: { key: "k", origin: location.origin }, icons: {}, lang: "en", words: [], side: "right",
  onUnread() {}, onClose() {}, onMessage() {},
})
cc.open()
</script>"""  # what a widget.js of before panels had a number does
DROPPED = (
    "() => { const all = new DataTransfer(); all.items.add(new File(['x'], 'a.png')); return all }"
)
FORBIDDEN = "Object.defineProperty(window, 'localStorage', { get() { throw new Error('no') } })"
FULL = "Storage.prototype.setItem = () => { throw new Error('full') }"
Open = Callable[..., Page]


class Shop:
    """A site and, at the same address, a service that knows no more than the widget asks for."""

    def __init__(self, context: BrowserContext, script: str = "", style: str = "", **session: Any):
        self.page = PAGE.format(script) + f"<style>{style}</style>"
        self.session = {
            "texts": TEXTS, "theme": {}, "prechat": [], "open": True, "ready": True,
            "opens_at": None, "offline_form": True, "limits": {"text": 100, "file_bytes": 1000},
            "contact": None, "cursor": None, **session,
        }  # fmt: skip
        self.users: set[str] = set()  # their talks open with the site's word only
        self.talks: dict[str, list[dict[str, Any]]] = {}
        self.asked: list[tuple[str, str]] = []  # path and token of each request
        self.sent: list[dict[str, Any]] = []
        context.route(SITE + "/**", self._answer)
        context.route_web_socket(re.compile("/live$"), lambda _: None)

    def talk(self, visitor: str, *texts: str) -> None:
        """What this visitor has written."""
        mine = self.talks.setdefault(visitor, [])
        for text in texts:
            place = f"{visitor}:{len(mine) + 1}"
            mine.append({"id": place, "cursor": place, "from": "visitor", "text": text,
                         "at": "2026-01-02T03:04:05Z", "attachments": []})  # fmt: skip

    def drop_line(self, page: Page) -> None:
        """The browser loses the network and finds it again: the chat comes back."""
        began = self.count("/session")
        page.context.set_offline(True)
        page.locator(".net").wait_for()
        page.context.set_offline(False)
        while self.count("/session") == began:
            page.wait_for_timeout(10)
        page.locator(".net").wait_for(state="detached")

    def count(self, path: str) -> int:
        return sum(asked.endswith(path) for asked, _ in self.asked)

    def _answer(self, route: Route) -> None:
        request = route.request
        path = request.url.removeprefix(SITE).partition("?")[0]
        if not path.startswith("/chat/v1/"):
            older = request.url == SITE + "/panel.js"  # as the service has it: without a number
            built = BUILT / "widget" / ("before.js" if older else path[1:])
            kind = "text/javascript" if path.endswith(".js") else "text/html"
            body = built.read_bytes() if path.endswith(".js") else self.page
            route.fulfill(body=body, content_type=kind)
            return
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.asked.append((path, token))
        route.fulfill(json=self._said(path.rpartition("/")[2], token, request))

    def _said(self, what: str, token: str, request: Request) -> dict[str, Any]:
        """A token is its visitor's name and the number of times he has come."""
        visitor = token.partition(".")[0]
        if what == "session":
            came = self.count("/session")
            user = (request.post_data_json or {}).get("identity") or {}
            self.users |= {user["user_id"]} if user else set()
            visitor = "" if visitor in self.users else visitor
            visitor = user.get("user_id") or visitor or f"v{came}"
            return {**self.session, "token": f"{visitor}.{came}", "visitor": visitor}
        if what == "files":
            return {"id": "f1", "name": "a.png", "type": "image/png", "size": 1, "url": ""}
        if what == "messages":
            return {"items": self.talks.get(visitor, []), "contact": None}
        body: Any = request.post_data_json
        if body["type"] == "message":
            self.sent.append(body)
            self.talk(visitor, body["text"])
            self.talks[visitor][-1]["client_id"] = body["id"]
        return {}


@pytest.fixture(autouse=True, scope="module")
def _built() -> None:
    if not (BUILT / "widget" / "panel.js").exists():
        pytest.skip("the widget is not built: make build")


def launcher(page: Page) -> Locator:
    return page.locator(".go")


def visit(page: Page) -> Page:
    """Come to the site and open the chat."""
    page.goto(SITE)
    launcher(page).click()
    page.locator(".panel").wait_for()
    return page


def test_who_signs_out_is_forgotten_in_every_tab_and_nothing_brings_him_back(
    open_page: Open,
) -> None:
    first = open_page()
    shop = Shop(first.context)
    for user in ("ann", "bob", "eve"):
        shop.talk(user, f"secret of {user}")
    first.goto(SITE)
    first.evaluate("localStorage['cc:k:token'] = 'ann.0'")
    visit(first)
    second = visit(first.context.new_page())
    for tab in (first, second):
        expect(tab.get_by_text("secret of ann")).to_be_visible()
        tab.locator("textarea").fill("another secret")

    shop.asked.clear()
    first.evaluate("cc.logout()")
    for tab in (first, second):
        expect(tab.get_by_text("secret of ann")).to_have_count(0)
        expect(tab.locator("textarea")).to_have_value("")
    shop.drop_line(second)
    kept = second.evaluate("JSON.stringify(localStorage)")
    assert "ann" not in kept
    assert "secret" not in kept
    assert not [token for _, token in shop.asked if token.startswith("ann")]

    for user, before in (("bob", "ann"), ("eve", "bob")):  # nor does who comes next see another's
        first.evaluate("(user_id) => void cc.identify({ user_id, hash: '' })", user)
        expect(first.get_by_text(f"secret of {user}")).to_be_visible()
        expect(first.get_by_text(f"secret of {before}")).to_have_count(0)


def test_answers_before_the_talk_go_with_what_is_written_first_a_file_too(open_page: Open) -> None:
    page = open_page()
    shop = Shop(page.context, prechat=[{"name": "order", "label": "Order"}])
    visit(page).get_by_label("Order").fill("4711")
    page.get_by_role("button", name="Start the chat").click()
    picture: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"x"}
    page.locator("input[type=file]").set_input_files(picture)
    expect(page.locator(".meta", has_text="Delivered")).to_have_count(1)
    page.locator("textarea").fill("where is it?")
    page.locator("textarea").press("Enter")
    expect(page.locator(".meta", has_text="Delivered")).to_have_count(2)
    assert [one.get("prechat") for one in shop.sent] == [{"order": "4711"}, None]
    assert shop.sent[0]["attachments"] == ["f1"]


def test_a_message_for_later_is_not_taken_away_while_it_is_written(open_page: Open) -> None:
    page = open_page()
    shop = Shop(page.context, ready=False)
    visit(page).get_by_label("E-mail").fill("ann@example.org")
    page.get_by_label("Message").fill("a long story")
    shop.session["ready"] = True
    shop.drop_line(page)
    expect(page.get_by_label("Message")).to_have_value("a long story")
    page.get_by_role("button", name="Leave a message").click()
    expect(page.get_by_role("log").get_by_text("a long story")).to_be_visible()
    expect(page.get_by_text("We are here")).to_be_visible()
    assert shop.sent[0]["offline"] is True
    assert shop.sent[0]["prechat"] == {"name": "", "email": "ann@example.org"}


@pytest.mark.parametrize("storage", [FORBIDDEN, FULL], ids=["forbidden", "full"])
def test_a_browser_that_keeps_nothing_can_talk(open_page: Open, storage: str) -> None:
    page = open_page()
    shop = Shop(page.context)
    page.add_init_script(storage)
    visit(page).locator("textarea").fill("hello")
    page.locator("textarea").press("Enter")
    expect(page.locator(".meta", has_text="Delivered")).to_be_visible()
    shop.drop_line(page)
    expect(page.get_by_role("log").get_by_text("hello")).to_be_visible()
    assert len(shop.talks) == 1  # who comes back is the same
    launcher(page).click()
    expect(page.locator(".n")).to_be_hidden()


def test_a_framed_panel_opens_and_closes_beside_any_styles_of_the_site(open_page: Open) -> None:
    page = open_page()
    Shop(page.context, 'data-frame="1"', "div:empty { display: none !important }")
    page.goto(SITE)
    frame = page.locator("iframe")
    launcher(page).click()
    for shut in (launcher(page).click, lambda: page.evaluate("cc.close()")):
        page.evaluate("cc.open()")
        expect(frame).to_have_count(1)
        expect(launcher(page)).to_have_accessible_name("Close chat")
        shut()
        expect(frame).to_have_count(0)
        expect(launcher(page)).to_have_accessible_name("Open chat")


def test_tabs_with_and_without_a_signed_in_user_do_not_take_each_others_visitor(
    open_page: Open,
) -> None:
    page = open_page()
    shop = Shop(page.context)
    shop.talk("ann", "from ann")
    visit(page).evaluate("cc.identify({ user_id: 'ann', hash: '' })")
    expect(page.get_by_text("from ann")).to_be_visible()
    other = visit(page.context.new_page())
    other.locator("textarea").fill("from a guest")
    other.locator("textarea").press("Enter")
    expect(other.locator(".meta", has_text="Delivered")).to_be_visible()
    came: list[str] = []  # with whose token the tab of the user comes back
    page.on("request", lambda one: came.append(one.headers.get("authorization", "")))
    for _ in range(2):
        shop.drop_line(page)
        other.locator(".net").wait_for(state="detached")
    assert {one.removeprefix("Bearer ").partition(".")[0] for one in came} == {"ann"}
    expect(other.get_by_role("log").get_by_text("from a guest")).to_be_visible()


def test_a_file_dropped_before_the_session_is_there_waits_for_it(open_page: Open) -> None:
    page = open_page()
    shop = Shop(page.context)
    held: list[Route] = []
    page.route("**/session", lambda route: held.append(route))  # noqa: PLW0108 - it gets a mark
    visit(page).locator(".compose").dispatch_event(
        "drop", {"dataTransfer": page.evaluate_handle(DROPPED)}
    )
    expect(page.get_by_text("a.png")).to_be_visible()
    held[0].fallback()
    expect(page.locator(".meta", has_text="Delivered")).to_be_visible()
    assert shop.sent[0]["attachments"] == ["f1"]
    assert ("/chat/v1/k/files", "v1.1") in shop.asked


def test_a_page_of_before_an_update_can_talk_and_sign_out(open_page: Open) -> None:
    page = open_page()
    shop = Shop(page.context)
    shop.talk("ann", "secret of ann")
    shop.page = "<p>"
    page.goto(SITE)
    page.evaluate("localStorage['cc:k:token'] = 'ann.0'")
    shop.page = OLDER
    page.goto(SITE)
    expect(page.get_by_text("secret of ann")).to_be_visible()
    page.locator("textarea").fill("hello")
    page.locator("textarea").press("Enter")
    expect(page.locator(".meta", has_text="Delivered")).to_have_count(2)
    page.evaluate("cc.logout()")
    expect(page.get_by_text("secret of ann")).to_have_count(0)
    assert "ann" not in page.evaluate("JSON.stringify(localStorage)")
