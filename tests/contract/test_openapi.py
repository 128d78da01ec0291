"""The contract check goes red on every way to break it; a check that cannot fail protects nobody."""

import pytest

from middleware.simulator import RestEntry
from tests.contract.openapi import Exchange, Pairs, assert_contract, violations

CHANNEL = "/v2/Services/IS" + "54" * 16 + "/Channels/CH" + "ab" * 16
FLEX_CHANNEL = {
    "sid": "CH" + "ab" * 16,
    "account_sid": "AC" + "51" * 16,
    "flex_flow_sid": "FO" + "53" * 16,
    "user_sid": "US" + "00" * 16,
    "task_sid": None,
    "date_created": "2026-01-02T03:04:05Z",
    "date_updated": "2026-01-02T03:04:05Z",
    "url": "https://flex-api.twilio.com/v1/Channels/CH" + "ab" * 16,
}
OPENING = (
    ("FlexFlowSid", "FO" + "53" * 16),
    ("Identity", "visitor"),
    ("ChatUserFriendlyName", "Vera"),
    ("ChatFriendlyName", "Chat with Vera"),
)


def opening(form: Pairs = OPENING, *, status: int = 201, **changes: object) -> Exchange:
    return Exchange(method="POST", path="/v1/Channels", form=form, status=status, answer={**FLEX_CHANNEL, **changes})


def posting(path: str, *form: tuple[str, str], **headers: str) -> Exchange:
    return Exchange(
        method="POST", path=CHANNEL + path, form=form, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


GOOD = {
    "a channel opened, and its answer": opening(),
    "a parameter repeated": posting(
        "/Webhooks",
        ("Type", "webhook"),
        ("Configuration.Filters", "onMessageSent"),
        ("Configuration.Filters", "onMemberAdded"),
    ),
    "a header that the operation takes": posting("/Messages", ("Body", "hi"), X_Twilio_Webhook_Enabled="true"),
    "a list in pages": Exchange(method="GET", path=CHANNEL + "/Messages", query=(("PageSize", "50"),)),
    "an error in Twilio's shape": Exchange(
        method="GET",
        path=CHANNEL,
        status=404,
        answer={"code": 20404, "message": "not found", "more_info": "https://www.twilio.com", "status": 404},
    ),
}
BAD = {
    "required": (opening(OPENING[1:]), "FlexFlowSid"),
    "required, nothing sent": (opening(()), "Missing required request body|required"),
    "unknown form": (opening((*OPENING, ("Targat", "t"))), "unknown form parameter Targat"),
    "unknown query": (
        Exchange(method="GET", path=CHANNEL + "/Messages", query=(("Odrer", "asc"),)),
        "unknown query parameter Odrer",
    ),
    "unknown header": (
        posting("/Webhooks", ("Type", "webhook"), X_Twilio_Webhook_Enabled="true"),
        "unknown header X-Twilio-Webhook-Enabled",
    ),
    "body on a fetch": (Exchange(method="GET", path=CHANNEL, form=(("Body", "x"),)), "unknown form parameter Body"),
    "integer": (posting("/Webhooks", ("Type", "webhook"), ("Configuration.RetryCount", "three")), "integer"),
    "boolean": (opening((*OPENING, ("LongLived", "perhaps"))), "boolean"),
    "enum": (posting("/Webhooks", ("Type", "web")), "'web' is not one of"),
    "enum in a header": (posting("/Messages", X_Twilio_Webhook_Enabled="yes"), "'yes' is not one of"),
    "date": (posting("/Messages", ("DateCreated", "yesterday")), "'yesterday' is not a 'date-time'"),
    "sid in the form": (posting("/Messages", ("MediaSid", "ME1")), "MediaSid"),
    "sid in the path": (Exchange(method="GET", path="/v1/Channels/CH1"), "Sid"),
    "bounds": (
        Exchange(method="GET", path=CHANNEL + "/Messages", query=(("PageSize", "200"),)),
        "greater than the maximum of 100",
    ),
    "method": (Exchange(method="PUT", path=CHANNEL), "Operation put not found"),
    "address": (Exchange(method="GET", path="/v1/Chanels"), "no document describes"),
    "address below": (Exchange(method="GET", path=CHANNEL + "/Massages"), "not found"),
    "status": (opening(status=200), "200"),
    "answer lacks": (
        Exchange(method="POST", path="/v1/Channels", form=OPENING, status=201, answer={"sid": FLEX_CHANNEL["sid"]}),
        "required",
    ),
    "answer has more": (opening(reused=True), "'reused'"),
    "answer's type": (opening(sid=7), "sid"),
    "answer's date": (opening(date_created="2026-01-02 03:04"), "date-time"),
    "answer's address": (opening(url="somewhere"), "uri"),
    "error's shape": (Exchange(method="GET", path=CHANNEL, status=404, answer={"error": "?"}), "an error must be"),
    "error's status": (
        Exchange(
            method="GET",
            path=CHANNEL,
            status=404,
            answer={"code": 1, "message": "", "more_info": "", "status": 400},
        ),
        "the error says status 400",
    ),
}


@pytest.mark.parametrize("exchange", GOOD.values(), ids=GOOD)
def test_what_the_documents_allow_passes(exchange: Exchange) -> None:
    """Otherwise people would learn to ignore the check."""
    assert violations(exchange) == []


@pytest.mark.parametrize(("exchange", "told"), BAD.values(), ids=BAD)
def test_what_the_documents_forbid_is_told(exchange: Exchange, told: str) -> None:
    """Each kind of mistake is named, so that the message alone is enough to mend it."""
    with pytest.raises(AssertionError, match=told):
        assert violations(exchange) == [], "\n".join(violations(exchange))


def entry(**changes: object) -> RestEntry:
    told = {"method": "POST", "path": "/v1/Channels", "query": (), "form": OPENING, "headers": {}, "ms": 1.0}
    return RestEntry(**{**told, "status": 201, "response": FLEX_CHANNEL, **changes})  # type: ignore[arg-type]


def test_a_wire_log_is_checked_as_values_and_as_json() -> None:
    """A test in the simulator's process has the one, a test from outside the other."""
    good, bad = entry(), entry(form=OPENING[1:])
    assert_contract([good, good.as_json()])
    for each in (bad, bad.as_json()):
        with pytest.raises(AssertionError, match=r"POST /v1/Channels: .*FlexFlowSid"):
            assert_contract([good, each])


def test_an_answer_that_mischief_spoiled_is_not_held_against_anybody() -> None:
    """The request still is."""
    assert_contract([entry(status=502, response=None, fault="error_after")])
    with pytest.raises(AssertionError, match="required"):
        assert_contract([entry(status=502, response=None, fault="error_after", form=())])
