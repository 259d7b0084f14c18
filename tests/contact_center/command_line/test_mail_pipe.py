"""The pipe of a mail server: what is stored, what waits, what goes back to its sender."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from channels.contract import WebhookRequest
from channels.mail import hooks
from channels.mail.settings import MailSettings
from contact_center import mail_pipe
from contact_center.app import Workspace, running
from contact_center.kernel.ids import new_id
from contact_center.settings import Settings
from tests.support.house import free_port

ROOT = Path(__file__).parents[3]
SECRET = "whsec_c2l4dGVlbiBieXRlcyBvZiBrZXk="
MAIL = (
    b"From: Olga <olga@client.example>\r\nTo: help@shop.example\r\nSubject: Where is it?\r\n"
    b"Date: Mon, 05 Jan 2026 09:00:00 +0000\r\nMessage-ID: <1@client.example>\r\n\r\nHello\r\n"
)
MOST = 200_000  # bytes the house of these tests takes


@dataclass
class Piped:
    code: int
    said: str


async def pipe(raw: bytes, *options: str, secret: str | None = SECRET) -> Piped:
    """Run the command as a mail server does."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("CC_")}
    given = {mail_pipe.SECRET_VARIABLE: secret} if secret is not None else {}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "contact_center", "mail-pipe", *options, cwd=ROOT,
        env={**mine, **given}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    out, said = await process.communicate(raw)
    assert out == b""
    text = said.decode()
    assert text.count("\n") == (1 if process.returncode else 0), text
    assert process.returncode is not None
    return Piped(process.returncode, text)


