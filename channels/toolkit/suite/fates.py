"""What may become of a request, and changes of a valid one with the fate each has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from channels.contract import Received, WebhookRequest
from channels.errors import Malformed, Refused
from channels.messages import MessageReceived

FORGERY = (401, 403)


class Fate(StrEnum):
    """The house does with each what its name says."""

    READ = "read"  # its events are taken in whole
    UNSUPPORTED = "unsupported"  # taken in; the kind nobody could read is named beside the rest
    NOTHING = "nothing"  # understood, and it tells nothing
    MALFORMED = (
        "malformed"  # proven and not readable: quarantined, answered as the provider expects
    )
    REFUSED = "refused"  # not proven: nothing is kept


@dataclass(frozen=True, slots=True)
class Mutation:
    """A strange request, not yet signed. `check` is asked of its first event, if there is one."""

    request: WebhookRequest
    fate: Fate
    check: Callable[[Any], bool] = lambda _event: True


def fate_of(
    read: Callable[[WebhookRequest], Received], request: WebhookRequest
) -> tuple[Fate, Received | None]:
    """What reading makes of a request. Raises whatever is no fate at all."""
    try:
        received = read(request)
    except Malformed:
        return Fate.MALFORMED, None
    except Refused as error:
        if error.status not in FORGERY:
            raise AssertionError(f"refused with {error.status}") from error
        return Fate.REFUSED, None
    if not received.events:
        return Fate.NOTHING, received
    marked = any(isinstance(one, MessageReceived) and one.unsupported for one in received.events)
    return (Fate.UNSUPPORTED if marked else Fate.READ), received
