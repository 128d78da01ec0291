"""Verifies a webhook request: signed by Twilio, for this address, in the one form that is expected.

Whatever is odd is refused: https://www.twilio.com/docs/usage/security, and what the twilio package lets through.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

from middleware.flex.boundaries import check_boundaries
from middleware.relay.errors import BadWebhook, Forged, NoForm
from middleware.relay.ports import WebhookRequest

Fields: TypeAlias = Mapping[str, str]

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100


class Verifier:
    """Reads the fields of a request that this account's Twilio signed for `public_url`, with any of the tokens.

    While a token is being changed there are two, and Twilio changes from one to the other when somebody says so.
    """

    def __init__(self, *, auth_tokens: Sequence[str], account_sid: str, public_url: str) -> None:
        self._keys = [key(token) for token in auth_tokens]
        self._account_sid = account_sid
        self._public_url = public_url.rstrip("/")

    def read(self, request: WebhookRequest) -> Fields:
        """The verified fields. Raises `Forged` or `BadWebhook`."""
        signature = request.headers.get("X-Twilio-Signature", "")
        if not signature:
            raise Forged("X-Twilio-Signature is missing: only Twilio may call this address.")
        fields = _form(request)
        self._check(request.path_qs, fields, signature=signature)
        if fields.get("AccountSid") != self._account_sid:
            raise Forged("AccountSid is another account's.")
        check_boundaries(fields)
        return fields

    def _check(self, path_qs: str, fields: Fields, *, signature: str) -> None:
        """Against the address as configured; what the request says of its own host counts for nothing."""
        url, given = self._public_url + path_qs, signature.encode(errors="replace")
        expected = [sign(url, fields, key=key) for key in self._keys]
        if not any([hmac.compare_digest(one, given) for one in expected]):
            raise Forged(
                "X-Twilio-Signature does not fit: check TWILIO_AUTH_TOKEN (the primary one) and that PUBLIC_URL is"
                " exactly the address the webhook was registered with."
            )


def _pairs(text: str) -> list[tuple[str, str]]:
    """As `parse_qsl` with everything strict. Raises `ValueError`."""
    parts = text.replace("+", " ").split("&") if text else []
    if len(parts) > _MOST_FIELDS:
        raise ValueError("too many fields")
    pairs = []
    for part in parts:
        name, sign, value = part.partition("=")
        if not sign:
            raise ValueError("a field without a value")
        pairs.append((_plain(name) if "%" in name else name, _plain(value) if "%" in value else value))
    return pairs


def _plain(text: str) -> str:
    """Raises `ValueError`."""
    return unquote_to_bytes(text).decode()


def key(token: str) -> hmac.HMAC:
    """What signatures with this token begin with."""
    return hmac.new(token.encode(), digestmod="sha1")


def sign(url: str, fields: Fields, *, key: hmac.HMAC) -> bytes:
    """Twilio's signature of a form that has every field once: as the twilio package computes it, without its detours.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    signed = url + "".join([name + fields[name] for name in sorted(fields)])
    mac = key.copy()
    mac.update(signed.encode())
    return base64.b64encode(mac.digest())


def _form(request: WebhookRequest) -> Fields:
    if request.method != "POST":
        raise BadWebhook("Webhooks are accepted by POST only.")
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != _FORM:
        raise NoForm(f"Content-Type must be {_FORM}.")
    try:
        pairs = _pairs(request.body.decode("ascii"))
    except ValueError as error:
        raise BadWebhook("The body is not a form in UTF-8.") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise BadWebhook("A field comes twice: which one counts would be a guess.")
    return fields
