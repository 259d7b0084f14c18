"""What goes over the wire to a process aside comes out as it went in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from channels.contract import Received, Reply, WebhookRequest
from channels.errors import Malformed, Temporary
from channels.messages import Address, Attachment, Body, MessageReceived, Proof
from contact_center.intake.parcels import dumps, loads

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SENDER = Address("email", "anna@client.example", "Анна", Proof.SIGNED)
FILE = Attachment("image", "2", "фото.png", "image/png", 3, {"inline": True})
MESSAGE = MessageReceived(
    external_id="m:1", at=NOW, conversation_key="k", sender=SENDER, text="Где?",
    attachments=(FILE, FILE), body=Body("Где?\n> там", "<p>Где?</p>"), data={"mail": {"to": []}},
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lone:
    only: str


@dataclass(slots=True, kw_only=True)
class Loose:
    first: int
    made: list[int] = field(default_factory=list, compare=False)
    more: Any = None


@dataclass
class Open:
    first: int


@pytest.mark.parametrize(
    "value",
    [
        Received((MESSAGE,), Reply(200, {"a": "b"}, b"ok"), {"2": b"\0\xff"}),
        WebhookRequest("POST", "/", {"a": "b"}, {}, b"body", NOW),
        (Lone("x"), Loose(first=1, made=[2], more=Proof.CLAIMED), Open(1), Lone, Proof, len),
        Lone("\udcff"),
    ],
)
def test_a_value_comes_out_as_it_went_in(value: Any) -> None:
    assert loads(dumps(value)) == value


def test_an_error_comes_with_its_words_and_one_value_twice_is_one_value() -> None:
    bad, later, (one, other) = loads(
        dumps([Malformed("no", status=415), Temporary("busy", retry_after=3), (FILE, FILE)])
    )
    assert (str(bad), bad.status, later.retry_after) == ("no", 415, 3)
    assert one is other
    assert loads(dumps(Loose(first=1, made=[2]))).made == [2]
