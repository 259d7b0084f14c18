"""What goes into the process that reads, which is started again and again."""

import pickle
import subprocess
import sys
from datetime import UTC, datetime
from typing import cast

from channels.contract import Deps, WebhookRequest
from channels.mail.reading import MailReader
from channels.registry import provider
from contact_center.intake.reading import read
from tests.channels.mail import samples

HEAVY = {"pydantic", "aiohttp", "asyncio", "ssl", "aioimaplib", "aiosmtplib", "subprocess"}
ASIDE = """
import sys, pickle
import contact_center.intake.aside_process, contact_center.intake.reading
call, args = pickle.loads(sys.stdin.buffer.read())
sys.stdout.buffer.write(pickle.dumps((call(*args), set(sys.modules))))
"""


def test_reading_a_letter_loads_no_server_and_finds_what_the_channel_finds() -> None:
    channel = provider("mail").build(samples.settings(), Deps(samples.ACCOUNT))
    reader = cast("MailReader", channel.reader())  # type: ignore[attr-defined]
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    request = WebhookRequest("POST", "", {}, {}, samples.mail(), at)
    told = subprocess.run(
        [sys.executable, "-c", ASIDE], input=pickle.dumps((read, (reader, request, "parse"))),
        stdout=subprocess.PIPE, check=True, timeout=60,
    ).stdout  # fmt: skip
    found, loaded = pickle.loads(told)
    assert found == channel.parse(request)  # type: ignore[attr-defined]
    assert not HEAVY & loaded
