"""SMS and MMS through Twilio."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from channels.contract import Capabilities, Pictures, Provider
from channels.messages import Medium
from channels.sms.twilio import mms
from channels.sms.twilio.channel import TwilioSms
from channels.sms.twilio.settings import TwilioSmsSettings

TEXT_LIMIT = 1600  # https://www.twilio.com/docs/api/errors/21617

# No rate limits: Twilio queues per sender itself, and says 429 where requests are too many.
_CAN = Capabilities(
    authentication="body",
    text_limit=TEXT_LIMIT,
    receipts=True,
    starts_conversations=True,
    fetches_media=True,
    installs_webhook=True,
    backfills=True,
    reports=True,
    segments=True,
    attachments=dict.fromkeys(mms.KINDS, mms.BYTES),
    file_types=mms.TYPES,
    files_most=mms.MOST,
    files_bytes=mms.BYTES,
    pictures=Pictures(mms.BYTES),
    files_by_address=True,
)


def carries(settings: Mapping[str, Any], recipient: str) -> Capabilities:
    """What gets from an account to a recipient: files only where MMS are carried."""
    number, service = settings.get("number", ""), settings.get("messaging_service_sid", "")
    return _CAN if mms.reaches(number, service, recipient) else replace(_CAN, attachments={})


PROVIDER = Provider(
    name="twilio_sms",
    title={"ru": "SMS через Twilio", "en": "SMS through Twilio"},
    icon="message",
    medium=Medium.SMS,
    Settings=TwilioSmsSettings,
    capabilities=_CAN,
    carries=carries,
    build=TwilioSms,
    about={
        "ru": "Номер Twilio: клиенты пишут SMS и получают ответ на телефон.",
        "en": "A Twilio number: clients text it and get the answer on their phone.",
    },
)
