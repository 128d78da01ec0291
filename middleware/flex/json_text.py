"""JSON as Twilio writes it, and as whoever writes attributes there may."""

import json

import orjson


def read_json(text: str) -> object:
    """What the text says. Raises `ValueError`.

    orjson reads most of it in a fifth of the time, and refuses some that the standard library reads, as half a
    character in an escape.
    """
    try:
        return orjson.loads(text)
    except ValueError:
        return _at_length(text)


def _at_length(text: str) -> object:
    try:
        found: object = json.loads(text)
    except RecursionError as error:
        raise ValueError("too deep") from error
    return found
