"""Webhook requests are verified before anything of them is believed."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from middleware.flex.chat_events import event_of as read_message
from middleware.flex.conversation_events import event_of as read_conversation
from middleware.flex.webhook import Fields, Verifier, key, sign
from middleware.relay.errors import BadWebhook, Forged, WebhookRefused
from middleware.relay.model import Event
from middleware.relay.ports import WebhookRequest

TOKEN = "12345"
ACCOUNT = "AC" + "0" * 32
URL = "https://chat.example.com"
FIELDS = {"AccountSid": ACCOUNT, "EventType": "onMessageSent", "Body": "Алло! & so on", "Empty": ""}
FORM = "application/x-www-form-urlencoded; charset=utf-8"

verifier = Verifier(auth_tokens=[TOKEN], account_sid=ACCOUNT, public_url=URL)


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
        Verifier(auth_tokens=[TOKEN], account_sid=ACCOUNT, public_url=f"https://{host}").read(request)


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


REAL = {
    "AccountSid": ACCOUNT,
    "Attributes": "{}",
    "Body": "Hello",
    "ChannelSid": "CH" + "1" * 32,
    "EventType": "onMessageSent",
    "From": "alex",
    "Index": "3",
    "MessageSid": "IM" + "2" * 32,
    "RetryCount": "0",
    "Source": "SDK",
    "WebhookSid": "WH" + "3" * 32,
}
"""What a form has in common with Twilio's."""

OTHER = "ChannelSidCH" + "9" * 32
TAIL = "ChannelSid" + REAL["ChannelSid"] + "EventTypeonMessageSentFromalexIndex3"


def joined(fields: Mapping[str, str]) -> str:
    return "".join(name + fields[name] for name in sorted(fields))


@pytest.mark.parametrize(
    ("real", "moved"),
    [
        ({}, {"Body": None, "Bod": "yHello"}),
        ({}, {"Body": None, "BodyH": "ello"}),
        ({}, {"Body": None, "B": "odyHello"}),
        ({}, {"MessageSid": None, "MessageSidIM": "2" * 32}),
        ({}, {"MessageSid": None, "Index": "3MessageSidIM" + "2" * 32}),
        ({}, {"WebhookSid": None, "Source": "SDKWebhookSidWH" + "3" * 32}),
        ({}, {"Source": None, "RetryCount": "0SourceSDK"}),
        ({}, {"Source": None, "WebhookSid": None, "RetryCount": "0Source", "SDKWebhookSid": "WH" + "3" * 32}),
        ({}, {"Source": "SDKWeb", "WebhookSid": None, "hookSid": "WH" + "3" * 32}),
        ({}, {"Attributes": "{}BodyHello", "Body": None}),
        ({"Body": "x" + OTHER}, {"Body": "x", "ChannelSid": "CH" + "9" * 32 + "ChannelSidCH" + "1" * 32}),
    ],
)
def test_fields_cannot_move_their_boundaries(real: dict[str, str], moved: dict[str, str | None]) -> None:
    """M24: the signature joins names and values without a mark, so these are signed as well as the real one."""
    before = {**REAL, **real}
    after = {name: value for name, value in {**before, **moved}.items() if value is not None}
    assert joined(before) == joined(after)
    assert before == verifier.read(signed(before))
    with pytest.raises(BadWebhook):
        read_message(verifier.read(signed(after)))


def _cut_anew(text: str, places: list[int]) -> dict[str, str] | None:
    """The signed text as other fields: names and values between these places, if Twilio would join them so again."""
    cuts = sorted({place % len(text) for place in places} - {0})
    parts = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    fields = dict(zip(parts[::2], [*parts[1::2], ""], strict=False))
    return fields if joined(fields) == text else None


def _boundaries(form: Mapping[str, str]) -> list[int]:
    """Where names and values of the form begin in its signed text."""
    text, starts = joined(form), [0]
    for name in sorted(form):
        starts += [starts[-1] + len(name), starts[-1] + len(name) + len(form[name])]
    assert len(text) == starts[-1]
    return starts[:-1]


_CONVERSATION = {
    "AccountSid": ACCOUNT,
    "Attributes": "{}",
    "ChatServiceSid": "IS" + "4" * 32,
    "ConversationSid": "CH" + "1" * 32,
    "DateCreated": "2026-11-20T10:00:00.000Z",
    "MessagingServiceSid": "MG" + "5" * 32,
    "RetryCount": "0",
    "Source": "SDK",
}
_MESSAGE = {"Author": "alex", "Body": "Hello", "Index": "3", "MessageSid": "IM" + "2" * 32}
_MEMBER = {"Identity": "alex", "FriendlyName": "Chat From Ada", "ParticipantSid": "MB" + "6" * 32}
SIGNED: list[tuple[dict[str, str], Callable[[Fields], Event | None]]] = [
    (REAL, read_message),
    ({**REAL, "EventType": "onMessageUpdated", "DateUpdated": "2026-11-20T10:00:00.000Z"}, read_message),
    ({**_CONVERSATION, **_MESSAGE, "EventType": "onMessageAdded"}, read_conversation),
    ({**_CONVERSATION, **_MEMBER, "EventType": "onParticipantAdded"}, read_conversation),
    (
        {**_CONVERSATION, "StateFrom": "active", "StateTo": "closed", "EventType": "onConversationStateUpdated"},
        read_conversation,
    ),
]
"""What somebody may have got hold of."""


