"""What can go wrong at a provider, named by what the caller does next.

ChannelError
├── Refused        not proven to come from the provider: answer 401/403, keep nothing
├── Malformed      proven but unreadable: answer as the provider expects, quarantine the request
├── Unsupported    the channel cannot carry this: tell the operator now, send nothing
├── Temporary      not accepted: try again after `retry_after` seconds (None: own back-off)
│   └── Throttled      for we are too fast: all of the account, or with this recipient (`per`)
├── Rejected       the provider said no for good: failed, show `reason` to the operator
│   └── OptedOut   for the recipient wants no messages: kept as his consent withdrawn
├── Uncertain      bytes went out and no answer came: it may have arrived
└── Misconfigured  wrong or expired credentials: stop the account, alert
    └── LoginRefused  tried again they would lock us out: nothing more until a person has acted

`WebhookChannel.receive` raises nothing but `Refused` and `Malformed` for any bytes.
Messages carry the evidence (cause, provider's answer), never a secret.
"""

from __future__ import annotations

from typing import Literal


class ChannelError(Exception):
    """Base of all channel errors; `str(error)` is fit for an administrator."""

    kind = "error"


class Refused(ChannelError):
    """The request does not prove its origin. `status` is 401 or 403."""

    kind = "refused"

    def __init__(self, reason: str, *, status: int = 401) -> None:
        super().__init__(reason)
        self.status = status


class Malformed(ChannelError):
    """The request is authentic but cannot be read.

    `status` is what the provider expects so that it stops repeating a poison event.
    """

    kind = "malformed"

    def __init__(self, reason: str, *, status: int = 200) -> None:
        super().__init__(reason)
        self.status = status


class Unsupported(ChannelError):
    """The channel cannot carry what was asked."""

    kind = "unsupported"


class Temporary(ChannelError):
    """Not accepted by the provider; sending again is safe."""

    kind = "temporary"

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Throttled(Temporary):
    """Too many messages in too little time. `per`: of the whole account or to this recipient.

    None: the provider does not say, and whoever paces the account finds out.
    """

    def __init__(
        self,
        reason: str,
        *,
        retry_after: float | None = None,
        per: Literal["account", "recipient"] | None = None,
    ) -> None:
        super().__init__(reason, retry_after=retry_after)
        self.per = per


class Rejected(ChannelError):
    """The provider refused the message for good; `code` is the provider's own."""

    kind = "rejected"

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.code = code


class OptedOut(Rejected):
    """The recipient has asked for no more messages."""

    kind = "opted_out"


class Uncertain(ChannelError):
    """The message may or may not have arrived."""

    kind = "uncertain"


class Misconfigured(ChannelError):
    """The account cannot work until an administrator changes it."""

    kind = "misconfigured"


class LoginRefused(Misconfigured):
    """The provider does not take our name and password."""
