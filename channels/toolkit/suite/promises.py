# ruff: noqa: S101 - these are tests, wherever they stand
"""What a provider declares is what it does."""

from __future__ import annotations

import inspect

from channels import contract
from channels.contract import Channel
from channels.settings import describe
from channels.toolkit.suite.subject import Subject, ids

OPTIONAL: dict[str, type] = {  # the capability and the protocol that come only together
    "typing": contract.SendsTyping,
    "marks_read": contract.SendsReads,
    "edit": contract.Edits,
    "delete": contract.Deletes,
    "fetches_media": contract.Media,
    "embeds_media": contract.Embeds,
    "installs_webhook": contract.Installs,
    "backfills": contract.Backfills,
    "authorizes": contract.Authorizes,
    "profiles": contract.Profiles,
    "start_links": contract.StartsByLink,
    "reports": contract.Reports,
}


class Promises(Subject):
    """Capabilities, events and settings."""

    def test_it_can_be_read_without_verifying(self) -> None:
        channel = self.channel()
        assert isinstance(channel, contract.Parses)
        signed = self.sign(self.request(), 0)
        assert ids(channel.parse(signed)) == ids(channel.receive(signed))

    def test_capabilities_and_optional_protocols_come_together(self) -> None:
        channel: Channel = self.channel()
        for capability, protocol in OPTIONAL.items():
            declared, fulfilled = getattr(self.can, capability), isinstance(channel, protocol)
            assert declared == fulfilled, f"{capability} is {declared}, {protocol} is {fulfilled}"

    def test_events_carry_aware_times_and_keys(self) -> None:
        for event in self.channel().receive(self.sign(self.request(), 0)).events:
            assert event.at.utcoffset() is not None
            assert event.external_id
            assert event.conversation_key
            assert event.sender.medium
            assert event.sender.value

    def test_receive_is_a_plain_function(self) -> None:
        assert not inspect.iscoroutinefunction(self.channel().receive)

    def test_settings_speak_both_languages_and_hide_secrets(self) -> None:
        for field in describe(self.provider.Settings):
            assert field["label"]["ru"], field["name"]
            assert field["label"]["en"], field["name"]
            assert not (field["secret"] and field["default"]), field["name"]
        assert self.provider.title["ru"]
        assert self.provider.title["en"]
