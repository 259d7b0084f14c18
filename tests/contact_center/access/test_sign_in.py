"""S3 and S4 of the security list: sessions and the limits of signing in."""

import asyncio
import time
from datetime import timedelta

import pytest

from contact_center.access import limits
from contact_center.access.passwords import Passwords
from contact_center.access.service import revoked_topic
from contact_center.access.tokens import digest
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.errors import HouseError
from tests.support.office import PASSWORD, Answer, Office


async def sign_in(office: Office, email: str, password: str, **more) -> Answer:
    body = {"email": email, "password": password}
    return await office.ask("POST", "/auth/sign-in", json=body, **more)


def cookie_of(answer: Answer) -> str:
    return str(answer.headers["Set-Cookie"]).partition(";")[0]


async def me(office: Office, cookie: str) -> int:
    return (await office.ask("GET", "/me", headers={"Cookie": cookie})).status


def moved_clock(office: Office) -> ManualClock:
    clock = ManualClock(office.workspace.clock.now())
    office.workspace.access.clock = clock
    return clock


async def test_the_right_password_opens_a_session_by_an_http_only_cookie(office: Office):
    await office.hire("anna", password=PASSWORD)
    answer = await sign_in(office, " ANNA@shop.example ", PASSWORD)
    assert answer.status == 200
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("cc_session=")
    for part in ("HttpOnly", "SameSite=Lax", "Path=/"):
        assert part in cookie
    shown = await office.ask("GET", "/me", headers={"Cookie": cookie_of(answer)})
    assert shown.body["employee"]["name"] == "anna"
    assert shown.body["csrf"] == answer.body["csrf"]


async def test_the_database_holds_no_cookie_that_could_be_replayed(office: Office):
    await office.hire("anna", password=PASSWORD)
    secret = cookie_of(await sign_in(office, "anna@shop.example", PASSWORD)).partition("=")[2]
    assert len(secret) >= 43  # 256 bits
    rows = await office.db.fetch("SELECT * FROM login_sessions")
    assert digest(secret) in [bytes(row["id_hash"]) for row in rows]
    assert secret not in str([dict(row) for row in rows])


async def test_signing_in_again_gives_another_id_and_ends_the_one_the_browser_had(office: Office):
    await office.hire("anna", password=PASSWORD)
    first = cookie_of(await sign_in(office, "anna@shop.example", PASSWORD))
    again = await sign_in(office, "anna@shop.example", PASSWORD, headers={"Cookie": first})
    assert cookie_of(again) != first
    assert await me(office, first) == 401
    assert await me(office, cookie_of(again)) == 200


async def test_signing_out_ends_the_session_for_whoever_kept_the_cookie(office: Office):
    await office.hire("anna", password=PASSWORD)
    cookie = cookie_of(await sign_in(office, "anna@shop.example", PASSWORD))
    answer = await office.ask("POST", "/auth/sign-out", headers={"Cookie": cookie})
    assert answer.status == 204
    assert 'cc_session=""' in answer.headers["Set-Cookie"]
    assert await me(office, cookie) == 401


async def test_signing_out_everywhere_ends_all_sessions_and_tells_open_sockets(office: Office):
    anna = await office.hire("anna", password=PASSWORD)
    other = cookie_of(await sign_in(office, anna.email, PASSWORD))
    async with office.workspace.hints.subscribe(revoked_topic(anna.id)) as heard:
        answer = await office.ask("POST", "/auth/sign-out-everywhere", anna)
        topic, _ = await asyncio.wait_for(anext(heard), 5)
    assert answer.status == 204
    assert topic == revoked_topic(anna.id)
    assert await me(office, other) == 401
    assert await me(office, f"cc_session={anna.session.secret}") == 401


async def test_a_session_ends_after_twelve_idle_hours_but_not_while_it_is_used(office: Office):
    anna, clock = await office.hire("anna"), moved_clock(office)
    for _ in range(3):
        clock.advance(hours=11)
        assert (await office.ask("GET", "/me", anna)).status == 200
    clock.advance(hours=12, minutes=1)
    assert (await office.ask("GET", "/me", anna)).status == 401


async def test_a_session_ends_after_two_weeks_however_much_it_is_used(office: Office):
    anna, clock = await office.hire("anna"), moved_clock(office)
    for _ in range(33):
        clock.advance(hours=10)
        assert (await office.ask("GET", "/me", anna)).status == 200
    clock.advance(hours=10)
    assert (await office.ask("GET", "/me", anna)).status == 401


