# ruff: noqa: S101, PLR2004 - these are tests, wherever they stand
"""Who is believed, by the declared authentication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import orjson

from channels.contract import Deps, WebhookChannel, WebhookRequest
from channels.errors import Refused
from channels.settings import describe
from channels.toolkit.suite.fates import Fate
from channels.toolkit.suite.subject import FORGED, Subject, ids

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Proof(Subject):
    """Valid, missing, wrong, foreign, changed, stale, repeated; and what it was sent as."""

    def test_a_proven_request_is_received(self) -> None:
        fate, received = self.fate(self.sign(self.request(), 0))
        assert fate is Fate.READ
        assert received is not None
        assert received.reply.status < 300

    def test_what_proves_nothing_is_refused(self) -> None:
        for what, request in self.forgeries().items():
            fate, _ = self.fate(request)
            assert fate is Fate.REFUSED, f"{what}: {fate}"

    def test_the_other_account_takes_only_its_own(self) -> None:
        other = self.channel(1)
        assert other.receive(self.sign(self.request(), 1)).events
        try:
            other.receive(self.sign(self.request(), 0))
        except Refused:
            return
        raise AssertionError("account 1 took what was meant for account 0")

    def test_an_account_without_secrets_refuses_everything(self) -> None:
        values = dict(self.account_settings(0))
        for field in describe(self.provider.Settings):
            if field["secret"] and not field["required"]:
                values.pop(field["name"], None)
        if values == dict(self.account_settings(0)):
            return  # they are required: such an account cannot be made
        settings = self.provider.Settings.model_validate(values)
        bare = self.provider.build(settings, Deps(self.account_ids[0]))
        assert isinstance(bare, WebhookChannel)
        try:
            bare.receive(self.sign(self.request(), 0))
        except Refused:
            return
        raise AssertionError("an account without secrets accepted a request")

    def test_a_repeated_request_has_the_same_external_ids(self) -> None:
        signed = self.sign(self.request(), 0)
        later = replace(signed, received_at=signed.received_at + timedelta(seconds=30))
        first, second = self.channel().receive(signed), self.channel().receive(later)
        assert ids(first) == ids(second)
        assert len(set(ids(first))) == len(ids(first))

    def test_the_host_a_request_names_is_of_no_account(self) -> None:
        signed = self.sign(self.request(), 0)
        forged = replace(signed, headers={**signed.headers, **FORGED})
        assert ids(self.channel().receive(forged)) == ids(self.channel().receive(signed))

    def test_a_wrong_content_type_is_refused_or_malformed(self) -> None:
        self.is_not_read(self._as(self.wrong_content_type, self.request().body))

    def test_json_for_a_form_and_a_form_for_json_are_refused_or_malformed(self) -> None:
        """Whatever the request calls itself: nobody tries the one where the other is expected."""
        request = self.request()
        given = media_type(request.headers)
        for media, body in ((JSON, as_json(request)), (FORM, as_form(request))):
            if media != given:
                self.is_not_read(self._as(media, body))
                if given in (FORM, JSON):
                    self.is_not_read(self._as(given, body))

    def _as(self, media: str, body: bytes) -> WebhookRequest:
        request = self.request()
        headers = {**request.headers, "content-type": media}
        return self.sign(replace(request, headers=headers, body=body), 0)

    def is_not_read(self, request: WebhookRequest) -> None:
        """Assert that it ends in quarantine or is refused."""
        fate, _ = self.fate(request)
        assert fate in (Fate.REFUSED, Fate.MALFORMED), f"{request.headers}: {fate}"


def media_type(headers: Mapping[str, str]) -> str:
    """Without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def as_json(request: WebhookRequest) -> bytes:
    """The same said in JSON."""
    return orjson.dumps(dict(parse_qsl(request.body.decode("utf-8", "replace"))))


def as_form(request: WebhookRequest) -> bytes:
    """The same said in a form."""
    try:
        told = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        told = None
    fields = told if isinstance(told, dict) else {"body": request.body.decode("utf-8", "replace")}
    return urlencode({
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in fields.items()
    }).encode()  # fmt: skip
