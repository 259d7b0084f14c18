"""OpenAPI 3.1 made from the route table, and a page of our own to try it."""

from __future__ import annotations

import asyncio
import re
import secrets
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

import contact_center
from contact_center.access.model import Permission
from contact_center.access.routes import Route

DOCUMENT: web.AppKey[Callable[[], bytes]] = web.AppKey("openapi")
PAGES = Path(__file__).parent / "pages"
REFERENCE = "#/components/schemas/{model}"
NULL = {"type": "null"}
PROBLEM = {
    "type": "object",
    "description": "A refusal; some carry more, e.g. the present state.",
    "additionalProperties": True,
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "stable; programs may rely on it"},
        "detail": {"type": "string", "description": "for people"},
        "field": {"type": "string"},
        "request_id": {"type": "string"},
    },
}


class _Schemas(GenerateJsonSchema):
    """Schemas in which an answer has all its fields: a default is sent like any other value."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        if self.mode == "serialization" and field["type"] == "model-field":
            return not field.get("serialization_exclude")
        return super().field_is_required(field, total)


def document(routes: Sequence[Route], *, prefix: str) -> dict[str, Any]:
    """The OpenAPI document as a JSON value."""
    bodies, answers, definitions = _schemas(routes)
    paths: dict[str, Any] = {}
    for route in routes:
        operation = _operation(route, bodies.get(_key(route)), answers.get(_key(route)))
        paths.setdefault(prefix + route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Contact centre",
            "version": contact_center.__version__,
            "description": "Errors are problem+json with a stable `code`. Instants are RFC 3339 in"
            " UTC. Lists answer {items, next}: pass `next` back as `cursor`. Writes that change"
            " what somebody else may have changed take the version in If-Match and answer 409"
            " with the present state.",
        },
        "paths": paths,
        "components": {
            "schemas": {**definitions, "Problem": PROBLEM},
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "cc_session"},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
                "token": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _key(route: Route) -> str:
    return f"{route.method} {route.path}"


def _schemas(
    routes: Sequence[Route],
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Schemas of bodies and answers by route, and the definitions they refer to."""
    inputs: list[tuple[str, Any, TypeAdapter[Any]]] = [
        (f"body {_key(r)}", "validation", TypeAdapter(r.body or r.reads))
        for r in routes
        if r.body or r.reads
    ]
    outputs: list[tuple[str, Any, TypeAdapter[Any]]] = [
        (f"answer {_key(r)}", "serialization", TypeAdapter(r.answer)) for r in routes if r.answer
    ]
    schemas, extra = TypeAdapter.json_schemas(
        [*inputs, *outputs], ref_template=REFERENCE, schema_generator=_Schemas
    )
    by_name = {str(name): schema for (name, _mode), schema in schemas.items()}
    bodies = {k.removeprefix("body "): v for k, v in by_name.items() if k.startswith("body ")}
    answers = {k.removeprefix("answer "): v for k, v in by_name.items() if k.startswith("answer ")}
    return bodies, answers, extra.get("$defs", {})


def _operation(route: Route, body: Any, answer: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "tags": list(route.tags) or [route.path.split("/")[1]],
        "parameters": [*_path_parameters(route), *_query_parameters(route)],
        "responses": {**_successes(route, answer), "default": _problem()},
        "x-permission": route.permission.value,
        "security": [] if route.permission is Permission.PUBLIC else _security(route),
    }
    if body:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    return operation


def _successes(route: Route, answer: Any) -> dict[str, Any]:
    """By status; what may be nothing is told as 204, for no body of ours is `null`."""
    nothing = {"204": {"description": "done"}}
    if not answer:
        return nothing
    kinds = [kind for kind in answer.get("anyOf", [answer]) if kind != NULL]
    schema = answer if NULL not in answer.get("anyOf", ()) else _either(kinds)
    media = "application/octet-stream" if schema.get("format") == "binary" else "application/json"
    success = {str(route.status): {"description": "done", "content": {media: {"schema": schema}}}}
    return success if schema is answer else {**success, **nothing}


def _either(kinds: list[Any]) -> Any:
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _security(route: Route) -> list[dict[str, list[str]]]:
    cookie: dict[str, list[str]] = (
        {"cookie": []} if route.method == "GET" else {"cookie": [], "csrf": []}
    )
    return [cookie, {"token": []}]


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", route.path.lower()).strip("_")
    return f"{route.method.lower()}_{words}"


def _problem() -> dict[str, Any]:
    schema = {"$ref": REFERENCE.format(model="Problem")}
    return {"description": "refused", "content": {"application/problem+json": {"schema": schema}}}


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)(?::[^}]*)?}", route.path)
    return [
        {"name": name, "in": "path", "required": True,
         "schema": {"type": "string", **({"format": "uuid"} if name.endswith("id") else {})}}
        for name in names
    ]  # fmt: skip


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    if route.query is None:
        return []
    schema = _inlined(route.query)
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": value}
        for name, value in schema.get("properties", {}).items()
    ]


def _inlined(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def resolve(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return resolve(definitions[value["$ref"].rpartition("/")[2]])
            return {key: resolve(item) for key, item in value.items()}
        return [resolve(item) for item in value] if isinstance(value, list) else value

    resolved: dict[str, Any] = resolve(schema)
    return resolved


def add_docs(app: web.Application, routes: Sequence[Route], *, prefix: str) -> None:
    """The document and the page to try it.

    It is made when somebody asks for it: that takes as long as half of the service's start.
    """
    lock, make = threading.Lock(), cache(lambda: orjson.dumps(document(routes, prefix=prefix)))

    def made() -> bytes:
        with lock:  # of many who ask at once the first makes it
            return make()

    app[DOCUMENT] = made
    app.router.add_get(f"{prefix}/openapi.json", _show_document)
    app.router.add_get("/api/docs", _show_page)
    app.router.add_get("/api/docs.js", _show_script)


async def _show_document(request: web.Request) -> web.Response:
    body = await asyncio.to_thread(request.app[DOCUMENT])
    return web.Response(body=body, content_type="application/json")


async def _show_page(_request: web.Request) -> web.Response:
    nonce = secrets.token_urlsafe(16)
    text = (PAGES / "docs.html").read_text(encoding="utf-8").replace("__NONCE__", nonce)
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'nonce-{nonce}'; connect-src 'self';"
        " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return web.Response(
        text=text, content_type="text/html", headers={"Content-Security-Policy": policy}
    )


async def _show_script(_request: web.Request) -> web.Response:
    text = (PAGES / "docs.js").read_text(encoding="utf-8")
    return web.Response(text=text, content_type="text/javascript")
