"""The JSON schema of the answers file (draft 2020-12), made from the declaration, for editors.

Knows how a declared key reads as a schema. It must not know keys of its own.
"""

from __future__ import annotations

import json
from typing import Any

from .declared import HOST, ROOT
from .keys import Hosts, Item, Key, Pairs, Section

Schema = dict[str, Any]

_MEMORY = r"^\s*\d+(\.\d+)?\s*([bB]|[bB]ytes|[kKmMgGtT]([iI]?[bB])?)\s*$"
_PLAIN = ["string", "number", "boolean"]


def answers_schema() -> Schema:
    """The schema as a value."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_section(ROOT),
        "$defs": {"host": {"anyOf": [{"type": "string", "minLength": 1}, _section(HOST)]}},
    }


def schema_text() -> str:
    """The schema as the asset `answers.schema.json` holds it."""
    return json.dumps(answers_schema(), indent=2, ensure_ascii=False) + "\n"


def _section(section: Section) -> Schema:
    schema: Schema = {
        "title": section.title,
        "description": section.help,
        "type": "object",
        "additionalProperties": False,
        "properties": {item.name: _item(item) for item in section.keys},
    }
    required = [item.name for item in section.keys if not isinstance(item, Pairs) and item.required]
    return {**schema, "required": required} if required else schema


def _item(item: Item) -> Schema:
    if isinstance(item, Section):
        return _section(item)
    words: Schema = {"title": item.title, "description": item.help}
    if isinstance(item, Pairs):
        pairs: Schema = {"type": "object", "additionalProperties": {"type": _PLAIN}}
        return {**words, **pairs, "examples": [dict(item.examples)]} if item.examples else {**words, **pairs}
    if isinstance(item, Hosts):
        one: Schema = {"$ref": "#/$defs/host"}
        return {**words, **(_listed(one) if item.many else one), "examples": list(item.examples)}
    return {**words, **_key(item)}


def _key(key: Key) -> Schema:
    one: Schema = {"type": "string", "minLength": 1}
    if key.choices:
        one = {"enum": list(key.choices)}
    elif key.kind == "memory":
        one = {"type": "string", "pattern": _MEMORY}
    elif key.kind == "boolean":
        one = {"type": "boolean"}
    elif key.kind == "number":
        least, most = key.bounds or (0, None)
        one = {"type": "integer", "minimum": least, **({"maximum": most} if most is not None else {})}
    schema = _listed(one) if key.many else one
    if key.default is not None:
        schema["default"] = list(key.default) if isinstance(key.default, tuple) else key.default
    if key.examples:
        schema["examples"] = list(key.examples)
    return schema


def _listed(one: Schema) -> Schema:
    """A list; one value may stand alone."""
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}]}
