"""Files in messages: what Twilio takes, and between whom.

Ten files and 5 MB in all, of these types: https://www.twilio.com/docs/messaging/guides/
accepted-mime-types and https://www.twilio.com/docs/api/errors/21623, …/11751 (read 2026-11; of
other types than pictures the list is shorter than Twilio's: what carriers do with them is
unverified). Pictures Twilio fits to carriers itself. It fetches files from an address, first by
HEAD. MMS are carried between numbers of the United States and Canada; that a Messaging Service may
choose a sender there is taken for granted, its pool is not looked at.
"""

from __future__ import annotations

from channels.toolkit.phone import region

MOST = 10
BYTES = 4_900_000  # 5 MB less the message itself
TYPES = frozenset({
    "image/jpeg", "image/gif", "image/png", "image/heic", "image/heif", "image/tiff", "image/bmp",
    "audio/mp4", "audio/mpeg", "audio/ogg", "audio/3gpp", "audio/amr", "audio/webm", "audio/ac3",
    "video/mpeg", "video/mp4", "video/quicktime", "video/webm", "video/3gpp", "video/3gpp2",
    "text/vcard", "text/x-vcard", "text/csv", "text/calendar", "text/directory",
    "application/pdf", "application/vcard",
})  # fmt: skip
KINDS = ("image", "video", "audio", "voice", "file")
NOWHERE = "files go by MMS, which is carried between US and Canadian numbers only"
_COUNTRIES = frozenset({"US", "CA"})
_SHORTEST = 3


def reaches(number: str, service: str, recipient: str) -> bool:
    """Whether a file gets from this sender (a number, or a Messaging Service) to a recipient."""
    if region(recipient) not in _COUNTRIES:
        return False
    short = (
        number.isdecimal() and len(number) >= _SHORTEST
    )  # of US or Canada, where it reaches them
    return bool(service) or short or region(number) in _COUNTRIES
