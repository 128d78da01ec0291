"""Visitor tokens: what is signed is what is read, and nothing else is."""

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.relay.badge import BadgeId
from middleware.relay.badges import Shown
from middleware.relay.errors import BadToken
from middleware.relay.model import VisitorId
from middleware.web.tokens import Tokens, key_id

OLD, NEW = "o" * 32, "n" * 32
ADA = Shown(BadgeId("badge"), VisitorId("ada"), 3)
GOOD = {"aud": "visitor", "sub": "ada", "bdg": "badge", "gen": 3, "exp": 2_000_000_000}
tokens = Tokens([NEW], lifetime=60)


def signed(claims: object, *, key: str = NEW, kid: object = key_id(NEW), algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})  # type: ignore[arg-type]


def test_a_token_says_what_it_was_issued_for_and_until_when() -> None:
    """It is all a page needs to come back."""
    assert (ADA, 1060) == tokens.read(tokens.issue(ADA, now=1000), now=1059)


def test_a_token_expires() -> None:
    """A forgotten browser does not hold a chat for ever."""
    with pytest.raises(BadToken, match="expired"):
        tokens.read(tokens.issue(ADA, now=1000), now=1060)


def test_an_old_key_still_reads_after_a_rotation() -> None:
    """Keys can be changed without logging everyone out; new tokens are signed with the new one."""
    before, after = Tokens([OLD], lifetime=60), Tokens([NEW, OLD], lifetime=60)
    assert ADA == after.read(before.issue(ADA, now=0), now=1)[0]
    assert key_id(NEW) == jwt.get_unverified_header(after.issue(ADA, now=0))["kid"]
    with pytest.raises(BadToken):
        before.read(after.issue(ADA, now=0), now=1)


def test_only_the_key_that_a_token_names_is_tried() -> None:
    """What the log and the operator are told about a token's key is the truth."""
    with pytest.raises(BadToken):
        Tokens([NEW, OLD], lifetime=60).read(signed(GOOD, key=OLD, kid=key_id(NEW)), now=1)
    assert key_id(NEW) not in NEW
    assert key_id(NEW) != key_id(OLD)


@pytest.mark.parametrize("kid", ["", "0" * 8, key_id(OLD), key_id(NEW).upper()])
def test_a_token_of_a_key_we_do_not_have_is_refused(kid: str) -> None:
    """Anybody can write a token; only we can sign one."""
    with pytest.raises(BadToken):
        tokens.read(signed(GOOD, kid=kid), now=1)


def test_a_token_without_a_key_id_is_refused() -> None:
    """We never made one."""
    with pytest.raises(BadToken):
        tokens.read(jwt.encode(GOOD, NEW, algorithm="HS256"), now=1)


@pytest.mark.parametrize("algorithm", ["none", "HS512"])
def test_a_token_that_chooses_its_algorithm_is_refused(algorithm: str) -> None:
    """`alg: none` is the oldest trick there is."""
    chooser = Tokens([NEW * 2], lifetime=60)
    key = "" if algorithm == "none" else NEW * 2
    with pytest.raises(BadToken):
        chooser.read(signed(GOOD, key=key, kid=key_id(NEW * 2), algorithm=algorithm), now=1)


def _without(name: str) -> dict[str, Any]:
    return {claim: value for claim, value in GOOD.items() if claim != name}


@pytest.mark.parametrize(
    "claims",
    [
        *[_without(name) for name in GOOD],
        {**GOOD, "aud": "identity"},
        {**GOOD, "aud": ["visitor"]},
        {**GOOD, "exp": "soon"},
        {**GOOD, "gen": 0},
        {**GOOD, "gen": "3"},
        {**GOOD, "sub": ""},
        {**GOOD, "sub": "x" * 65},
    ],
)
def test_a_token_without_its_claims_is_refused(claims: dict[str, object]) -> None:
    """Even one that our own key signed: for another purpose, by a mistake of its owner."""
    with pytest.raises(BadToken):
        tokens.read(signed(claims), now=1)


@pytest.mark.parametrize(
    "head",
    [
        b"[" * 1500,
        b'{"alg":"HS256","kid":' + b"[" * 1400,
        b'{"alg":"HS256","kid":[]}',
        b'{"alg":"HS256","kid":{}}',
        b'{"alg":[]}',
        b"null",
        b"\xff",
        b'{"alg":"HS256","kid":"\\ud800"}',
        json.dumps({"alg": "HS256", "kid": key_id(NEW), "crit": ["exp"], "b64": False}).encode(),
    ],
    ids=range(9),
)
def test_a_token_with_an_odd_head_is_refused_in_peace(head: bytes) -> None:
    """What it says of itself is read before its signature; depth, kind and bytes are the attacker's choice."""
    odd = base64.urlsafe_b64encode(head).rstrip(b"=").decode()
    with pytest.raises(BadToken):
        tokens.read(f"{odd}.e30.e30", now=1)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_refused_in_peace(text: str) -> None:
    """Whatever a page sends, half characters included, the answer is `bad_token`."""
    with pytest.raises(BadToken):
        tokens.read(text, now=1)


@given(st.integers(0, 400), st.sampled_from("abcXYZ019-_.=\0"))
def test_a_token_with_one_letter_changed_never_says_something_else(place: int, letter: str) -> None:
    """The last letter of a part may hold bits that mean nothing; every other is signed."""
    good = tokens.issue(ADA, now=1000)
    place %= len(good)
    changed = good[:place] + letter + good[place + 1 :]
    try:
        assert (ADA, 1060) == tokens.read(changed, now=1001)
    except BadToken:
        assert changed != good
