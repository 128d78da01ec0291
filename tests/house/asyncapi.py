"""docs/asyncapi.yaml as a thing to ask: which events there are, and what is wrong with a payload."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator  # type: ignore[import-untyped]

DOCUMENT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "docs/asyncapi.yaml").read_text())
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]


def found(ref: str) -> Any:
    """What a reference leads to; references that lead to references are followed."""
    what: Any = DOCUMENT
    for part in ref.removeprefix("#/").split("/"):
        what = what[part]
    return found(what["$ref"]) if isinstance(what, dict) and set(what) == {"$ref"} else what


def references(part: Any) -> Iterator[str]:
    """Every reference below."""
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        part = list(part.values())
    if isinstance(part, list):
        for value in part:
            yield from references(value)


def events(namespace: str, action: str) -> dict[str, Any]:
    """The messages of this action (`receive` or `send`, as the server sees it) by their events' names."""
    channel = next(f"#/channels/{name}" for name, one in DOCUMENT["channels"].items() if one["address"] == namespace)
    operations = [one for one in DOCUMENT["operations"].values() if one["channel"]["$ref"] == channel]
    listed = [ref["$ref"] for one in operations if one["action"] == action for ref in one["messages"]]
    return {found(ref)["name"]: found(ref) for ref in listed}


def answers(namespace: str, event: str) -> list[Any]:
    """The messages that may answer this ask."""
    return [found(ref["$ref"]) for ref in _operation(namespace, event)["reply"]["messages"]]


def _operation(namespace: str, event: str) -> Any:
    asked = [one for one in DOCUMENT["operations"].values() if one["action"] == "receive"]
    here = [one for one in asked if found(one["channel"]["$ref"])["address"] == namespace]
    return next(one for one in here if event in [found(ref["$ref"])["name"] for ref in one["messages"]])


def wrong(message: Mapping[str, Any], payload: object) -> list[str]:
    """What is wrong with the payload of such a message; one without a description carries nothing."""
    if "payload" not in message:
        return [] if payload is None else [f"{message['name']} carries nothing"]
    return wrong_by(message["payload"], payload)


def wrong_by(schema: Mapping[str, Any], payload: object) -> list[str]:
    """What is wrong with a payload by this schema of the page."""
    validator = Draft7Validator(
        {**schema, "components": DOCUMENT["components"]}
        if "$ref" not in schema
        else {"allOf": [schema], "components": DOCUMENT["components"]}
    )
    return [f"{'.'.join(map(str, error.path))} {error.message}".strip() for error in validator.iter_errors(payload)]
