"""What is wrong with a file of settings, in words of the person who wrote it: place and remedy."""

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from contact_center.kernel import configfile
from contact_center.kernel.errors import SettingsError

Model = type[BaseModel]


def keys_of(model: Model, prefix: str = "") -> Iterator[str]:
    """Every key of a model as written in the file: ``intake.batch``."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys_of(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name


def refuse_unknown_variables(environ: Iterable[str], model: Model) -> None:
    """Raises SettingsError for a variable that looks like a setting and is none."""
    known = {configfile.variable_of(key) for key in keys_of(model)}
    for name in environ:
        if not name.startswith(configfile.PREFIX) or name in known:
            continue
        if not configfile.is_not_a_setting(name):
            raise SettingsError(
                "there is no such setting" + _nearest(name, known), file="environment", key=name
            )


def explain(error: ValidationError, file: str, model: Model) -> SettingsError:
    """Turn the first problem into one line; the others follow in the detail."""
    problems = error.errors(include_url=False, include_context=True)
    # One problem per key: a value that fits no branch of a union fails once for each.
    told = {
        (told.file, told.key): told
        for told in (_problem(p, file, model) for p in reversed(problems))
    }
    first, *others = reversed(told.values())
    if others:
        first.detail += "".join(f"\n  and {other}" for other in others)
    return first


def _problem(problem: ErrorDetails, file: str, model: Model) -> SettingsError:
    # The location ends with the branch of a union or the place in a list: keep what is a key.
    names = [part for part in problem["loc"] if isinstance(part, str)]
    known = set(keys_of(model))
    key = ".".join(names)
    while key not in known and "." in key and problem["type"] != "extra_forbidden":
        key = key.rpartition(".")[0]
    variable = configfile.variable_of(key)
    from_environment = variable in os.environ
    place = "environment" if from_environment else file
    shown = variable if from_environment else key
    if problem["type"] == "extra_forbidden":
        return SettingsError(
            "there is no such setting" + _nearest(key, known), file=place, key=shown
        )
    detail = problem["msg"].removeprefix("Value error, ")
    return SettingsError(detail, file=place, key=shown, expected=_expected(key, model))


def _expected(key: str, model: Model) -> str:
    """The type of a key in words a person writes in TOML."""
    *sections, name = key.split(".")
    for section in sections:
        model = _section(model, section)
    field = model.model_fields.get(name)
    if field is None:
        return "a section of keys"
    schema = TypeAdapter(field.rebuild_annotation()).json_schema()
    return _in_words(schema)


def _section(model: Model, name: str) -> Model:
    annotation = model.model_fields[name].annotation
    return (
        annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else model
    )


_BOUNDS = (("exclusiveMinimum", "more than"), ("minimum", "at least"), ("maximum", "at most"))
_NETWORKS = {"ipv4network", "ipv6network"}
_WORDS = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "string": "text in quotes",
    "object": "a section of keys",
    "null": "nothing",
}


def _in_words(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        words = dict.fromkeys(_in_words(s) for s in schema["anyOf"] if s.get("type") != "null")
        return " or ".join(words)
    if schema.get("format") in _NETWORKS:
        return 'a network such as "10.0.0.0/8"'
    if "enum" in schema:
        return "one of " + ", ".join(f'"{value}"' for value in schema["enum"])
    if schema.get("type") == "array":
        return "a list of " + _in_words(schema.get("items", {}))
    text = _WORDS.get(str(schema.get("type")), "another value")
    return text + "".join(f", {words} {schema[key]}" for key, words in _BOUNDS if key in schema)


def _nearest(name: str, known: set[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only when something is wrong

    close = get_close_matches(name, known, n=1)
    return f", did you mean {close[0]}?" if close else ""
