# ruff: noqa: S101, PLR2004 - these are tests, wherever they stand
"""Whatever comes is read, refused or malformed, and what is new leaves the rest readable."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from channels import contract
from channels.contract import Received, WebhookRequest
from channels.errors import Malformed, Refused
from channels.messages import MessageReceived
from channels.toolkit.suite.fates import Fate
from channels.toolkit.suite.subject import Subject, ids

# Each provider runs these tests as its own; their examples are no secrets between them.
SHARED = (HealthCheck.differing_executors,)
FEWEST = 10

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
)
FORMS = st.lists(st.tuples(st.text(max_size=12), st.text(max_size=20)), max_size=6)
HEADERS = st.dictionaries(
    st.sampled_from(["authorization", "origin", "content-type", "content-length", "x-signature"]),
    st.text(max_size=60),
)


class Strange(Subject):
    """Any bytes, any values, new fields and kinds, and the mutations with their fates."""

    def pytest_generate_tests(self, metafunc: Any) -> None:
        """One test per mutation, named by its sentence."""
        if "mutation" in metafunc.fixturenames:
            metafunc.parametrize("mutation", list(self.mutations()))

    @settings(suppress_health_check=SHARED, max_examples=100, deadline=None)
    @given(body=st.binary(max_size=400))
    @example(body=b"")
    @example(body=b"[" * 100_000)
    @example(body=b'{"a":' * 5_000 + b"1" + b"}" * 5_000)
    @example(body=b'{"a": 1e999, "b": "\xed\xa0\x80", "c": "\\u0000\\ud800"}')
    @example(body=b"&" * 5_000)
    def test_any_bytes_with_a_proof_are_received_refused_or_malformed(self, body: bytes) -> None:
        self.survives(self.sign(replace(self.request(), body=body), 0))

    @settings(suppress_health_check=SHARED, max_examples=100, deadline=None)
    @given(body=VALUES)
    @example(body=[])
    @example(body={"id": {}})
    def test_any_json_with_a_proof_is_received_refused_or_malformed(self, body: Any) -> None:
        data = json.dumps(body).encode("utf-8", "surrogatepass")  # lenient: NaN is tried, too
        self.survives(self.sign(replace(self.request(), body=data), 0))

    @settings(suppress_health_check=SHARED, max_examples=50, deadline=None)
    @given(fields=FORMS)
    def test_any_form_with_a_proof_is_received_refused_or_malformed(self, fields: Any) -> None:
        data = urlencode(fields, errors="surrogatepass").encode()
        self.survives(self.sign(replace(self.request(), body=data), 0))

    @settings(suppress_health_check=SHARED, max_examples=100, deadline=None)
    @given(
        method=st.sampled_from(["POST", "GET", "PUT", "post", ""]),
        headers=HEADERS,
        url=st.text(max_size=60),
        query=st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3),
    )
    @example(method="GET", headers={"content-length": "x", "content-type": ";"}, url="[", query={})
    def test_any_headers_are_received_refused_or_malformed(
        self, method: str, headers: dict[str, str], url: str, query: dict[str, str]
    ) -> None:
        request = self.request()
        strange = replace(request, method=method, headers=headers, url=url, query=query)
        self.survives(strange)
        self.survives(self.sign(replace(request, method=method, query=query), 0))

    def survives(self, request: WebhookRequest) -> None:
        """Assert that `receive` (and `parse`) end as the contract allows."""
        channel = self.channel()
        reads = [
            channel.receive,
            *([channel.parse] if isinstance(channel, contract.Parses) else []),
        ]
        for read in reads:
            try:
                received = read(request)
            except (Refused, Malformed):
                continue
            assert isinstance(received, Received)

    def test_an_unknown_field_changes_nothing(self) -> None:
        plain = self.channel().receive(self.sign(self.request(), 0))
        fate, received = self.fate(self.sign(self.with_unknown_field(), 0))
        assert fate is Fate.READ
        assert ids(received) == ids(plain)
        assert self.with_unknown_field().body != self.request().body

    def test_an_unknown_kind_is_a_message_that_names_it(self) -> None:
        request = self.with_unknown_kind()
        if request is None:
            return
        fate, received = self.fate(self.sign(request, 0))
        assert fate is Fate.UNSUPPORTED
        assert received is not None
        (event,) = received.events
        assert isinstance(event, MessageReceived)
        assert received.reply.status < 300

    def test_ten_mutations_are_told_with_their_fates(self) -> None:
        fates = [mutation.fate for mutation in self.mutations().values()]
        assert len(fates) >= FEWEST
        assert {Fate.READ, Fate.MALFORMED} <= set(fates)

    def test_a_mutation_has_its_fate(self, mutation: str) -> None:
        strange = self.mutations()[mutation]
        fate, received = self.fate(self.sign(strange.request, 0))
        assert fate is strange.fate, f"{mutation}: {fate}"
        for event in received.events[:1] if received else ():
            assert strange.check(event), f"{mutation}: {event}"