@settings(max_examples=300)
@given(data=st.data(), which=st.sampled_from(SIGNED))
def test_a_signed_form_cut_anew_says_nothing_else(
    data: st.DataObject, which: tuple[dict[str, str], Callable[[Fields], Event | None]]
) -> None:
    """M24: fields swallowed by others, and new ones cut anywhere: it is refused, or means what it meant."""
    form, read = which
    assert form == verifier.read(signed(form))
    boundaries = _boundaries(form)
    swallowed = data.draw(st.lists(st.integers(1, len(form) - 1), min_size=1, max_size=3))
    without = [boundaries[2 * number + half] for number in swallowed for half in (0, 1)]
    more = data.draw(st.lists(st.integers(1, len(joined(form)) - 1), max_size=3))
    moved = _cut_anew(joined(form), [*({*boundaries} - {*without}), *more])
    if moved is None:
        return
    try:
        event = read(verifier.read(signed(moved)))
    except WebhookRefused:
        return
    assert event in {None, read(form)}


def test_an_event_type_that_swallowed_a_field_means_nothing() -> None:
    """There is no such event."""
    fields = {**REAL, "EventType": "onMessageSentFromalex"}
    del fields["From"]
    assert joined(REAL) == joined(fields)
    assert None is read_message(verifier.read(signed(fields)))


@pytest.mark.parametrize("hidden_in", ["Zzz", "FriendlyName", "From", "Identity"])
def test_a_text_cannot_become_fields_of_its_own(hidden_in: str) -> None:
    """A visitor may write what looks like the end of a chat; the rest of the form has to go somewhere, and is found."""
    victim = f"{OTHER}EventTypeonChannelDestroyed{hidden_in}"
    before = {"AccountSid": ACCOUNT, "Body": f"x{victim}", "ChannelSid": "CH" + "1" * 32, "EventType": "onMessageSent"}
    rest = f"ChannelSid{before['ChannelSid']}EventTypeonMessageSent"
    after = {
        "AccountSid": ACCOUNT,
        "Body": "x",
        "ChannelSid": "CH" + "9" * 32,
        "EventType": "onChannelDestroyed",
        hidden_in: rest,
    }
    assert joined(before) == joined(after)
    assert before == verifier.read(signed(before))
    with pytest.raises(BadWebhook):
        verifier.read(signed(after))


def test_names_that_twilio_may_add_one_day_are_let_through() -> None:
    """It adds fields without a word; whatever stands in them is not read."""
    fields = {**REAL, "Priority": "high", "MessagingBinding.Address": "+1234", "Zone": "us1"}
    assert fields == verifier.read(signed(fields))


def test_either_token_is_good_while_it_is_changed() -> None:
    """Twilio signs with the new one from the moment somebody promotes it."""
    both = Verifier(auth_tokens=["old", "new"], account_sid=ACCOUNT, public_url=URL)
    for token in ("old", "new"):
        assert both.read(signed(token=token)) == FIELDS
    with pytest.raises(Forged):
        both.read(signed(token="another"))


def test_the_sender_cannot_choose_how_the_signature_is_checked() -> None:
    """M25: the twilio package knows a header that names another algorithm and a key of the sender's."""
    text = URL + "/new-message" + joined(FIELDS)
    seal = b64encode(hmac.new(b"mine", text.encode(), hashlib.sha256).digest()).decode()
    settings = '{"Type": "SharedKey", "Algorithm": "HMAC_SHA256"}'
    request = with_header(
        with_header(signed(), "X-Twilio-Signature", seal), "X-Twilio-Webhooks-Signature-Settings", settings
    )
    with pytest.raises(Forged):
        verifier.read(request)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_any_body_is_refused_in_peace(body: bytes, signature: str) -> None:
    """No request may end in a 500."""
    headers = {"X-Twilio-Signature": signature, "Content-Type": FORM}
    with pytest.raises(WebhookRefused):
        verifier.read(WebhookRequest("POST", "/new-message", headers, body))


@given(st.dictionaries(st.text(min_size=1), st.text()), st.text(), st.text(min_size=1))
@settings(max_examples=200, deadline=None)
def test_our_signature_is_the_twilio_packages(fields: dict[str, str], path: str, token: str) -> None:
    """We compute it ourselves only because that is quicker."""
    url = "https://relay.example.com/" + path
    try:
        expected = RequestValidator(token).compute_signature(url, fields)
    except UnicodeEncodeError:
        return  # Half characters come neither from a form nor from a URL.
    assert expected.encode() == sign(url, fields, key=key(token))
