"""Webhook requests are verified before anything of them is believed."""

from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from middleware.flex.webhook import Verifier
from middleware.relay.errors import BadWebhook, Forged, WebhookRefused
from middleware.relay.ports import WebhookRequest

TOKEN = "12345"
ACCOUNT = "AC" + "0" * 32
URL = "https://chat.example.com"
FIELDS = {"AccountSid": ACCOUNT, "EventType": "onMessageSent", "Body": "Алло! & so on", "Empty": ""}
FORM = "application/x-www-form-urlencoded; charset=utf-8"

verifier = Verifier(auth_token=TOKEN, account_sid=ACCOUNT, public_url=URL)


def signed(
    fields: Mapping[str, str] = FIELDS, *, path_qs: str = "/new-message", url: str = URL, token: str = TOKEN
) -> WebhookRequest:
    signature = RequestValidator(token).compute_signature(url + path_qs, fields)
    headers = {"X-Twilio-Signature": signature, "Content-Type": FORM}
    return WebhookRequest("POST", path_qs, headers, urlencode(fields).encode())


def changed(request: WebhookRequest, **changes: object) -> WebhookRequest:
    values = {name: getattr(request, name) for name in ("method", "path_qs", "headers", "body")}
    return WebhookRequest(**{**values, **changes})


def with_header(request: WebhookRequest, name: str, value: str) -> WebhookRequest:
    return changed(request, headers={**request.headers, name: value})


def test_a_signed_request_is_read() -> None:
    """Characters outside ASCII and empty fields are signed too."""
    assert verifier.read(signed()) == FIELDS


def test_path_and_query_count_exactly_as_they_were_sent() -> None:
    """Twilio signs the raw address: percent-encoding, order and all."""
    assert verifier.read(signed(path_qs="/new-message?b=2&a=%7E1")) == FIELDS


@pytest.mark.parametrize(
    ("url", "number", "signature"),
    [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("https://mycompany.com/myapp.php?foo=1&bar=2", "+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ("https://example.com/myapp.php?foo=1&bar=2", "+14158675310", "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ],
)
def test_known_signatures_are_what_we_compute(url: str, number: str, signature: str) -> None:
    """Vectors known to be right, so that a change in the twilio package cannot pass unseen.

    They hold no AccountSid, so being refused for that alone shows that the signature was right.
    """
    fields = {"CallSid": "CA1234567890ABCDE", "Digits": "1234", "To": "+18005551212", "From": number, "Caller": number}
    host, _, path_qs = url.removeprefix("https://").partition("/")
    request = WebhookRequest(
        "POST",
        f"/{path_qs}",
        {"X-Twilio-Signature": signature, "Content-Type": FORM},
        urlencode(fields).encode(),
    )
    with pytest.raises(Forged, match="another account"):
        Verifier(auth_token=TOKEN, account_sid=ACCOUNT, public_url=f"https://{host}").read(request)


@pytest.mark.parametrize(
    "forged",
    [
        changed(signed(), headers={"Content-Type": FORM}),
        with_header(signed(), "X-Twilio-Signature", ""),
        with_header(signed(), "X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        with_header(signed(), "X-Twilio-Signature", "ü" * 28),
        signed(token="another"),
        signed(url="https://evil.example.com"),
        signed(url="http://chat.example.com"),
        signed(url="https://chat.example.com:8443"),
        changed(signed(), path_qs="/channel-update"),
        changed(signed(), path_qs="/new-message?extra=1"),
        changed(signed(path_qs="/new-message?a=1&b=2"), path_qs="/new-message?b=2&a=1"),
        changed(signed(), body=urlencode({**FIELDS, "Body": "Another"}).encode()),
        changed(signed(), body=urlencode({**FIELDS, "More": "x"}).encode()),
        changed(signed(), body=b""),
        signed({**FIELDS, "AccountSid": "AC" + "1" * 32}),
        signed({"EventType": "onMessageSent"}),
    ],
)
def test_whatever_was_not_signed_for_us_is_forged(forged: WebhookRequest) -> None:
    """A stranger must not speak in an agent's name."""
    with pytest.raises(Forged):
        verifier.read(forged)


@pytest.mark.parametrize(
    "odd",
    [
        changed(signed(), method="GET"),
        with_header(signed(), "Content-Type", "application/json"),
        with_header(signed(), "Content-Type", "multipart/form-data; boundary=x"),
        with_header(signed(), "Content-Type", ""),
        changed(signed(), body=b"\xff\xfe"),
        changed(signed(), body=b"Body=%FF"),
        changed(signed(), body=b"no form at all"),
        changed(signed(), body=b"Body=1&Body=1&" + urlencode(FIELDS).encode()),
        changed(signed(), body=b"&".join(b"F%d=1" % n for n in range(101))),
    ],
)
def test_a_form_twilio_never_sends_is_refused(odd: WebhookRequest) -> None:
    """Each is a way to make the check see something else than the reader."""
    with pytest.raises(WebhookRefused):
        verifier.read(odd)


def test_a_field_that_comes_twice_is_refused_even_if_signed() -> None:
    """Which of the two counts would be a guess."""
    body = urlencode([*FIELDS.items(), ("Body", "Алло! & so on")]).encode()
    with pytest.raises(BadWebhook, match="twice"):
        verifier.read(changed(signed(), body=body))


def test_fields_can_swap_their_boundary_only_into_names_nobody_reads() -> None:
    """The signature joins names and values without a mark between them."""
    request = signed({"AccountSid": ACCOUNT, "A": "bC"})
    moved = changed(request, body=urlencode({"AccountSid": ACCOUNT, "Ab": "C"}).encode())
    assert {"AccountSid", "Ab"} == set(
        verifier.read(moved)
    )  # Twilio's scheme cannot tell; readers ignore strange names.


@given(st.binary(max_size=200), st.text(max_size=40))
def test_any_body_is_refused_in_peace(body: bytes, signature: str) -> None:
    """No request may end in a 500."""
    headers = {"X-Twilio-Signature": signature, "Content-Type": FORM}
    with pytest.raises(WebhookRefused):
        verifier.read(WebhookRequest("POST", "/new-message", headers, body))
