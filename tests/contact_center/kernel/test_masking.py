import io
import json
import logging
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from contact_center.kernel import log
from contact_center.kernel.masking import mask_text, mask_value

# Whatever way one of these gets into a log line, it must not come out.
CANARIES = {
    "phone with plus": "+375 29 123-45-67",
    "phone in brackets": "8 (912) 345-67-89",
    "phone in one piece": "79123456789",
    "phone with dots": "+7.912.345.67.89",
    "mail": "olga.petrova@shop.example.by",
    "telegram token in a path": "/bot123456789:AAE9xxCanaryCanaryCanaryCanary12345/getMe",
    "telegram token alone": "123456789:AAE9xxCanaryCanaryCanaryCanary12345",
    "bearer": "Bearer eyJhbGciOiJIUzI1NiJ9.canary.sig",
    "authorization header": "Authorization: Digest username=canary, response=6629",
    "cookie header": "Cookie: cc_session=canary123; other=canary456",
    "password in an address": "postgresql://house:canary-pw@db:5432/x",
    "token in a query": "https://api.example/x?access_token=canary123&y=1",
    "password assignment": "password = 'canary-pw'",
}
SAFE = {
    "uuid": "019b2f3a-7c1d-7000-8123-456789012345",
    "time": "2026-11-23T00:12:03.123456+00:00",
    "day and time": "2026-11-23 00:12:03",
    "address": "127.0.0.1:8080",
    "seconds": "took 0.123456789012 s",
    "order number": "order 12345678",
    "release": "PostgreSQL 18.6",
}


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    log.configure("debug", "json", stream, node="n1")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def kernel_of(canary: str) -> str:
    """The part of a canary that gives the person or the secret away."""
    for word in ("canary", "Canary", "petrova", "345"):
        if word in canary:
            return word
    return canary


@pytest.mark.parametrize("said", CANARIES.values(), ids=CANARIES.keys())
@pytest.mark.parametrize("way", ["event", "value", "nested", "traceback", "library", "repr"])
def test_nothing_personal_or_secret_comes_out(lines: io.StringIO, said: str, way: str) -> None:
    logger = log.get_logger("test")
    if way == "event":
        logger.info(said)
    elif way == "value":
        logger.info("got", text=f"it was {said}")
    elif way == "nested":
        logger.info("got", data={"a": [{"b": said}]}, both=(said,))
    elif way == "traceback":
        try:
            raise ValueError(said)
        except ValueError:
            logger.exception("failed")
    elif way == "library":
        logging.getLogger("some.library").warning("got %s", said)
    else:
        logger.info("got", error=ValueError(said))
    line = json.loads(lines.getvalue())
    assert line["level"]
    del line["timestamp"]  # its digits are nobody's phone
    assert kernel_of(said) not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize("text", SAFE.values(), ids=SAFE.keys())
def test_what_is_harmless_stays_readable(text: str) -> None:
    assert mask_text(text) == text


@pytest.mark.parametrize(
    "key", ["token", "api_token", "client_secret", "Password", "Authorization", "cookie", "apiKey"]
)
def test_what_stands_under_a_secret_key_is_never_shown(key: str) -> None:
    assert mask_value({key: "x"}) == {key: "[secret]"}
    assert mask_value({key: ["x", 1]}) == {key: "[secret]"}


def test_a_fencing_token_and_other_counters_are_shown() -> None:
    assert mask_value({"fencing_token": 7, "seq": 79123456789}) == {
        "fencing_token": 7,
        "seq": 79123456789,
    }
    assert mask_value({"phone": 79123456789}) == {"phone": "[phone]"}


def test_bytes_are_counted_and_not_shown() -> None:
    assert mask_value(b"canary") == "<6 bytes>"


def test_a_line_is_json_with_time_level_logger_and_what_was_bound(lines: io.StringIO) -> None:
    log.get_logger("house").info("contact opened", contact=uuid.UUID(int=5), at=datetime.now(UTC))
    line = json.loads(lines.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("contact opened", "info", "house")
    assert line["node"] == "n1"
    assert line["contact"] == str(uuid.UUID(int=5))
    assert datetime.fromisoformat(line["timestamp"]).tzinfo is not None


def test_below_the_level_nothing_is_written(lines: io.StringIO) -> None:
    log.configure("warning", "json", lines)
    log.get_logger("a").info("quiet")
    logging.getLogger("b").info("quiet")
    assert lines.getvalue() == ""
