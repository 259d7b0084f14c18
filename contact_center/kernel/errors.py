"""The house's errors, named by what the caller does next.

::

    HouseError
    ├── SettingsError          mend the file and start again (start-up only)
    ├── Unauthenticated  401   sign in
    ├── Forbidden        403   ask somebody with the right
    ├── NotFound         404   look elsewhere
    ├── Conflict         409   look at `current`, decide again
    ├── TooLarge         413   send less than `limit`
    ├── Invalid          422   mend `field`
    ├── TooMany          429   wait `retry_after` seconds
    └── Unavailable      503   wait `retry_after` seconds; nothing was kept

`code` is stable and may be relied on by programs; `detail` is for people and never holds a
secret. `extra` goes into the answer beside them (problem+json) and must be JSON.
"""

from typing import Any


class HouseError(Exception):
    """Base of everything the house refuses on purpose."""

    code = "error"
    status = 500

    def __init__(
        self,
        detail: str = "",
        *,
        code: str | None = None,
        status: int | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class Unauthenticated(HouseError):
    """Nobody is signed in, or the session has ended."""

    code = "unauthenticated"
    status = 401


class Forbidden(HouseError):
    """The actor is known and may not do this."""

    code = "forbidden"
    status = 403


class NotFound(HouseError):
    """There is no such thing, or the actor may not know that there is."""

    code = "not_found"
    status = 404


class Conflict(HouseError):
    """The thing has changed meanwhile; `current` is its present state."""

    code = "conflict"
    status = 409

    def __init__(self, detail: str = "", *, current: Any = None, **extra: Any) -> None:
        super().__init__(detail, current=current, **extra)
        self.current = current


class TooLarge(HouseError):
    """More than `limit` (bytes, unless the detail says otherwise) was sent."""

    code = "too_large"
    status = 413

    def __init__(self, detail: str = "", *, limit: int, **extra: Any) -> None:
        super().__init__(detail, limit=limit, **extra)
        self.limit = limit


class Invalid(HouseError):
    """A value cannot be accepted; `field` names it as the caller wrote it."""

    code = "invalid"
    status = 422

    def __init__(self, detail: str = "", *, field: str | None = None, **extra: Any) -> None:
        super().__init__(detail, field=field, **extra)
        self.field = field


class TooMany(HouseError):
    """Too often; come again after `retry_after` seconds."""

    code = "too_many"
    status = 429

    def __init__(self, detail: str = "", *, retry_after: float, **extra: Any) -> None:
        super().__init__(detail, retry_after=retry_after, **extra)
        self.retry_after = retry_after


class Unavailable(HouseError):
    """The house cannot do it now and has kept nothing; come again after `retry_after` seconds."""

    code = "unavailable"
    status = 503

    def __init__(self, detail: str = "", *, retry_after: float = 1.0, **extra: Any) -> None:
        super().__init__(detail, retry_after=retry_after, **extra)
        self.retry_after = retry_after


class SettingsError(HouseError):
    """The house refuses to start: which file, which key, what was expected."""

    code = "settings"

    def __init__(
        self, detail: str = "", *, file: str = "", key: str = "", expected: str = ""
    ) -> None:
        super().__init__(detail, file=file, key=key, expected=expected)
        self.file = file
        self.key = key
        self.expected = expected

    def __str__(self) -> str:
        """One line a person can act on: ``file: key: what is wrong (expected …)``."""
        place = ": ".join(part for part in (self.file, self.key) if part)
        text = f"{place}: {self.detail}" if place else self.detail
        return f"{text} (expected {self.expected})" if self.expected else text
