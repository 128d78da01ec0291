"""Webhooks that Twilio never sent, in every way that is known to have worked somewhere."""

import gzip
import hashlib
import hmac
import json
import random
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote_plus, urlencode

from twilio.request_validator import RequestValidator

from tests.torture.flexland import SEED

Fields = Mapping[str, str]

FORM = "application/x-www-form-urlencoded"
REFUSED = frozenset({400, 403, 405, 411, 413, 415})
"""What a forgery may be answered with."""
TAG = "forger"
"""How everything begins that a forger wants to be believed."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A request as it is sent."""

    path: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"
    chunked: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What a forger knows: the address, and what a webhook looks like. The right key only the tests have."""

    url: str
    dice: random.Random
    path: str
    fields: Fields
    key: str = field(default=SEED.auth_token, repr=False)

    def letter(self, *, signed_for: str | None = None, key: str | None = None, **changed: str) -> Letter:
        """A well-made letter, signed for this address with this key; `changed` are headers."""
        signature = self.seal(signed_for or self.url + self.path, self.fields, key=key)
        headers = {"Content-Type": FORM, "X-Twilio-Signature": signature, **changed}
        return Letter(self.path, urlencode(self.fields).encode(), headers)

    def seal(self, url: str, fields: Fields, *, key: str | None = None) -> str:
        """The signature."""
        return str(RequestValidator(key or self.key).compute_signature(url, fields))

    def json(self, *, hashed: str | None) -> Letter:
        """The fields as JSON, rightly signed for an address with this hash of a body in it."""
        path = self.path if hashed is None else f"{self.path}?bodySHA256={hashed}"
        headers = {"Content-Type": "application/json", "X-Twilio-Signature": self.seal(self.url + path, {})}
        return Letter(path, json.dumps(self.fields).encode(), headers)


def _with(letter: Letter, **changed: str) -> Letter:
    return replace(letter, headers={**letter.headers, **changed})


def _without_signature(desk: Desk) -> Letter:
    return replace(desk.letter(), headers={"Content-Type": FORM})


def _signature_of_other_fields(desk: Desk) -> Letter:
    return replace(desk.letter(), body=urlencode({**desk.fields, "Body": f"{TAG}:a2"}).encode())


def _other_query(desk: Desk) -> Letter:
    return replace(desk.letter(), path=desk.path + "?more=1")


def _queries_swapped(desk: Desk) -> Letter:
    letter = desk.letter(signed_for=f"{desk.url}{desk.path}?a=1&b=2")
    return replace(letter, path=desk.path + "?b=2&a=1")


def _boundary_moved(desk: Desk) -> Letter:
    """Names and values are signed without a mark between them, so this has the right signature."""
    moved = {("Bod" if name == "Body" else name): value for name, value in desk.fields.items()}
    moved["Bod"] = "y" + desk.fields["Body"]
    return replace(desk.letter(), body=urlencode(moved).encode())


def _twice(desk: Desk) -> Letter:
    body = urlencode([("Body", "Hello"), *desk.fields.items()]).encode()
    return replace(desk.letter(), body=body)


def _other_account(desk: Desk) -> Letter:
    return replace(desk, fields={**desk.fields, "AccountSid": "AC" + "9" * 32}).letter()


def _by_get(desk: Desk) -> Letter:
    query = "&".join(f"{name}={quote_plus(value)}" for name, value in desk.fields.items())
    path = f"{desk.path}?{query}"
    return Letter(path, b"", {"X-Twilio-Signature": desk.seal(desk.url + path, {})}, method="GET")


def _other_seal(desk: Desk) -> Letter:
    """The sender proposes how the signature is to be checked, and a key that it knows."""
    text = desk.url + desk.path + "".join(name + desk.fields[name] for name in sorted(desk.fields))
    seal = b64encode(hmac.new(b"shared", text.encode(), hashlib.sha256).digest()).decode()
    settings = {"Type": "SharedKey", "Algorithm": "HMAC_SHA256", "SharedKeyId": "default"}
    headers = {"X-Twilio-Signature": seal, "X-Twilio-Webhooks-Signature-Settings": json.dumps(settings)}
    return _with(desk.letter(), **headers)


def _host_believed(desk: Desk) -> Letter:
    letter = desk.letter(signed_for=f"https://evil.example{desk.path}")
    return _with(letter, **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})


def _compressed(desk: Desk) -> Letter:
    letter = desk.letter()
    return _with(replace(letter, body=gzip.compress(letter.body)), **{"Content-Encoding": "gzip"})


KINDS: Mapping[str, Callable[[Desk], Letter]] = {
    "no signature": _without_signature,
    "empty signature": lambda desk: _with(desk.letter(), **{"X-Twilio-Signature": ""}),
    "odd signature": lambda desk: _with(desk.letter(), **{"X-Twilio-Signature": desk.dice.randbytes(20).hex()}),
    "another's key": lambda desk: desk.letter(key="another"),
    "signed for another host": lambda desk: desk.letter(signed_for=f"https://elsewhere.example{desk.path}"),
    "signed for another scheme": lambda desk: desk.letter(signed_for=desk.url.replace("http", "https") + desk.path),
    "signed for another port": lambda desk: desk.letter(signed_for=f"{desk.url}0{desk.path}"),
    "signed for another path": lambda desk: desk.letter(signed_for=f"{desk.url}/elsewhere"),
    "the request's own idea of its host": _host_believed,
    "another query": _other_query,
    "queries swapped": _queries_swapped,
    "other fields": _signature_of_other_fields,
    "a boundary moved": _boundary_moved,
    "a field twice": _twice,
    "another account": _other_account,
    "JSON without a hash": lambda desk: desk.json(hashed=None),
    "JSON with a wrong hash": lambda desk: desk.json(hashed="0" * 64),
    "JSON with its hash": lambda desk: desk.json(hashed=hashlib.sha256(json.dumps(desk.fields).encode()).hexdigest()),
    "GET": _by_get,
    "another kind of signature": _other_seal,
    "two megabytes": lambda desk: replace(desk.letter(), body=b"Body=" + b"x" * 2_000_000),
    "compressed": _compressed,
    "of unknown length": lambda desk: replace(desk.letter(), chunked=True),
    "another content type": lambda desk: _with(desk.letter(), **{"Content-Type": "text/plain"}),
    "no form": lambda desk: replace(desk.letter(), body=desk.dice.randbytes(50)),
}
"""Every way, by its name."""


def tempting(channel: str, dice: random.Random) -> list[tuple[str, dict[str, str]]]:
    """Paths and fields by which, were they believed, somebody would speak, come, or end the chat in this channel."""
    sid = f"{dice.getrandbits(128):032x}"
    place = {"AccountSid": SEED.account_sid, "ChannelSid": channel, "ConversationSid": channel}
    words = {**place, "MessageSid": f"IM{sid}", "Index": "7", "From": TAG, "Author": TAG, "Body": f"{TAG}:a1"}
    agent = {**place, "MemberSid": f"MB{sid}", "ParticipantSid": f"MB{sid}", "Identity": TAG, "Body": ""}
    agent["Attributes"] = json.dumps({"member_type": "agent"})
    over = {**place, "Attributes": json.dumps({"status": "INACTIVE"}), "StateTo": "closed", "Body": ""}
    return [
        ("/new-message", {**words, "EventType": "onMessageSent", "Source": "SDK"}),
        ("/new-message", {**words, "EventType": "onMessageAdded", "Source": "SDK"}),
        ("/new-message", {**agent, "EventType": "onMemberAdded"}),
        ("/new-message", {**agent, "EventType": "onParticipantAdded"}),
        ("/channel-update", {**over, "EventType": "onChannelUpdated"}),
        ("/channel-update", {**over, "EventType": "onConversationStateUpdated"}),
    ]
