"""An operator splits a contact whose subject has changed, and joins it again, in a real browser."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from channels.mail import hooks
from tests.channels.mail import samples
from tests.journeys.conftest import EMAIL, PASSWORD, Company

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(400)]

Open = Callable[..., Page]


def mailbox(company: Company, page: Page) -> Callable[..., None]:
    """A mailbox that is posted to; returns what posts a mail to it."""
    http = page.context.request

    def ask(path: str, method: str, body: Any = None, csrf: str = "") -> Any:
        answer = http.fetch(
            f"{company.url}/api/v1{path}", method=method, data=body,
            headers={"X-CSRF-Token": csrf, "Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.ok, answer.text()
        return answer.json()

    csrf = ask("/auth/sign-in", "POST", {"email": EMAIL, "password": PASSWORD})["csrf"]
    chat = ask("/accounts", "GET")["items"][0]
    given = samples.account_settings(trusted_servers=[], trust_unjudged=True)
    wanted = ("address", "receives", "hook_secret", "trust_unjudged")
    made = ask("/accounts", "POST", {
        "provider": "mail", "title": "Почта", "brand_id": chat["brand_id"],
        "queue_id": chat["queue_id"], "settings": {name: given[name] for name in wanted},
    }, csrf)  # fmt: skip

    def post(text: str, **fields: str) -> None:
        url = f"{company.url}/hooks/{made['public_key']}"
        raw = samples.mail(text, name=f"<{text}@client.example>", **fields)
        stamp = str(int(datetime.now(UTC).timestamp()))
        headers = {
            "content-type": "message/rfc822", "webhook-id": text, "webhook-timestamp": stamp,
            "webhook-signature": hooks.sign(given["hook_secret"], text, stamp, raw),
        }  # fmt: skip
        answer = http.post(url, data=raw, headers=headers)
        assert answer.ok, answer.text()

    return post


def test_a_changed_subject_is_split_off_and_joined_again(company: Company, open_page: Open) -> None:
    post, page = mailbox(company, open_page()), open_page()
    post("m1", subject="Заказ 48101")
    post("m2", subject="Возврат денег", In_Reply_To="<m1@client.example>")
    company.sign_in(page)
    page.get_by_role("button", name="Принять").first.wait_for()
    page.keyboard.press("Alt+KeyA")
    thread = page.get_by_role("log")
    expect(thread.get_by_text("Тема изменилась.")).to_be_visible()
    page.get_by_role("button", name="Разделить?").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("в новое обращение «Возврат денег»")).to_be_visible()
    dialog.get_by_role("button", name="Разделить", exact=True).click()
    expect(thread.get_by_text(re.compile("обращение разделено, продолжение — №"))).to_be_visible()
    expect(thread.get_by_text("m2")).to_have_count(0)
    page.get_by_role("button", name="Открыть", exact=True).click()
    expect(thread.get_by_text(re.compile("отделено от обращения №"))).to_be_visible()
    expect(thread.get_by_text("m2")).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("объединить")
    page.get_by_role("option", name="Объединить с обращением").click()
    dialog = page.get_by_role("dialog", name="Объединить с №")
    expect(dialog.get_by_role("listbox")).to_be_focused()  # the keyboard alone suffices
    page.keyboard.press("ArrowDown")
    preview = dialog.get_by_role("region", name="Последние сообщения")
    expect(preview.get_by_text("m1")).to_be_visible()
    page.keyboard.press("Enter")
    expect(thread.get_by_text(re.compile("сюда присоединено обращение №"))).to_be_visible()
    expect(thread.get_by_text("m1")).to_be_visible()
