"""TypeScript out of an OpenAPI document: its schemas as types, its routes as one table. Pure.

What is not understood here is refused: a wrong type in the console is worse than none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

Schema = Mapping[str, Any]

HEAD = """\
/** The API as the service describes it: made by `contact-center api --typescript`, never by hand.
 *  Instants are RFC 3339 texts in UTC, ids are UUID texts. */"""
PLAIN = {
    "string": "string",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "null": "null",
}
BYTES = ("string", "binary")
# Words that tell of a value without narrowing its type.
REMARKS = frozenset({"title", "description", "default", "examples", "deprecated"})
LONGEST_TUPLE = 4


def typescript(document: Mapping[str, Any], *, prefix: str = "") -> str:
    """The text of a module: a type for each schema, and `Routes` (paths without `prefix`).

    Raises ValueError for what has no type here.
    """
    schemas: Mapping[str, Schema] = document["components"]["schemas"]
    names = [_name(name) for name in schemas]
    if len(set(names)) < len(names):
        raise ValueError("two schemas would have one name")
    declared = [_declaration(name, schema) for name, schema in schemas.items()]
    return "\n\n".join([HEAD, *declared, _routes(document["paths"], prefix)]) + "\n"


def type_of(schema: Schema) -> str:
    """The type of a schema, as an expression. Raises ValueError."""
    if "$ref" in schema:
        return _name(schema["$ref"].rpartition("/")[2])
    literals = [schema["const"]] if "const" in schema else schema.get("enum")
    if literals:
        return _union(map(_literal, literals))
    for word, join in (("anyOf", _union), ("oneOf", _union), ("allOf", _intersection)):
        if word in schema:
            return join(map(type_of, schema[word]))
    kind = schema.get("type")
    if isinstance(kind, list):
        return _union(type_of({**schema, "type": one}) for one in kind)
    if kind is None and REMARKS.issuperset(schema):
        return "unknown"
    return _of_kind(kind, schema)


def _of_kind(kind: Any, schema: Schema) -> str:
    if kind == "array":
        return _array(schema)
    if kind == "object":
        return _object(schema)
    if (kind, schema.get("format")) == BYTES:
        return "Blob"
    if kind in PLAIN:
        return PLAIN[kind]
    msg = f"no TypeScript is known for {json.dumps(schema, default=str)}"
    raise ValueError(msg)


def _array(schema: Schema) -> str:
    if "prefixItems" in schema:
        return _tuple(map(type_of, schema["prefixItems"]))
    item = type_of(schema.get("items", {}))
    size = schema.get("minItems", 0)
    if 0 < size <= LONGEST_TUPLE and size == schema.get("maxItems"):
        return _tuple([item] * size)
    return f"{_bracketed(item)}[]"


def _object(schema: Schema) -> str:
    if schema.get("properties"):
        return f"{{ {'; '.join(_fields(schema))} }}"
    values = list(schema.get("patternProperties", {}).values())
    others = schema.get("additionalProperties", not values)
    if others is True:
        values = [{}]
    elif isinstance(others, Mapping):
        values.append(others)
    return f"Record<string, {_union(map(type_of, values)) or 'never'}>"


def _fields(schema: Schema) -> list[str]:
    required = schema.get("required", ())
    fields = [
        f"{_key(name)}{'' if name in required else '?'}: {type_of(value)}"
        for name, value in schema["properties"].items()
    ]
    # Absent means "anything", and says so of every answer: only what is said aloud is taken over.
    return [*fields, "[key: string]: unknown"] if schema.get("additionalProperties") else fields


def _declaration(name: str, schema: Schema) -> str:
    if schema.get("type") == "object" and schema.get("properties"):
        lines = "\n".join(f"  {field};" for field in _fields(schema))
        return f"{_remark(schema)}export interface {_name(name)} {{\n{lines}\n}}"
    return f"{_remark(schema)}export type {_name(name)} = {type_of(schema)};"


def _remark(schema: Schema) -> str:
    text = re.sub(r"\s+", " ", schema.get("description", "")).strip()
    return f"/** {text.replace('*/', '* /')} */\n" if text else ""


def _routes(paths: Mapping[str, Mapping[str, Any]], prefix: str) -> str:
    """`Routes[method][path]`: `path`, `query` and `body` as far as it takes them, and `answer`."""
    methods: dict[str, list[str]] = {}
    for path, operations in paths.items():
        for method, operation in operations.items():
            line = f"    {_literal(path.removeprefix(prefix))}: {{ {_route(operation)} }};"
            methods.setdefault(method.upper(), []).append(line)
    blocks = "\n".join(f"  {m}: {{\n{chr(10).join(lines)}\n  }};" for m, lines in methods.items())
    return (
        f"/** What each route takes, and its answer. */\nexport interface Routes {{\n{blocks}\n}}"
    )


def _route(operation: Mapping[str, Any]) -> str:
    parts = []
    for place in ("path", "query"):
        found = [one for one in operation.get("parameters", ()) if one["in"] == place]
        if found:
            needed = any(one.get("required") for one in found)
            parts.append(f"{place}{'' if needed else '?'}: {_parameters(found)}")
    if "requestBody" in operation:
        parts.append(f"body: {_content(operation['requestBody'])}")
    successes = [said for status, said in operation["responses"].items() if status[0] == "2"]
    return "; ".join([*parts, f"answer: {_union(map(_content, successes))}"])


def _parameters(found: Iterable[Mapping[str, Any]]) -> str:
    properties = {one["name"]: one["schema"] for one in found}
    required = [one["name"] for one in found if one.get("required")]
    return type_of({"type": "object", "properties": properties, "required": required})


def _content(said: Mapping[str, Any]) -> str:
    """The type of a body or an answer; one without content is `undefined`."""
    return _union(type_of(each["schema"]) for each in said.get("content", {}).values()) or (
        "undefined"
    )


def _name(name: str) -> str:
    return re.sub(r"\W", "", name)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else _literal(name)


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _union(types: Iterable[str]) -> str:
    return " | ".join(dict.fromkeys(types))


def _intersection(types: Iterable[str]) -> str:
    return " & ".join(dict.fromkeys(map(_bracketed, types)))


def _tuple(types: Iterable[str]) -> str:
    return f"[{', '.join(types)}]"


def _bracketed(expression: str) -> str:
    return f"({expression})" if re.search(r" [|&] ", expression) else expression
