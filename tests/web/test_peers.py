"""The address at the other end, which nobody chooses for themselves."""

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from middleware.web.peers import address_of


def seen(*forwarded: str, remote: str = "10.0.0.1", proxies: int = 0) -> str:
    """The address of a request with these headers."""
    headers = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    return address_of(request, trusted_proxies=proxies)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ([], 0, "10.0.0.1"),
        (["203.0.113.1"], 0, "10.0.0.1"),
        (["203.0.113.1"], 1, "203.0.113.1"),
        (["6.6.6.6, 203.0.113.1"], 1, "203.0.113.1"),
        (["6.6.6.6", "203.0.113.1"], 1, "203.0.113.1"),
        (["6.6.6.6, 203.0.113.1, 10.0.0.2"], 2, "203.0.113.1"),
        (["203.0.113.1"], 2, "10.0.0.1"),
        ([], 1, "10.0.0.1"),
        (["6.6.6.6, unknown"], 1, "10.0.0.1"),
        (["203.0.113.1:4711"], 1, "203.0.113.1"),
        (["[2001:db8::1]:4711"], 1, "2001:db8::/64"),
        (["2001:db8::aaaa"], 1, "2001:db8::/64"),
        (["::ffff:203.0.113.1"], 1, "203.0.113.1"),
        ([",,,"], 1, "10.0.0.1"),
    ],
)
def test_only_what_the_trusted_proxies_say_is_believed(forwarded: list[str], proxies: int, address: str) -> None:
    """What stands left of their own entries anybody may have written."""
    assert address == seen(*forwarded, proxies=proxies)


@given(
    written=st.lists(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30), max_size=4),
    proxies=st.integers(0, 3),
    remote=st.ip_addresses().map(str) | st.just(""),
)
def test_whatever_is_written_an_address_comes_out(written: list[str], proxies: int, remote: str) -> None:
    """One that limits can count by: an address, a network, or nobody's."""
    address = seen(*written, remote=remote, proxies=proxies)
    assert address == "unknown" or ip_network(address)


@given(
    forged=st.lists(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30), max_size=4),
    visitor=st.ip_addresses(v=4).map(str),
    proxies=st.integers(1, 3),
)
def test_nobody_chooses_their_address(forged: list[str], visitor: str, proxies: int) -> None:
    """Whatever a visitor writes into the header, each proxy adds whom it saw."""
    added = [visitor, *(f"10.0.0.{number}" for number in range(2, proxies + 1))]
    assert visitor == seen(*forged, ", ".join(added), proxies=proxies)


@pytest.mark.parametrize(
    ("remote", "address"), [("fe80::1%eth0", "fe80::/64"), ("2001:db8:0:1::5", "2001:db8:0:1::/64"), ("", "unknown")]
)
def test_one_customer_is_one_address(remote: str, address: str) -> None:
    """Whoever has an IPv6 network has 18 trillion addresses."""
    assert address == seen(remote=remote)
