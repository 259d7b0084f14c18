"""Structured logs: JSON lines for machines, colours on a terminal, masked in both.

Everything passes here, our own events and what the libraries say through ``logging``, tracebacks
included, and the masking stands directly before the renderer: nothing can slip in behind it.
"""

import logging
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Literal, TextIO, cast

import orjson
import structlog
from structlog.typing import FilteringBoundLogger, Processor

from contact_center.kernel.masking import mask_value

Format = Literal["auto", "json", "console"]
Level = Literal["debug", "info", "warning", "error"]

_UNTOUCHED = {"timestamp", "level"}

REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""The number of the request being answered. Set once at its beginning; every request sets its own,
so nobody has to take it back (structlog's own binding costs a dictionary and two resets)."""

# Talkative libraries: what they say below this level helps nobody who runs the service.
_QUIET = {
    "alembic.runtime.plugins": logging.WARNING,
    "asyncio": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "httpx": logging.WARNING,
}


def configure(
    level: Level = "info", form: Format = "auto", stream: TextIO | None = None, **bound: Any
) -> None:
    """Set up logging for this process; `bound` (node, roles) is added to every line."""
    stream = sys.stderr if stream is None else stream
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**bound)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(shared, form, stream))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, quietest in _QUIET.items():
        logging.getLogger(name).setLevel(max(quietest, root.level))


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger: ``log.info("contact opened", contact=str(id))``. Events are plain English."""
    return cast("FilteringBoundLogger", structlog.get_logger(name))


def add_request(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The processor that says which request a line belongs to."""
    number = REQUEST.get()
    if number is not None:
        event.setdefault("request", number)
    return event


def mask(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> dict[str, Any]:
    """The processor that takes out personal data and secrets."""
    return {k: v if k in _UNTOUCHED else mask_value(v, k) for k, v in event.items()}


def _formatter(
    shared: list[Processor], form: Format, stream: TextIO
) -> structlog.stdlib.ProcessorFormatter:
    coloured = stream.isatty()
    renderer: Processor
    if form == "console" or (form == "auto" and coloured):
        renderer = structlog.dev.ConsoleRenderer(colors=coloured)
    else:
        renderer = structlog.processors.JSONRenderer(serializer=_to_json)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,  # before the mask: tracebacks hold secrets too
            mask,
            renderer,
        ],
    )


def _to_json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