async def test_who_is_disabled_is_out_with_the_next_request(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    await office.ask("PATCH", f"/employees/{anna.id}", boss, json={"state": "disabled"})
    assert (await office.ask("GET", "/me", anna)).status == 401


async def test_another_role_ends_the_sessions_of_the_old_one(office: Office):
    boss, anna = await office.hire("boss", "administrator"), await office.hire("anna")
    await office.ask("PATCH", f"/employees/{anna.id}", boss, json={"role": "supervisor"})
    assert (await office.ask("GET", "/me", anna)).status == 401


async def test_unknown_disabled_and_wrong_all_get_the_same_answer(office: Office):
    await office.hire("anna", password=PASSWORD)
    await office.hire("gone", password=PASSWORD, state="disabled")
    await office.hire("new", state="invited")
    answers = [
        await sign_in(office, "anna@shop.example", "not the password"),
        await sign_in(office, "nobody@shop.example", PASSWORD),
        await sign_in(office, "gone@shop.example", PASSWORD),
        await sign_in(office, "new@shop.example", PASSWORD),
        await sign_in(office, "not even an address", PASSWORD),
    ]
    told = {(a.status, a.code, a.body["detail"]) for a in answers}
    assert told == {(401, "wrong_credentials", "the address or the password is wrong")}


async def test_an_unknown_user_costs_as_much_time_as_a_wrong_password(office: Office):
    access = office.workspace.access
    access.passwords = Passwords()  # the real cost, which must drown every other difference
    anna = await office.hire("anna")
    await office.db.execute(
        "UPDATE employees SET password_hash = $2 WHERE id = $1",
        anna.id, await access.passwords.hash(PASSWORD),
    )  # fmt: skip
    await sign_in(office, "warm@shop.example", "up the first hash")

    async def seconds(email: str) -> float:
        began = time.perf_counter()
        await sign_in(office, email, "not the password")
        return time.perf_counter() - began

    known, unknown = [], []
    for n in range(7):
        known.append(await seconds(anna.email))
        unknown.append(await seconds(f"nobody{n}@shop.example"))
    # Without the dummy hash the unknown one would take a tenth.
    assert min(unknown) > 0.5 * min(known)


async def test_an_account_is_closed_to_one_address_after_a_few_wrong_passwords(office: Office):
    await office.hire("anna", password=PASSWORD)
    await office.db.execute("DELETE FROM login_sessions")
    statuses = [
        (await sign_in(office, "anna@shop.example", f"wrong password {n}")).status
        for n in range(12)
    ]
    assert statuses == [401] * limits.PAIR.count + [429] * (12 - limits.PAIR.count)
    right = await sign_in(office, "anna@shop.example", PASSWORD)
    assert right.status == 429
    assert int(right.headers["Retry-After"]) > 600


async def test_many_accounts_from_one_address_are_stopped_too(office: Office):
    statuses = [
        (await sign_in(office, f"user{n}@shop.example", "wrong password 1")).status
        for n in range(limits.ADDRESS.count + 5)
    ]
    assert statuses[-5:] == [429] * 5
    assert set(statuses[:-5]) == {401}


async def test_a_stranger_cannot_lock_out_who_comes_from_a_known_address(office: Office):
    await office.hire("anna", password=PASSWORD)
    access = office.workspace.access

    async def attack(address: str) -> str:
        with pytest.raises(HouseError) as caught:
            await access.sign_in("anna@shop.example", "wrong password 1", address=address)
        return caught.value.code

    outcomes = [await attack(f"203.0.113.{n}") for n in range(limits.STRANGERS.count + 3)]
    assert outcomes[-1] == "too_many", "guessing from many addresses is limited per account"
    # The office's address has signed in before (hire opened a session from it).
    assert (await sign_in(office, "anna@shop.example", PASSWORD)).status == 200


async def test_a_right_password_forgives_the_wrong_ones_before_it(office: Office):
    await office.hire("anna", password=PASSWORD)
    for _ in range(3):
        for n in range(limits.PAIR.count - 1):
            assert (await sign_in(office, "anna@shop.example", f"wrong {n}")).status == 401
        assert (await sign_in(office, "anna@shop.example", PASSWORD)).status == 200


async def test_the_limit_is_over_when_its_window_is(office: Office):
    await office.hire("anna", password=PASSWORD)
    clock = moved_clock(office)
    for _ in range(limits.PAIR.count + 1):
        await sign_in(office, "anna@shop.example", "wrong password 1")
    clock.advance(limits.PAIR.seconds + 1)
    assert (await sign_in(office, "anna@shop.example", PASSWORD)).status == 200


async def test_guesses_at_the_same_moment_are_all_counted(office: Office):
    await office.hire("anna", password=PASSWORD)
    answers = await asyncio.gather(
        *(sign_in(office, "anna@shop.example", f"wrong password {n}") for n in range(30))
    )
    assert sum(a.status == 401 for a in answers) == limits.PAIR.count


async def test_a_hash_of_older_parameters_is_renewed_at_sign_in(office: Office):
    await office.hire("anna", password=PASSWORD)
    office.workspace.access.passwords = Passwords()
    await sign_in(office, "anna@shop.example", PASSWORD)
    stored = await office.db.fetchval("SELECT password_hash FROM employees")
    assert "m=32768,t=3" in stored
    assert (await sign_in(office, "anna@shop.example", PASSWORD)).status == 200


async def test_another_password_needs_the_old_one_and_ends_all_other_sessions(office: Office):
    anna = await office.hire("anna", password=PASSWORD)
    other = cookie_of(await sign_in(office, anna.email, PASSWORD))
    new = "seven quiet harbours"
    wrong = await office.ask("POST", "/me/password", anna, json={"old": "no", "new": new})
    assert (wrong.status, wrong.code) == (403, "wrong_credentials")
    weak = await office.ask(
        "POST", "/me/password", anna, json={"old": PASSWORD, "new": "password1234"}
    )
    assert (weak.status, weak.code, weak.body["reason"]) == (422, "weak_password", "common")
    done = await office.ask("POST", "/me/password", anna, json={"old": PASSWORD, "new": new})
    assert done.status == 200
    assert await me(office, other) == 401
    assert await me(office, f"cc_session={anna.session.secret}") == 401
    assert await me(office, cookie_of(done)) == 200
    assert (await sign_in(office, anna.email, PASSWORD)).status == 401
    assert (await sign_in(office, anna.email, new)).status == 200


async def test_what_nobody_will_ask_for_again_is_tidied_away(office: Office):
    anna, clock = await office.hire("anna"), moved_clock(office)
    await sign_in(office, anna.email, "wrong password 1")
    clock.set(clock.now() + timedelta(days=90))
    await office.workspace.access.tidy()
    for table in ("login_sessions", "attempts", "one_time_links", "idempotency_keys"):
        assert await office.db.fetchval(f"SELECT count(*) FROM {table}") == 0
