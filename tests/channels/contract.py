"""The contract of every webhook provider, through the house: subclass `ProviderContract`.

The suite of the toolkit says what the adapter makes of a request; here the request takes the public
way, and what is acknowledged is looked for in the rows.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from channels.contract import WebhookRequest
from channels.errors import Malformed
from channels.messages import Typing
from channels.toolkit.suite import SHARED, Fate, WebhookContract
from tests.channels.recordings import compare, recorded

if TYPE_CHECKING:
    from tests.channels.house import Account, House, Kept

in_house = pytest.mark.asyncio(loop_scope="session")
HTTP_ERROR = 400
SOURCES = ("https://", "first-party: ", "unverified: ")
OLDEST = "2026-01-01"  # recordings are compared with the documentation of this time or later


class ProviderContract(WebhookContract):
    """All of it. `recordings` is the folder of the provider's captured requests."""

    recordings: Path
    at_the_door = 40  # strange requests that are sent over HTTP

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """One test per recording and per mutation, named by its sentence."""
        super().pytest_generate_tests(metafunc)
        if "sentence" in metafunc.fixturenames:
            metafunc.parametrize("sentence", recorded(self.recordings))

    # --- recordings ------------------------------------------------------------------------------

    def test_a_recording_becomes_what_is_expected(self, sentence: str) -> None:
        compare(self.recordings, self.provider.name, sentence, verify=True)

    def test_a_recording_says_where_its_payload_is_from_and_since_when(self, sentence: str) -> None:
        told = json.loads((self.recordings / f"{sentence}.request.json").read_text("utf-8"))
        assert told["source"].startswith(SOURCES)
        assert OLDEST <= told["date"] <= "2999"

    # --- through the house -----------------------------------------------------------------------

    @in_house
    async def test_a_replay_gets_the_same_answer_and_no_second_message(self, house: House) -> None:
        account = await house.account(self)
        signed = self._signed(account)
        first = await account.post(signed)
        again = await asyncio.gather(*(account.post(signed) for _ in range(8)))
        kept = await account.kept()
        assert first[0] < HTTP_ERROR
        assert set(again) == {first}
        assert (len(kept.messages), len(kept.quarantine)) == (1, 0)

    @in_house
    async def test_what_proves_nothing_leaves_nothing(self, house: House) -> None:
        account = await house.account(self)
        for what, forgery in self._forgeries(account).items():
            status, _ = await account.post(forgery)
            assert status in (401, 403), what
        kept = await account.kept()
        assert (kept.keys, kept.messages, kept.quarantine) == (frozenset(), [], [])

    @in_house
    async def test_the_house_does_with_a_mutation_what_its_fate_says(
        self, house: House, mutation: str
    ) -> None:
        account = await house.account(self)
        signed = self._signed(account, self.mutations()[mutation].request)
        status, _ = await account.post(signed)
        self._agrees(signed, status, await account.kept())

    @in_house
    async def test_an_unknown_kind_is_stored_named_on_the_screen_and_counted(
        self, house: House
    ) -> None:
        request = self.with_unknown_kind()
        if request is None:
            return
        account = await house.account(self)
        before = await _counted(house)
        status, _ = await account.post(self._signed(account, request))
        assert status < HTTP_ERROR
        (message,) = (await account.kept()).messages
        (entry,) = (await account.kept()).quarantine
        (seen,) = [
            one for one in await account.seen(message["contact_id"]) if one["kind"] != "system"
        ]
        assert seen["data"]["unsupported"] == entry["error"]
        assert (entry["kind"], entry["state"]) == ("unsupported", "waiting")
        assert await _counted(house) == before + 1

    @in_house
    async def test_whatever_comes_to_the_door_is_answered_and_accounted_for(
        self, house: House
    ) -> None:
        account = await house.account(self)
        loop = asyncio.get_running_loop()

        @settings(
            suppress_health_check=SHARED, max_examples=self.at_the_door, deadline=None,
            database=None, phases=[Phase.generate],  # over HTTP nothing is tried a hundred times
        )  # fmt: skip
        @given(strange=_strange(self.request()), proven=st.booleans())
        def send(strange: WebhookRequest, proven: bool) -> None:
            placed = account.placed(strange)
            request = self.sign(placed, 0) if proven else placed
            asyncio.run_coroutine_threadsafe(self._accounted(account, request), loop).result(60)

        await asyncio.to_thread(send)

    # --- helpers ---------------------------------------------------------------------------------

    def _signed(self, account: Account, request: WebhookRequest | None = None) -> WebhookRequest:
        return self.sign(account.placed(request or self.request()), 0)

    def _forgeries(self, account: Account) -> dict[str, WebhookRequest]:
        plain, there = self.request, account.placed(self.request())
        self.request = lambda: there  # type: ignore[method-assign]
        try:
            found = dict(self.forgeries())
        finally:
            self.request = plain  # type: ignore[method-assign]
        found.pop("a stale proof", None)  # the house's clock stands still
        return found

    async def _accounted(self, account: Account, request: WebhookRequest) -> None:
        before = await account.kept()
        status, _ = await account.post(request)
        self._agrees(request, status, await account.kept(), before)

    def _agrees(
        self, request: WebhookRequest, status: int, kept: Kept, before: Kept | None = None
    ) -> None:
        """Assert that what the house says and holds is what the adapter makes of the request."""
        known = before.keys if before else frozenset()
        new, kinds = kept.keys - known, [one["kind"] for one in kept.quarantine]
        kinds = kinds[len(before.quarantine) if before else 0 :]
        fate, received = self.fate(request)
        told = [one for one in received.events if not isinstance(one, Typing)] if received else []
        assert new == {one.external_id for one in told} - known
        if fate is Fate.REFUSED:
            assert (status, kinds) in ((401, []), (403, []))
        elif fate is Fate.MALFORMED:
            assert (status, kinds) == (self._expected(request), ["malformed"])
        else:
            assert status < HTTP_ERROR
            assert kinds == (["unsupported"] if fate is Fate.UNSUPPORTED and new else [])

    def _expected(self, request: WebhookRequest) -> int:
        """The status by which the provider of an unreadable request stops repeating it."""
        try:
            self.channel().receive(request)
        except Malformed as error:
            return error.status
        raise AssertionError("it can be read")


async def _counted(house: House) -> float:
    numbers: dict[str, float] = house.office.workspace.intake.numbers()
    return numbers["intake_unsupported"]


def _strange(good: WebhookRequest) -> st.SearchStrategy[WebhookRequest]:
    """Requests that HTTP can carry: any method, type, query and body, or parts of a good one."""
    names = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=12).map("x-".__add__)
    visible = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
    media = st.sampled_from([
        good.headers.get("content-type", ""), "application/json", "text/plain; charset=x",
        "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "image/png",
    ])  # fmt: skip
    cut = st.integers(0, len(good.body)).map(lambda at: good.body[:at])
    body = st.binary(max_size=200) | cut | cut.map(lambda part: part + b"\0" + good.body)
    return st.builds(
        lambda method, kind, more, query, data: replace(
            good, method=method, body=data, headers={**good.headers, **more, "content-type": kind},
            url=f"https://x.example/?{query}" if query else good.url,
        ),
        st.sampled_from(["POST", "POST", "POST", "GET"]), media,
        st.dictionaries(names, visible, max_size=3),
        st.text("abc=&%20+;", max_size=12), body,
    )  # fmt: skip
