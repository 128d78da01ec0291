"""Whoever looks for secrets in a log must find them: each kind alone, and nothing in a log as it should be."""

import pytest

from tests.torture.attackers import ADDRESS
from tests.torture.planted import TOKEN_KEY, found_in

GOOD = '{"delivery": 7, "chat": "0b1c", "event": "Delivery waits.", "reason": "Twilio said 429"}\n'


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Twilio refused v3:v17", "a text"),
        ("forger12:a1 came", "a text"),
        ('{"name": "Planted v3"}', "a name, an e-mail address or a street"),
        ("v3@planted.example", "a name, an e-mail address or a street"),
        ("Alex Rivera came", "an agent's name"),
        ("GET /?token=eyJhbGciOiJIUzI1NiJ9.e30.x", "a token"),
        (TOKEN_KEY, "a key"),
        (f"refused {ADDRESS}", "an attacker's address"),
        ("polled by 0sid9-sid", "a socket's id"),
    ],
)
def test_each_kind_of_secret_is_found_and_shown_by_its_line(line: str, kind: str) -> None:
    """Else a clean run would mean nothing."""
    assert [f"the log holds {kind}: {line}"] == found_in(f"{GOOD}{line}\n{GOOD}", sockets={"0sid9-sid", "other"})


def test_nothing_is_found_in_a_log_as_it_should_be() -> None:
    """Ids of chats and deliveries are nobody's."""
    assert [] == found_in(GOOD, sockets={"0sid9-sid"})
