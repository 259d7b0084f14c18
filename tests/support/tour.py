"""A walk through every page of the product, for pictures and for accessibility checks."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

from tests.support.house import House
from tests.support.states import STATES, Role, open_first
from tests.support.stillness import rest, watch

ADMIN = (
    "employees", "departments", "skills", "queues", "routing", "staffing", "kinds", "result-codes",
    "break-reasons", "brands", "accounts", "quarantine", "health", "tokens",
)  # fmt: skip


@dataclass(frozen=True)
class Stop:
    """One page state: who looks, at which address, and what is done there first."""

    name: str
    path: str
    role: Role | None = "operator"
    act: Callable[[Page], None] = lambda page: None


def _open_first(page: Page) -> None:
    open_first(page)
    page.get_by_role("log").wait_for()
    rest(page)


def _then(*codes: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        _open_first(page)
        page.keyboard.press("Escape")
        for code in codes:
            page.keyboard.press(code)
        rest(page)

    return act


def _press(code: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.keyboard.press(code)
        rest(page)

    return act


def _client(page: Page) -> None:
    page.locator("a[href^='/clients/']").first.click()
    page.get_by_role("button", name=re.compile("Добавить поле|Add a field")).click()
    rest(page)


def _choose_channel(page: Page) -> None:
    page.get_by_role("button", name="Telegram").click()
    rest(page)


def _account_health(page: Page) -> None:
    row = page.get_by_role("button", name=re.compile("@vasilek_bot|help@")).first
    row.click()
    page.get_by_role("link", name=re.compile("^(Состояние и цифры|State and figures)$")).click()
    rest(page)


def _letter(page: Page) -> None:
    """A letter comes in, is taken and seen whole, with who is on it."""
    origin = page.url.partition("/inbox")[0].rstrip("/")
    post = f"{origin}/simulator/api/mail/people"
    headers, subject = {"Origin": origin}, "Счёт и образцы тканей"
    person = page.request.post(post, headers=headers).json()
    html = {"subject": subject, "text": "Пришлите, пожалуйста, счёт.", "html": True}
    page.request.post(f"{post}/{person['id']}/mails", headers=headers, data=html)
    page.goto(f"{origin}/inbox/queue")
    page.get_by_role("listitem").filter(has_text=subject).first.click()
    page.get_by_role("button", name=re.compile("^(Взять|Take)$")).click()
    page.get_by_role("button", name=re.compile("Всё письмо|Whole letter")).click()
    page.get_by_role("button", name=person["address"]).first.click()
    page.locator("iframe").wait_for()
    rest(page)


def _write_letter(page: Page) -> None:
    _letter(page)
    page.keyboard.press("KeyR")
    page.get_by_role("toolbar").wait_for()
    page.get_by_role("button", name=re.compile("^(Копия, скрытая|Cc, Bcc)$")).click()
    rest(page)


def _phones(page: Page) -> None:
    """A talk on a phone, with what needs room, and a fault that is on."""
    origin = page.url.partition("/simulator")[0]
    api, headers = f"{origin}/simulator/api/phones", {"Origin": origin}
    ours = page.request.get(f"{api}/state").json()["phones"]
    bot = next(one["id"] for one in ours if one["channel"] == "telegram")
    text = "**Где** ||мой|| заказ? https://vasilek.example/48101"
    page.request.post(f"{api}/{bot}/messages", headers=headers, multipart={"text": text})
    for kind in ("voice", "location", "contact"):
        page.request.post(f"{api}/{bot}/things", headers=headers, data={"kind": kind})
    page.request.put(f"{api}/faults/sms/late", headers=headers, data={"on": True})
    page.locator(".device .card").first.wait_for()
    page.locator(".device .attach summary").first.click()
    rest(page)


STOPS: tuple[Stop, ...] = (
    Stop("sign-in", "/", None),
    Stop("inbox", "/inbox/unread"),
    Stop("thread", "/", act=_open_first),
    Stop("close", "/", act=_then("KeyE")),
    Stop("transfer", "/", act=_then("KeyT")),
    Stop("note", "/", act=_then("KeyN")),
    Stop("palette", "/", act=_press("Control+KeyK")),
    Stop("help", "/", act=_press("Shift+Slash")),
    Stop("letter", "/", act=_letter),
    Stop("letter-writing", "/", act=_write_letter),
    Stop("clients", "/clients"),
    Stop("client-fields", "/clients", act=_client),
    Stop("settings", "/settings"),
    Stop("keyboard", "/settings?part=keyboard"),
    *(Stop(f"admin-{name}", f"/admin/{name}", "administrator") for name in ADMIN),
    Stop("admin-connect", "/admin/accounts/new", "administrator", act=_choose_channel),
    Stop("admin-account", "/admin/accounts", "administrator", act=_account_health),
    Stop("simulator", "/simulator", "administrator"),
    Stop("simulator-phones", "/simulator#phones", "administrator", act=_phones),
    Stop("shop", "/demo/shop", None),
    *(Stop(*state) for state in STATES),
)


def walk(
    browser: Browser,
    house: House,
    *,
    locale: str,
    scheme: str,
    width: int,
    height: int = 900,
    script: str = "",
) -> Iterator[tuple[Stop, Page]]:
    """Every stop in one language, theme and width. One context per role, as people have.

    `script`: runs in every page before its own, whatever the page's policy allows.
    """
    for role in (None, "operator", "administrator"):
        context = browser.new_context(
            locale={"ru": "ru-RU", "en": "en-GB"}[locale], color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": height}, reduced_motion="reduce",
        )  # fmt: skip
        context.set_default_timeout(60_000)
        context.add_init_script(f"localStorage.setItem('cc.locale', '{locale}')")
        watch(context)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        if role is not None:
            sign_in(page, house, role, locale)
        for stop in STOPS:
            if stop.role == role:
                page.unroute_all(behavior="ignoreErrors")
                if "#" in stop.path:
                    page.goto("about:blank")  # what differs after # alone would load nothing
                page.goto(house.url + stop.path)
                rest(page)
                stop.act(page)
                yield stop, page
        context.close()


def sign_in(page: Page, house: House, role: str, locale: str) -> None:
    """With the demo's own sign-in, over the API: the form is a stop of its own."""
    state = page.request.get(f"{house.url}/api/v1/auth/state").json()
    person = next(one for one in state["demo_accounts"] if one["role"] == role)
    headers = {"Origin": house.url}
    page.request.post(
        f"{house.url}/api/v1/auth/sign-in", headers=headers,
        data={"email": person["email"], "password": person["password"]},
    )  # fmt: skip
    me = page.request.get(f"{house.url}/api/v1/me").json()
    page.request.patch(
        f"{house.url}/api/v1/me", data={"locale": locale},
        headers={**headers, "X-CSRF-Token": me["csrf"]},
    )  # fmt: skip
