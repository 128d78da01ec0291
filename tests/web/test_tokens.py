"""Visitor tokens."""

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from middleware.relay.errors import BadToken
from middleware.relay.model import VisitorId
from middleware.web.tokens import Tokens

OLD, NEW = "o" * 32, "n" * 32
ADA = VisitorId("ada")


def test_a_token_names_its_visitor() -> None:
    """It is all a page needs to come back."""
    tokens = Tokens([NEW], lifetime=60)
    assert tokens.read(tokens.issue(ADA, now=1000), now=1059) == ADA


def test_a_token_expires() -> None:
    """A forgotten browser does not hold a chat for ever."""
    tokens = Tokens([NEW], lifetime=60)
    with pytest.raises(BadToken, match="expired"):
        tokens.read(tokens.issue(ADA, now=1000), now=1060)


def test_an_old_key_still_reads_after_a_rotation() -> None:
    """Keys can be changed without logging everyone out."""
    before, after = Tokens([OLD], lifetime=60), Tokens([NEW, OLD], lifetime=60)
    assert after.read(before.issue(ADA, now=0), now=1) == ADA


def test_a_foreign_key_is_refused() -> None:
    """Anybody can write a token; only we can sign one."""
    with pytest.raises(BadToken):
        Tokens([NEW], lifetime=60).read(Tokens([OLD], lifetime=60).issue(ADA, now=0), now=1)


def test_an_unsigned_token_is_refused() -> None:
    """`alg: none` is the oldest trick there is."""
    unsigned = jwt.encode({"sub": "ada", "exp": 2_000_000_000}, "", algorithm="none")
    with pytest.raises(BadToken):
        Tokens([NEW], lifetime=60).read(unsigned, now=1)


@pytest.mark.parametrize("claims", [{"sub": "ada"}, {"exp": 2_000_000_000}, {"sub": "ada", "exp": "soon"}])
def test_a_token_without_its_claims_is_refused(claims: dict[str, object]) -> None:
    """Even one that our own key signed."""
    with pytest.raises(BadToken):
        Tokens([NEW], lifetime=60).read(jwt.encode(claims, NEW, algorithm="HS256"), now=1)


@given(st.text())
def test_any_text_is_refused_in_peace(text: str) -> None:
    """Whatever a page sends, the answer is `bad_token`."""
    with pytest.raises(BadToken):
        Tokens([NEW], lifetime=60).read(text, now=1)
