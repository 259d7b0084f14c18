"""Letters: what arrives of an answer, and what a hostile one cannot do."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import EMAIL, PASSWORD, Company
from tests.journeys.test_first_contact import finish, thread
from tests.support.house import Office
from tests.support.letters import Outside, connect, mail, post

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(400)]

Open = Callable[..., Page]
T = TypeVar("T")
Deliver = Callable[[EmailMessage], None]
HOSTILE = """
<html><head><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=/out">
<link rel="stylesheet" href="https://evil.example/s.css"><style>@import "https://evil.example/i";
body { background: url(https://evil.example/b.png) }</style></head>
<body onload="parent.document.title='taken'">
<script>parent.document.title = 'taken'; fetch('https://evil.example/f')</script>
<img src="x" onerror="parent.document.title='taken'"><svg onload="parent.document.title='taken'"/>
<iframe src="https://evil.example/frame"></iframe><form action="https://evil.example/p"><input></form>
<p style="background-image:url('https://evil.example/c.png')">Добрый <b>день</b></p>
<img src="https://pictures.example/1.png"><img srcset="https://pictures.example/2.png 1x">
<video poster="https://pictures.example/3.png"></video><a href="javascript:alert(1)">сюда</a>
</body></html>
"""


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with Outside() as outside:
        yield outside


@pytest.fixture(scope="module")
def deliver(company: Company, outside: Outside) -> Deliver:
    """Post a mail to the company's mailbox."""

    async def prepare() -> str:
        office = Office(company.url)
        try:
            await office.sign_in(EMAIL, PASSWORD)
            return str((await connect(office, outside.port))["public_key"])
        finally:
            await office.close()

    key = aside(prepare())

    def deliver(one: EmailMessage) -> None:
        aside(post(company.url, key, one.as_bytes()))

    return deliver


def aside(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def take(operator: Page) -> None:
    """Accept what is offered; the letter's composer waits to be opened."""
    operator.get_by_role("button", name="Принять").first.wait_for()
    operator.keyboard.press("Alt+KeyA")
    operator.get_by_role("button", name="Напишите ответ…").wait_for()


def write(operator: Page, text: str) -> None:
    """Open the composer and write, by keyboard."""
    operator.keyboard.press("Escape")
    operator.keyboard.press("KeyR")
    expect(operator.get_by_role("textbox", name="Текст письма")).to_be_focused()
    operator.keyboard.type(text)


def test_an_answer_with_a_copy_and_bold_text_arrives_as_html_and_text(
    company: Company, deliver: Deliver, outside: Outside, open_page: Open
) -> None:
    operator = open_page()
    company.sign_in(operator)
    first = mail("Накладная 4021", "Пришлите копию.", Cc="Бухгалтерия <books@client.example>")
    deliver(first)
    take(operator)
    letter = thread(operator).get_by_role("article").filter(has_text="Пришлите копию.")
    expect(letter.get_by_role("heading", name="Накладная 4021")).to_be_visible()
    expect(letter.get_by_text("Проверено DMARC")).to_be_visible()

    write(operator, "Вот ")
    operator.keyboard.press("Control+KeyB")
    operator.keyboard.type("копия")
    operator.keyboard.press("Control+KeyB")
    operator.keyboard.type(".")
    operator.get_by_role("button", name="Ответить всем").click()
    copied = operator.get_by_role("button", name="Изменить Бухгалтерия <books@client.example>")
    expect(copied).to_be_visible()
    expect(operator.get_by_role("img", name="Этот адрес никем не подтверждён")).to_have_count(1)
    # What is no address is not left out of the letter, however it is sent.
    copies = operator.get_by_role("textbox", name="Копия", exact=True)
    copies.fill("бухгалтерия")
    operator.get_by_role("button", name="Отправить", exact=True).click()
    expect(
        operator.get_by_role("alert").filter(has_text="Не похоже на адрес: бухгалтерия")
    ).to_be_visible()
    expect(copies).to_be_focused()
    copies.fill("")
    operator.get_by_role("textbox", name="Текст письма").click()
    operator.keyboard.press("Control+Enter")

    arrived = outside.wait(lambda one: "Накладная 4021" in str(one.mail["Subject"]))
    assert arrived.recipients == ("vera@client.example", "books@client.example")
    assert arrived.mail["Subject"] == "Re: Накладная 4021"
    assert arrived.mail["In-Reply-To"] == first["Message-ID"]
    assert "Вот <strong>копия</strong>." in arrived.text("html")
    assert arrived.text("plain").startswith("Вот копия.\n")
    assert "> Пришлите копию." in arrived.text("plain")
    ours = thread(operator).get_by_role("article").filter(has_text="копия: Бухгалтерия")
    expect(ours.locator("strong", has_text="копия")).to_be_visible()
    finish(operator)


PASTE = """([kind, size]) => new Promise((done) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const paint = canvas.getContext("2d");
  paint.fillStyle = "#1c64d8";
  paint.fillRect(0, 0, size, size);
  canvas.toBlob((blob) => {
    const data = new DataTransfer();
    data.items.add(new File([blob], `${kind}.png`, { type: "image/png" }));
    const given = { bubbles: true, cancelable: true };
    const event = kind === "paste"
      ? new ClipboardEvent("paste", { ...given, clipboardData: data })
      : new DragEvent("drop", { ...given, dataTransfer: data });
    document.querySelector(".ProseMirror").dispatchEvent(event);
    done();
  }, "image/png");
})"""


def test_pictures_that_are_pasted_and_dropped_stand_in_the_letter_and_arrive_within_it(
    company: Company, deliver: Deliver, outside: Outside, open_page: Open
) -> None:
    operator = open_page()
    company.sign_in(operator)
    deliver(mail("Схема проезда", "Где вход?", sender="Ян <jan@client.example>"))
    take(operator)
    write(operator, "Вход: ")
    field = operator.get_by_role("textbox", name="Текст письма")
    for count, kind in enumerate(("paste", "drop"), 1):
        operator.evaluate(PASTE, [kind, 900 if kind == "paste" else 40])
        expect(field.get_by_role("img")).to_have_count(count)
    files = operator.get_by_role("list", name="Вложения").get_by_role("listitem")
    expect(files).to_have_count(2)
    expect(field.get_by_role("img", name="paste.png")).to_have_js_property("complete", True)
    drawn = "(image) => [image.naturalWidth, image.width <= image.parentElement.clientWidth]"
    assert field.get_by_role("img", name="paste.png").evaluate(drawn) == [900, True]
    expect(operator.get_by_text("Черновик сохранён")).to_be_visible()

    other = open_page()
    company.sign_in(other)
    other.goto(operator.url)
    again = other.get_by_role("textbox", name="Текст письма").get_by_role("img", name="paste.png")
    expect(again).to_have_js_property("naturalWidth", 900)  # from the service, not from here

    operator.get_by_role("button", name="Убрать drop.png").click()
    expect(field.get_by_role("img")).to_have_count(1)  # the text follows its files
    field.click()
    operator.keyboard.press("Control+Enter")
    arrived = outside.wait(lambda one: "Схема проезда" in str(one.mail["Subject"]))
    page = arrived.text("html")
    (related,) = [one for one in arrived.mail.walk() if one["Content-ID"]]
    assert f'src="cid:{related["Content-ID"].strip("<>")}"' in page
    assert related.get_content_type() == "image/png"
    assert "Вход: [paste.png]" in arrived.text("plain")
    ours = thread(operator).get_by_role("article").filter(has_text="Вход:")
    expect(ours.get_by_role("img", name="paste.png")).to_have_js_property("naturalWidth", 900)
    finish(operator)


def test_a_draft_keeps_recipients_subject_and_form_on_another_computer(
    company: Company, deliver: Deliver, open_page: Open
) -> None:
    operator = open_page()
    company.sign_in(operator)
    deliver(mail("Черновик", "Про черновик.", sender="Пётр <petr@client.example>"))
    take(operator)
    write(operator, "Почти ")
    operator.keyboard.press("Control+KeyI")
    operator.keyboard.type("готово")
    operator.get_by_role("button", name="Копия, скрытая").click()
    operator.get_by_role("textbox", name="Скрытая").fill("boss@shop.example, ")
    operator.get_by_role("textbox", name="Тема").fill("Новая тема")
    expect(operator.get_by_text("Черновик сохранён")).to_be_visible()

    other = open_page()
    company.sign_in(other)
    other.goto(operator.url)
    field = other.get_by_role("textbox", name="Текст письма")
    expect(field.locator("em")).to_have_text("готово")
    expect(other.get_by_role("textbox", name="Тема")).to_have_value("Новая тема")
    expect(other.get_by_role("button", name="Изменить boss@shop.example")).to_be_visible()
    finish(operator)


def test_a_letter_is_passed_on_with_its_files_to_whom_one_names(
    company: Company, deliver: Deliver, outside: Outside, open_page: Open
) -> None:
    operator = open_page()
    company.sign_in(operator)
    one = mail("Смета", "Посмотрите смету.", sender="Зоя <zoya@client.example>")
    one.add_attachment(b"a;b\n1;2\n", maintype="text", subtype="csv", filename="смета.csv")
    deliver(one)
    take(operator)
    letter = thread(operator).get_by_role("article").filter(has_text="Посмотрите смету.")
    expect(letter.locator("a[download='смета.csv']")).to_be_visible()
    letter.get_by_role("button", name="Действия с письмом").click()
    operator.get_by_role("menuitem", name="Переслать").click()
    expect(operator.get_by_text("Пересылка письма")).to_be_visible()
    expect(operator.get_by_role("textbox", name="Тема")).to_have_value("Fwd: Смета")
    # The cursor is where something is missing.
    expect(operator.get_by_role("textbox", name="Кому")).to_be_focused()
    expect(operator.get_by_role("button", name="Отправить", exact=True)).to_be_disabled()
    operator.keyboard.type("stock@shop.example,")
    expect(operator.get_by_role("list", name="Вложения").get_by_text("смета.csv")).to_be_visible()
    operator.keyboard.press("Control+Enter")

    arrived = outside.wait(lambda found: "Fwd: Смета" in str(found.mail["Subject"]))
    assert arrived.recipients == ("stock@shop.example",)
    assert arrived.mail["In-Reply-To"] is None
    assert "Посмотрите смету." in arrived.text("plain")
    (file,) = arrived.mail.iter_attachments()
    assert (file.get_filename(), file.get_payload(decode=True)) == ("смета.csv", b"a;b\n1;2\n")
    ours = thread(operator).get_by_role("article").filter(has_text="stock@shop.example")
    history = ours.get_by_text("Посмотрите смету.")
    expect(history).to_be_hidden()
    ours.locator("summary").click()
    expect(history).to_be_visible()
    finish(operator)


def test_a_hostile_letter_runs_nothing_and_asks_nobody_until_pictures_are_wanted(
    company: Company, deliver: Deliver, open_page: Open
) -> None:
    operator = open_page()
    asked: list[str] = []
    operator.on("request", lambda one: asked.append(one.url))
    operator.context.route(lambda url: not url.startswith(company.url), lambda route: route.abort())
    company.sign_in(operator)
    deliver(mail("Срочно", "Добрый день", html=HOSTILE, proof="dmarc=fail",
                 sender="Банк <bank@evil.example>"))  # fmt: skip
    take(operator)
    letter = thread(operator).get_by_role("article").filter(has_text="bank@evil.example")
    expect(letter.get_by_text("Подделка?")).to_be_visible()
    letter.get_by_role("button", name="Всё письмо").click()
    frame = letter.frame_locator("iframe")
    expect(frame.get_by_text("Добрый")).to_be_visible()
    operator.wait_for_timeout(1500)
    assert [url for url in asked if not url.startswith((company.url, "data:"))] == []
    assert "taken" not in operator.title()
    assert "allow-scripts" not in str(letter.locator("iframe").get_attribute("sandbox"))

    with operator.expect_request(lambda one: one.url == "https://pictures.example/1.png"):
        letter.get_by_role("button", name="Показать").click()
    assert not [url for url in asked if "evil.example" in url]
    assert "taken" not in operator.title()
    finish(operator)
