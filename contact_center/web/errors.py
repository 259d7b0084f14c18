"""Whatever goes wrong becomes problem+json (RFC 9457) with a stable code, never a traceback."""

from __future__ import annotations

from typing import Any

import asyncpg
import orjson
from aiohttp import web
from pydantic import ValidationError

from contact_center.kernel.errors import (
    Conflict,
    HouseError,
    Invalid,
    NotFound,
    TooLarge,
    Unavailable,
)
from contact_center.storage.database import LOST, REPEATABLE

TYPE = "urn:contact-center:problem:"
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large",
          415: "unsupported_media_type"}  # fmt: skip


class BadRequest(HouseError):
    """The request itself cannot be read."""

    code = "bad_request"
    status = 400


def problem(error: HouseError, request_id: str = "") -> web.Response:
    """The answer for an error raised on purpose."""
    extra = {name: value for name, value in error.extra.items() if value is not None}
    body = {
        "type": TYPE + error.code,
        "title": error.code.replace("_", " "),
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        **extra,
    }
    if request_id:
        body["request_id"] = request_id
    response = web.Response(
        status=error.status,
        body=orjson.dumps(body, default=_plain),
        content_type="application/problem+json",
    )
    if "retry_after" in extra:
        response.headers["Retry-After"] = str(max(1, round(float(extra["retry_after"]))))
    return response


def understand(error: BaseException, *, body_limit: int = 0) -> HouseError | None:
    """The house's name for an error; None when it is a fault of the program."""
    if isinstance(error, HouseError):
        return error
    if isinstance(error, ValidationError):
        return invalid(error)
    if isinstance(error, web.HTTPException):
        return _of_http(error, body_limit)
    if isinstance(error, asyncpg.PostgresError):
        return _of_database(error)
    if isinstance(error, (*LOST, *REPEATABLE)):
        return Unavailable("the database does not answer", retry_after=1)
    return None


def invalid(error: ValidationError) -> Invalid:
    """Which fields are wrong and why; never the values, which may be secrets."""
    problems = [
        {"field": ".".join(str(part) for part in item["loc"]), "reason": item["type"],
         "detail": item["msg"].removeprefix("Value error, ")}
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]  # fmt: skip
    first = problems[0]
    where = f"{first['field']}: " if first["field"] else ""
    return Invalid(where + first["detail"], field=first["field"] or None, errors=problems)


def _of_http(error: web.HTTPException, body_limit: int) -> HouseError | None:
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return TooLarge("the body is too large", limit=body_limit)
    if isinstance(error, web.HTTPNotFound):
        return NotFound("there is nothing at this address")
    if error.status in _CODES:
        return HouseError(error.reason, code=_CODES[error.status], status=error.status)
    return None


def _of_database(error: asyncpg.PostgresError) -> HouseError | None:
    # A net under the stores, which say it better where they know what was meant.
    if isinstance(error, asyncpg.UniqueViolationError):
        return Conflict("there is one like this already", code="duplicate")
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return Invalid("it refers to something that does not exist", code="unknown_reference")
    if isinstance(error, asyncpg.DataError | asyncpg.CheckViolationError):
        return Invalid("a value cannot be stored")
    if isinstance(error, (*LOST, *REPEATABLE)):
        return Unavailable("the database does not answer", retry_after=1)
    return None


def _plain(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)