@dataclass
class House:
    workspace: Workspace
    url: str

    async def stored(self) -> list[dict[str, Any]]:
        rows = await self.workspace.database.fetch(
            "SELECT c.subject, m.text FROM messages m JOIN contacts c ON c.id = m.contact_id"
        )
        return [dict(row) for row in rows]


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A service with one mailbox that is posted to."""
    port = free_port()
    settings = Settings(
        database_url=SecretStr(database_url), listen_port=port, data_dir=tmp_path / "data",
        intake={"max_body_bytes": MOST},
    )  # fmt: skip
    brand, department, queue = new_id(), new_id(), new_id()
    connection = await asyncpg.connect(database_url)
    await connection.execute("INSERT INTO brands (id, name) VALUES ($1, 'b')", brand)
    await connection.execute("INSERT INTO departments (id, name) VALUES ($1, 'd')", department)
    await connection.execute(
        "INSERT INTO queues (id, name, department_id) VALUES ($1, 'q', $2)", queue, department
    )
    await connection.close()
    async with running(settings) as workspace:
        await workspace.accounts.create(
            "system", provider="mail", title="Help", brand_id=brand, queue_id=queue,
            public_key="help", settings={"address": "help@shop.example", "receives": "hook",
                                         "hook_secret": SECRET},
        )  # fmt: skip
        yield House(workspace, f"http://127.0.0.1:{port}/hooks/help")


async def test_a_mail_is_stored_once_however_often_it_is_piped(house: House) -> None:
    for _ in range(2):
        assert await pipe(MAIL, "--url", house.url, "--recipient=help@shop.example") == Piped(0, "")
    assert await house.stored() == [{"subject": "Where is it?", "text": "Hello"}]


async def test_a_secret_of_another_account_makes_the_mail_wait(house: House) -> None:
    piped = await pipe(MAIL, "--url", house.url, secret="another")
    assert piped.code == 75
    assert piped.said.startswith("4.3.0 contact-center mail-pipe: 401 the signature was refused")
    assert await house.stored() == []


async def test_a_mail_that_is_too_large_goes_back(house: House) -> None:
    piped = await pipe(MAIL + b"x" * 42_000_000, "--url", house.url)
    assert (piped.code, piped.said[:5]) == (69, "5.3.4")


async def test_an_address_of_nobody_makes_the_mail_wait(house: House) -> None:
    piped = await pipe(MAIL, "--url", house.url + "-wrong")
    assert piped.code == 75
    assert "404" in piped.said


async def test_what_is_no_mail_is_kept_in_the_quarantine(house: House) -> None:
    assert (await pipe(bytes(range(256)) * 20, "--url", house.url)).code == 0
    assert await house.workspace.database.fetchval("SELECT count(*) FROM quarantine") == 1


@pytest.mark.parametrize("mail", [b"", b"\r\n \r\n"])
async def test_an_empty_mail_is_no_mail(mail: bytes) -> None:
    piped = await pipe(mail, "--url", "http://127.0.0.1:1/")
    assert (piped.code, piped.said) == (65, "5.6.0 contact-center mail-pipe: the mail is empty\n")


async def test_nobody_there_makes_the_mail_wait() -> None:
    piped = await pipe(MAIL, "--url", f"http://127.0.0.1:{free_port()}/hooks/help")
    assert (piped.code, piped.said[:5]) == (75, "4.4.1")


@asynccontextmanager
async def answering(answer: bytes | None, seen: list[bytes]) -> AsyncIterator[str]:
    """A server that says this to any request; None: it falls silent."""

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.readuntil(b"\r\n\r\n"))
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(meet, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks/k"


@pytest.mark.parametrize(
    ("status", "code"),
    [(200, 0), (202, 0), (503, 75), (429, 75), (500, 75), (502, 75), (403, 75), (302, 75),
     (405, 75), (413, 69), (400, 65)],
)  # fmt: skip
async def test_each_answer_has_its_exit_code(status: int, code: int) -> None:
    seen: list[bytes] = []
    answer = f"HTTP/1.1 {status} X\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno".encode()
    async with answering(answer, seen) as url:
        piped = await pipe(MAIL, "--url", url, "--recipient", "помощь@shop.example")
    assert piped.code == code
    assert "X-Envelope-To: помощь@shop.example".encode() in seen[0]


async def test_silence_and_nonsense_make_the_mail_wait() -> None:
    began = time.monotonic()
    async with answering(None, []) as url:
        silent = await pipe(MAIL, "--url", url, "--timeout", "1")
    assert (silent.code, silent.said[:5]) == (75, "4.4.2")
    assert time.monotonic() - began < 30  # it would wait a minute
    async with answering(b"220 mail.example ESMTP\r\n", []) as url:
        assert (await pipe(MAIL, "--url", url)).code == 75


@pytest.mark.parametrize(
    "options",
    [(), ("--url",), ("--url", "ftp://x/"), ("--url", "http://x/", "--colour", "red"),
     ("--url", "http://x/", "--timeout", "soon"), ("--url", "http://x/", "--timeout", "0")],
)  # fmt: skip
async def test_a_typing_mistake_makes_the_mail_wait(options: tuple[str, ...]) -> None:
    assert (await pipe(MAIL, *options)).code == 75


async def test_a_recipient_cannot_write_a_header(tmp_path: Path) -> None:
    seen: list[bytes] = []
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", seen) as url:
        piped = await pipe(MAIL, "--url", url, "--recipient=a@b\r\nX-Evil: 1")
    assert piped.code == 0
    assert b"X-Envelope-To: a@b??X-Evil: 1\r\n" in seen[0]


async def test_a_secret_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    file.chmod(0o640)
    nowhere, named = ("--url", "http://127.0.0.1:1/"), ("--secret-file", str(file))
    piped = await pipe(MAIL, *nowhere, *named, secret=None)
    assert piped.code == 75
    assert "0640" in piped.said
    file.chmod(0o600)
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", []) as url:
        assert (await pipe(MAIL, "--url", url, *named, secret=None)).code == 0
    assert (await pipe(MAIL, *nowhere, secret=None)).code == 75


@pytest.mark.parametrize("secret", [SECRET, "plain text", "whsec_not base64"])
def test_the_signature_is_the_one_the_channel_verifies(secret: str) -> None:
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    made = mail_pipe.headers(MAIL, secret, "help@shop.example", now.timestamp())
    lower = {name.lower(): value for name, value in made.items()}
    settings = MailSettings(address="help@shop.example", receives="hook", hook_secret=secret)
    hooks.verify(WebhookRequest("POST", "", lower, {}, MAIL, now), settings)


def test_it_loads_the_standard_library_alone() -> None:
    script = (
        "import sys; sys.argv = ['contact-center', 'mail-pipe', '--help']\n"
        "try: import contact_center.__main__\nexcept SystemExit: pass\n"
        "foreign = [n for n in sys.modules if n.startswith(('cyclopts', 'channels', 'rich'))]\n"
        "print(foreign, [n for n in sys.modules if n.startswith('contact_center.')], "
        "file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "[] ['contact_center.mail_pipe']"
    assert "--secret-file" in done.stdout
