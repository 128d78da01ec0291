"""Twilio's ways of saying no: the status, the code, and a body of four fields."""

import base64
import io
from typing import Any

import pytest

from tests.simulator.house import House

NOBODY = "CH" + "0" * 32


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def form_headers(house: House) -> dict[str, str]:
    told = {"Content-Type": "application/x-www-form-urlencoded"}
    return {**told, **basic(house.seed.account_sid, house.seed.auth_token)}


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": ""}, {"Authorization": "Basic ?"}, {"Authorization": "Bearer eDp5"}, basic("AC", "no")],
)
async def test_wrong_credentials_are_refused(house: House, headers: dict[str, str]) -> None:
    """A wrong token must be told apart from everything that passes by itself."""
    refused = await house.rest("GET", "/v1/FlexFlows", headers=headers)

    assert (401, 20003) == (refused.status, refused.json["code"])


async def test_an_api_key_opens_the_account_too(house: House) -> None:
    """Production uses a key for REST, and the token for signatures only."""
    headers = basic(house.seed.api_key_sid, house.seed.api_key_secret)

    assert 200 == (await house.rest("GET", "/v1/FlexFlows", headers=headers)).status


async def test_credentials_reach_no_log(house: House) -> None:
    """The wire log is shown to people."""
    await house.rest("GET", "/v1/FlexFlows")

    assert house.seed.auth_token not in str(house.log)
    assert "Basic" not in str(house.log)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/Nowhere",
        f"/v1/Channels/{NOBODY}",
        "/v2/Services/IS1",
        "/v2/Services/{service}/Channels/none",
        "/v3/Services",
    ],
)
async def test_what_does_not_exist_is_not_found(house: House, path: str) -> None:
    """Routes and things alike, in the same words."""
    path = path.replace("{service}", house.seed.chat_service_sid)
    refused = await house.rest("GET", path)

    assert {
        "code": 20404,
        "message": f"The requested resource {path} was not found",
        "more_info": "https://www.twilio.com/docs/errors/20404",
        "status": 404,
    } == refused.json
    assert 404 == refused.status


async def test_a_wrong_method_is_refused_in_the_same_shape(house: House) -> None:
    """Clients read errors with one reader."""
    refused = await house.rest("PUT", "/v1/FlexFlows")

    assert (405, 405) == (refused.status, refused.json["status"])


@pytest.mark.parametrize(
    ("path", "form", "told"),
    [
        ("/v1/Channels", {"Identity": "v"}, "Missing required parameter FlexFlowSid"),
        ("/v1/FlexFlows", {"FriendlyName": "x"}, "Missing required parameter ChatServiceSid"),
        ("{channel}/Messages", {"Attributes": "{"}, "Attributes is not valid JSON"),
        ("{channel}/Messages", {"DateCreated": "soon"}, "DateCreated is not an ISO 8601 date"),
        ("{channel}/Messages", {"MediaSid": "ME1"}, "MediaSid is not a sid"),
        ("{channel}/Webhooks", {}, "Missing required parameter Type"),
        ("{channel}/Webhooks", {"Type": "web"}, "Type is none of webhook, trigger, studio"),
        ("{channel}/Webhooks", {"Type": "webhook"}, "Missing required parameter Configuration.Url"),
        ("{channel}/Webhooks", {"Type": "studio"}, "Missing required parameter Configuration.FlowSid"),
        (
            "{channel}/Webhooks",
            {"Type": "webhook", "Configuration__Url": "http://x", "Configuration__Filters": ["onMessageSend"]},
            "events that do not exist: onMessageSend",
        ),
        (
            "{channel}/Webhooks",
            {"Type": "webhook", "Configuration__Url": "http://x", "Configuration__RetryCount": 4},
            "RetryCount is not a whole number from 0 to 3",
        ),
        ("{channel}/Members", {}, "Missing required parameter Identity"),
        (
            "{channel}/Members/vera",
            {"LastConsumedMessageIndex": "all"},
            "LastConsumedMessageIndex is not a whole number",
        ),
        ("{service}", {"ReadStatusEnabled": "yes"}, "ReadStatusEnabled is neither true nor false"),
        ("{service}/Users/vera", {"Attributes": "no"}, "Attributes is not valid JSON"),
    ],
)
async def test_a_bad_parameter_is_named(house: House, path: str, form: dict[str, Any], told: str) -> None:
    """Whoever reads the error knows what to mend."""
    channel = f"{house.service}/Channels/{await house.open_channel()}"
    refused = await house.rest("POST", path.format(channel=channel, service=house.service), **form)

    assert (400, 20001) == (refused.status, refused.json["code"])
    assert told in refused.json["message"]


async def test_too_many_triggers_and_too_long_an_address_have_codes_of_their_own(house: House) -> None:
    """Twilio lists both among its errors."""
    path = f"{house.service}/Channels/{await house.open_channel()}/Webhooks"
    many = await house.rest(
        "POST", path, Type="trigger", Configuration__Url="http://x", Configuration__Triggers=list("abcdef")
    )
    long = await house.rest("POST", path, Type="webhook", Configuration__Url="http://x/" + "y" * 2048)

    assert [50322, 50332] == [many.json["code"], long.json["code"]]


async def test_a_body_too_large_to_read_is_refused_in_the_same_shape(house: House) -> None:
    """A client that sends megabytes learns it from the status, and the log stays readable."""
    body = io.BytesIO(b"FriendlyName=" + b"x" * 2**21)
    refused = await house.ask("POST", "/v1/FlexFlows", headers=form_headers(house), data=body)

    assert (413, 413) == (refused.status, refused.json["status"])
    assert [] == house.log[-1]["form"]


async def test_bytes_that_are_no_text_do_no_harm(house: House) -> None:
    """They are read as replacement characters, as a lenient server does."""
    channel = await house.open_channel()
    path = f"{house.service}/Channels/{channel}/Messages"
    said = await house.ask("POST", path, headers=form_headers(house), data=b"Body=\xff%FF")

    assert (201, "\ufffd\ufffd") == (said.status, said.json["body"])
