"""The console's types: current, and right about everything a schema can say."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from contact_center.access.model import Permission
from contact_center.access.routes import Route
from contact_center.web import generated
from contact_center.web.openapi import document
from contact_center.web.typescript import type_of, typescript


class Part(BaseModel):
    """A part."""

    id: str
    note: str | None = None


class Wish(BaseModel):
    name: str
    note: str | None = None


async def handler(_call: Any) -> None:
    return None


def shown(*routes: Route) -> str:
    return typescript(document(routes, prefix="/api/v1"), prefix="/api/v1")


def route(method: str, path: str, **more: Any) -> str:
    """The line of one route in the table."""
    text = shown(Route(method, path, handler, Permission.READ, "x", **more))
    return next(line.strip() for line in text.splitlines() if line.startswith('    "'))


def test_the_committed_file_is_what_the_routes_say():
    generated.check()


def test_an_outdated_file_is_refused_with_the_way_out(tmp_path: Path):
    file = tmp_path / "generated.ts"
    file.write_text(generated.current().replace("next: string | null", "next: string"))
    with pytest.raises(generated.Outdated, match="run `contact-center api --typescript`"):
        generated.check(file)


def test_writing_mends_a_missing_file_and_leaves_a_current_one_alone(tmp_path: Path):
    file = tmp_path / "generated.ts"
    assert generated.write(file)
    generated.check(file)
    assert not generated.write(file)


def test_every_name_of_ours_is_one_a_person_would_write():
    names = generated.described()["components"]["schemas"]
    assert [name for name in names if not name.isidentifier() or "__" in name] == []


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "format": "uuid"}, "string"),
        ({"type": "integer"}, "number"),
        ({"type": "boolean"}, "boolean"),
        ({}, "unknown"),
        ({"title": "Anything", "default": None}, "unknown"),
        ({"$ref": "#/components/schemas/Part"}, "Part"),
        # nullable
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
        ({"type": ["integer", "null"]}, "number | null"),
        # enums
        ({"type": "string", "enum": ["on", "off"]}, '"on" | "off"'),
        ({"const": "stored", "type": "string"}, '"stored"'),
        ({"enum": [1, None]}, "1 | null"),
        # arrays
        ({"type": "array", "items": {"type": "string"}}, "string[]"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
        ({"type": "array"}, "unknown[]"),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
            "[string, string]",
        ),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
            "[string, number]",
        ),
        # maps
        (
            {"type": "object", "additionalProperties": {"type": "integer"}},
            "Record<string, number>",
        ),
        ({"type": "object", "additionalProperties": True}, "Record<string, unknown>"),
        ({"type": "object"}, "Record<string, unknown>"),
        ({"type": "object", "additionalProperties": False}, "Record<string, never>"),
        (
            {"type": "object", "patternProperties": {"^a": {"type": ["string", "null"]}}},
            "Record<string, string | null>",
        ),
        # unions
        ({"oneOf": [{"type": "string"}, {"type": "number"}]}, "string | number"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "number"),
        ({"allOf": [{"$ref": "#/x/A"}, {"$ref": "#/x/B"}]}, "A & B"),
        # objects in place
        (
            {
                "type": "object",
                "properties": {"a": {"type": "string"}, "b-c": {}},
                "required": ["a"],
            },
            '{ a: string; "b-c"?: unknown }',
        ),
        (
            {"type": "object", "properties": {"a": {}}, "additionalProperties": True},
            "{ a?: unknown; [key: string]: unknown }",
        ),
        ({"type": "string", "format": "binary"}, "Blob"),
    ],
)
def test_a_schema_becomes_its_type(schema: dict[str, Any], expected: str):
    assert type_of(schema) == expected


@pytest.mark.parametrize("schema", [{"type": "date"}, {"not": {"type": "string"}}])
def test_what_is_not_understood_is_refused(schema: dict[str, Any]):
    with pytest.raises(ValueError, match="no TypeScript is known"):
        type_of(schema)


def test_two_schemas_of_one_name_are_refused():
    schemas = {"Part-Input": {"type": "string"}, "PartInput": {"type": "string"}}
    with pytest.raises(ValueError, match="one name"):
        typescript({"components": {"schemas": schemas}, "paths": {}})


def test_what_has_a_default_may_be_left_out_of_a_body_but_is_always_answered():
    text = shown(
        Route("POST", "/parts", handler, Permission.READ, "x", body=Wish, answer=Part),
    )
    assert (
        "/** A part. */\nexport interface Part {\n  id: string;\n  note: string | null;\n}" in text
    )
    assert "export interface Wish {\n  name: string;\n  note?: string | null;\n}" in text


def test_path_variables_are_named_and_needed():
    assert route("GET", "/parts/{id}/of/{kind}", answer=Part) == (
        '"/parts/{id}/of/{kind}": { path: { id: string; kind: string }; answer: Part };'
    )


def test_a_query_may_be_left_out_unless_a_parameter_is_needed():
    class Free(BaseModel):
        q: str = ""
        limit: int | None = None

    class Bound(BaseModel):
        q: str

    assert "query?: { q?: string; limit?: number | null };" in route("GET", "/p", query=Free)
    assert "query: { q: string };" in route("GET", "/p", query=Bound)


def test_a_body_has_its_type_whether_the_door_or_the_handler_reads_it():
    assert "body: Wish;" in route("POST", "/parts", body=Wish)
    assert "body: Wish[];" in route("POST", "/parts", reads=list[Wish])


def test_a_204_answers_undefined():
    assert route("DELETE", "/p", status=204) == '"/p": { answer: undefined };'


def test_what_may_answer_nothing_says_so():
    assert route("POST", "/p", answer=Part | None) == '"/p": { answer: Part | undefined };'


def test_a_download_answers_bytes():
    assert route("GET", "/p", answer=bytes) == '"/p": { answer: Blob };'
