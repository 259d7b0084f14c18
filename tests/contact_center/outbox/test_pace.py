"""How fast an account may send: what is declared, what refusals teach, when it rests."""

from __future__ import annotations

from channels.contract import RateLimit
from channels.errors import (
    ChannelError,
    Misconfigured,
    Temporary,
    Throttled,
    Uncertain,
)
from channels.messages import Outbound, Receipt
from contact_center.kernel.clock import ManualClock
from contact_center.outbox import pace as paces
from contact_center.outbox.model import NotBegun
from contact_center.outbox.pace import Pace
from contact_center.outbox.rates import Rates
from tests.contact_center.outbox.conftest import World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel
from tests.support.waiting import eventually

DOWN = Temporary("connection refused")


def failing(clock: ManualClock, error: ChannelError = DOWN, times: int = paces.TOLERATED) -> Pace:
    pace = Pace(clock, 16)
    for number in range(times):
        pace.note(f"k{number}", error)
    return pace


# --- declared ------------------------------------------------------------------------------------


def test_a_limit_lets_its_count_pass_after_a_rest_and_says_when_there_is_room_again() -> None:
    clock = ManualClock()
    rates = Rates((RateLimit(3, 6.0),), clock)
    clock.advance(60)
    assert [rates.take("a") for _ in range(4)] == [0.0, 0.0, 0.0, 2.0]
    clock.advance(2)
    assert rates.take("b") == 0.0
    assert rates.take("b") == 2.0


def test_whoever_begins_sends_no_salvo_for_another_may_have_sent_one() -> None:
    rates = Rates((RateLimit(30, 30.0),), ManualClock())
    assert [rates.take(key) for key in "ab"] == [0.0, 1.0]


def test_a_recipient_who_has_to_wait_takes_no_room_of_the_others() -> None:
    clock = ManualClock()
    rates = Rates((RateLimit(2, 2.0), RateLimit(1, 5.0, "recipient")), clock)
    clock.advance(60)
    assert rates.take("anna") == 0.0
    assert [rates.take("anna") for _ in range(5)] == [5.0] * 5
    assert rates.take("boris") == 0.0


# --- learnt --------------------------------------------------------------------------------------


def test_one_recipient_who_gets_too_much_slows_down_nobody_else() -> None:
    pace = Pace(ManualClock(), 16)
    for _ in range(10):
        pace.note("group", Throttled("429", retry_after=40))
    assert (pace.rest, pace.room(0)) == (0.0, 16)


def test_several_recipients_refused_in_a_row_are_the_account() -> None:
    clock = ManualClock()
    pace = Pace(clock, 16)
    for key in "abc":
        pace.note(key, Throttled("429", retry_after=40))
    assert (pace.rest, pace.room(0)) == (40.0, 0)
    assert pace.health(Throttled("429")) == ("yellow", "429")
    clock.advance(40)
    assert pace.room(0) == 8, "and fewer at once from now on"


def test_somebody_who_is_served_between_shows_that_it_is_not_the_account() -> None:
    pace = Pace(ManualClock(), 16)
    for key in "abcd":
        pace.note(key, Throttled("429", retry_after=40))
        pace.note("served", None)
    assert pace.rest == 0


def test_what_is_said_of_the_account_holds_at_once() -> None:
    clock = ManualClock()
    pace = Pace(clock, 16)
    for key in "ab":  # both were under way: one lesson
        pace.note(key, Throttled("20429", retry_after=7, per="account"))
    assert pace.rest == 7
    clock.advance(7)
    assert pace.room(0) == 8


def test_the_width_grows_back_with_success() -> None:
    clock = ManualClock()
    pace = Pace(clock, 16)
    for _ in range(6):
        pace.note("a", Throttled("429", retry_after=1, per="account"))
        clock.advance(1)
    assert pace.room(0) == 1
    for _ in range(200):
        pace.note("a", None)
    assert pace.room(0) == 16


# --- circuit -------------------------------------------------------------------------------------


def test_failures_in_a_row_open_the_circuit_and_one_message_tries() -> None:
    clock = ManualClock()
    pace = failing(clock)
    assert pace.room(0) == 0
    assert 0 < pace.rest <= paces.FIRST_REST
    clock.advance(paces.FIRST_REST)
    assert (pace.room(0), pace.room(1)) == (1, 0), "half open"
    pace.note("a", None)
    assert pace.room(0) == 16


def test_no_answer_is_a_failure_for_what_is_sent_to_silence_is_uncertain() -> None:
    for error in (Uncertain("no answer"), TimeoutError()):
        pace = Pace(ManualClock(), 16)
        for _ in range(paces.TOLERATED):
            pace.note("a", error)
        assert pace.rest > 0


def test_what_says_nothing_of_the_provider_changes_nothing() -> None:
    pace = failing(ManualClock())
    pace.note("a", NotBegun("our own fault"))
    pace.note("a", ZeroDivisionError())
    assert pace.probing


def test_an_account_turns_red_when_nothing_but_failures_lasts() -> None:
    clock = ManualClock()
    pace = failing(clock)
    assert pace.health(DOWN) == ("yellow", "connection refused")
    clock.advance(paces.RED_AFTER)
    pace.note("a", DOWN)
    assert pace.health(DOWN) == ("red", "connection refused")
    pace.note("a", None)
    assert pace.health(None) == ("green", None)


# --- what the next one knows ---------------------------------------------------------------------


def test_the_next_holder_goes_on_resting_and_tries_with_one() -> None:
    clock = ManualClock()
    pace = failing(clock, times=8)
    kept = pace.kept()
    assert kept is not None
    heir = Pace(clock, 16, kept)
    assert heir.rest == pace.rest > paces.FIRST_REST
    clock.advance(paces.LONGEST_REST)
    assert heir.room(0) == 1


def test_what_a_person_cures_is_tried_by_one_at_once() -> None:
    clock = ManualClock()
    kept = failing(clock, Misconfigured("revoked"), 5).kept()
    assert kept is not None
    heir = Pace(clock, 16, kept)
    assert (heir.rest, heir.room(0)) == (0.0, 1)


def test_there_is_nothing_to_know_of_a_healthy_account() -> None:
    assert Pace(ManualClock(), 16).kept() is None


async def test_a_restart_storms_nobody(world: World) -> None:
    """Whoever sends after the one who was refused says nothing, for as long as he was told."""

    async def too_many(_channel: FakeChannel, _message: Outbound) -> Receipt:
        raise Throttled("429", retry_after=30, per="account")

    account, channel = await world.account(FakeChannel(choose=lambda _m: too_many))
    other, _ = await world.account()
    await world.write(account, "hello")
    first = world.sender()

    async def kept() -> object:
        return await world.database.fetchval("SELECT width FROM account_paces")

    assert await eventually(kept) == 8
    await world.stop(first)
    asked = len(channel.asked)
    channel.choose = lambda _m: fake.accept
    for number in range(5):
        await world.write(account, "hello", f"k{number}")
    world.sender(node="n2")
    await eventually(lambda: world.database.fetchval(
        "SELECT count(*) > 0 FROM leases WHERE name LIKE 'outbox:%' AND holder LIKE 'n2%'"
    ))  # fmt: skip
    await world.until(await world.write(other, "another account"), "sent")
    assert len(channel.asked) == asked
