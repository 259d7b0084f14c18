"""SMS and MMS through Twilio."""

from channels.contract import Capabilities, Provider
from channels.messages import Medium
from channels.sms.twilio.channel import TwilioSms
from channels.sms.twilio.settings import TwilioSmsSettings

TEXT_LIMIT = 1600  # https://www.twilio.com/docs/api/errors/21617

PROVIDER = Provider(
    name="twilio_sms",
    title={"ru": "SMS через Twilio", "en": "SMS through Twilio"},
    icon="message",
    medium=Medium.SMS,
    Settings=TwilioSmsSettings,
    # No rate limits: Twilio queues per sender itself, and says 429 where requests are too many.
    capabilities=Capabilities(
        authentication="body",
        text_limit=TEXT_LIMIT,
        receipts=True,
        starts_conversations=True,
        fetches_media=True,
        installs_webhook=True,
        backfills=True,
        segments=True,
    ),
    build=TwilioSms,
)
