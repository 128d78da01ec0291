"""Signed identities: whoever they name was proved, and whatever else is refused, with words."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from middleware.relay.errors import BadIdentity
from middleware.web.identity import LONGEST_SECONDS, Identities, visitor_of
from middleware.web.tokens import Tokens
from tests.web.test_tokens import ADA

KEY, OTHER = "i" * 32, "j" * 32
HERE = "https://chat.example.com"
NOW = 1_795_000_000.0
GOOD = {"aud": HERE, "sub": "customer-42", "exp": NOW + 300}

identities = Identities([KEY], "HS256", audience=HERE)

PAIR = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = PAIR.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = (
    PAIR.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
)


def signed(key: str = KEY, *, algorithm: str = "HS256", **changes: Any) -> str:
    claims = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm)


def refused(token: str, *, at: float = NOW, by: Identities = identities) -> str:
    with pytest.raises(BadIdentity) as refusal:
        by.read(token, now=at)
    return str(refusal.value)


def test_an_identity_says_who_the_visitor_is() -> None:
    """And what the agent may rely on."""
    found = identities.read(signed(name="Ada", attributes={"tier": "gold", "id": "1", "name": "Eve"}), now=NOW)
    assert visitor_of("customer-42") == found.visitor
    assert {"tier": "gold", "id": "customer-42", "name": "Ada"} == found.verified


def test_one_subject_is_one_visitor_and_never_anothers() -> None:
    """Exactly: neither case nor blanks are smoothed away."""
    subjects = ["customer-42", "Customer-42", "customer-42 ", "customer-4", "2", "\u00e9", "e\u0301"]
    assert len(subjects) == len({visitor_of(subject) for subject in subjects})
    assert "42" not in visitor_of("42")


def test_several_keys_are_good_at_a_time() -> None:
    """So that the company can change its key without sending anybody away."""
    both = Identities([OTHER, KEY], "HS256", audience=HERE)
    assert both.read(signed(KEY), now=NOW) == both.read(signed(OTHER), now=NOW)


def test_public_keys_read_what_private_ones_signed() -> None:
    """RS256: this server can check identities, but make none."""
    public = Identities([PUBLIC], "RS256", audience=HERE)
    assert visitor_of("customer-42") == public.read(signed(PRIVATE, algorithm="RS256"), now=NOW).visitor
    with pytest.raises(BadIdentity):
        public.read(signed(PRIVATE, algorithm="RS256")[:-8] + "AAAAAAAA", now=NOW)


def _by_hand(head: bytes, claims: dict[str, Any], *, key: bytes) -> str:
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in (head, json.dumps(claims).encode())]
    seal = hmac.new(key, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(seal).rstrip(b"=")]).decode()


def test_a_public_key_is_no_secret_to_sign_with() -> None:
    """The algorithm is the settings' choice, not the token's: else everybody who knows the public key could sign."""
    forged = _by_hand(b'{"alg":"HS256","typ":"JWT"}', GOOD, key=PUBLIC.encode())
    assert "RS256" in refused(forged, by=Identities([PUBLIC], "RS256", audience=HERE))


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (signed(OTHER), "not signed with a key"),
        (signed(algorithm="HS512", key=KEY * 2), "HS256"),
        (jwt.encode(GOOD, "", algorithm="none"), "HS256"),
        (signed(exp=NOW - 31), "expired"),
        (signed(exp=NOW + LONGEST_SECONDS + 31), "too long"),
        (signed(nbf=NOW + 31), "not good yet"),
        (signed(aud="https://elsewhere.example.com"), HERE),
        (signed(aud=["https://elsewhere.example.com"]), HERE),
        (signed(aud=None), "`aud`"),
        (signed(exp=None), "`exp`"),
        (signed(sub=None), "`sub`"),
        (signed(sub=""), "`sub`"),
        (signed(sub=" "), "`sub`"),
        (signed(sub=42), "`sub`"),
        (signed(sub="x" * 256), "`sub`"),
        (signed(name="x" * 101), "`name`"),
        (signed(name="a\0b"), "`name`"),
        (signed(attributes={"tier": 1}), "`attributes`"),
        (signed(attributes={f"a{n}": "" for n in range(51)}), "`attributes`"),
        ("", "JWT"),
        ("a.b.c", "JWT"),
        ("\ud800.a.b", "JWT"),
    ],
)
def test_whatever_proves_nothing_is_refused_with_words(token: str, words: str) -> None:
    """Whoever builds the page must learn what is wrong; whoever forges learns nothing they did not know."""
    assert words in refused(token)


@pytest.mark.parametrize(
    "changes", [{"exp": NOW - 29}, {"nbf": NOW + 29}, {"aud": [HERE, "other"]}, {"exp": NOW + 3600}]
)
def test_clocks_may_differ_a_little(changes: dict[str, Any]) -> None:
    """Two machines never agree to the second."""
    assert identities.read(signed(**changes), now=NOW)


def test_a_visitors_token_is_no_identity_and_an_identity_no_token() -> None:
    """Even if somebody gave both the same key."""
    token = Tokens([KEY], lifetime=60).issue(ADA, now=NOW)
    assert "`aud`" in refused(token)


def test_a_server_without_keys_says_so() -> None:
    """And does not take the page's word for it."""
    assert "IDENTITY_KEYS" in refused(signed(), by=Identities([], "HS256", audience=HERE))


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_refused_in_peace(text: str) -> None:
    """Whatever a page sends, the answer is `bad_identity`."""
    refused(text)


@given(
    st.dictionaries(
        st.sampled_from(["aud", "sub", "exp", "nbf", "name", "attributes"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(HERE),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=5,
        ),
    )
)
def test_any_claims_are_read_or_refused_in_peace(claims: dict[str, Any]) -> None:
    """The company's own server may be wrong, too."""
    try:
        found = identities.read(jwt.encode(claims, KEY, algorithm="HS256"), now=NOW)
    except BadIdentity:
        return
    except TypeError:
        return  # What cannot be put into a JWT.
    assert found.verified["id"] == claims["sub"]
