"""Limits of the pages: buckets, shares and the address of a browser behind proxies."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from idvault.web.app import status_of
from idvault.web.limits import Buckets, Shares, address, prefixes
from idvault_client.errors import VaultError


def test_a_bucket_refills() -> None:
    """A burst is allowed, then the pace; another key has its own bucket."""
    pace = Buckets(burst=2, per_second=1)
    pace.check("a", now=0)
    pace.check("a", now=0)
    with pytest.raises(web.HTTPTooManyRequests):
        pace.check("a", now=0.5)
    pace.check("b", now=0.5)
    pace.check("a", now=2)


def test_one_platform_leaves_room_for_another() -> None:
    """A platform alone has half of the places; then another one still finds some."""
    shares = Shares(at_once=4)
    with shares.place("a"), shares.place("a"):
        with pytest.raises(web.HTTPServiceUnavailable), shares.place("a"):
            raise AssertionError
        with shares.place("b"):
            pass
    with shares.place("a"):
        pass


def test_a_household_has_one_bucket() -> None:
    """A /64 of IPv6 addresses belongs to one visitor; an IPv4 address counts alone, however it is written."""

    def bucket(given: str) -> str:
        return address(make_mocked_request("GET", "/", headers={"X-Forwarded-For": given}), proxies=1)

    assert bucket("2001:db8:0:1::1") == bucket("2001:db8::1:ffff:0:0:2") != bucket("2001:db8:0:2::1")
    assert bucket("::ffff:1.1.1.1") == bucket("1.1.1.1") != bucket("1.1.1.2")
    assert bucket("unknown") == bucket("hidden") == bucket("x" * 9_000) == ""


@pytest.mark.parametrize(
    ("given", "narrow", "wide"),
    [
        ("192.0.2.77:{}", "192.0.2.77", "192.0.2.0/24"),
        ("[2001:db8:5:6::8]:{}", "2001:db8:5:6::/64", "2001:db8:5::/48"),
        ("[2001:db8:5:6:7::8]", "2001:db8:5:6::/64", "2001:db8:5::/48"),
        ("192.0.2.77:port{}", "", ""),
        ("[[192.0.2.77]]:{}", "", ""),
    ],
)
def test_a_proxy_that_appends_ports(given: str, narrow: str, wide: str) -> None:
    """A new connection, with its port, is the same visitor, and what is no address is one bucket."""
    for port in (1, 8443, 65535):
        request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": given.format(port)})
        assert prefixes(request, proxies=1) == (narrow, wide)


@pytest.mark.parametrize(
    ("given", "narrow", "wide"),
    [
        ("2001:db8:5:6:7::8", "2001:db8:5:6::/64", "2001:db8:5::/48"),
        ("2001:db8:5:ffff::1", "2001:db8:5:ffff::/64", "2001:db8:5::/48"),
        ("192.0.2.77", "192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.77", "192.0.2.0/24"),
        ("unknown", "", ""),
    ],
)
def test_a_network_above_a_household(given: str, narrow: str, wide: str) -> None:
    """Whoever has a /48 or a /24 has many households' prefixes, and one bucket for all of them."""
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": given})
    assert prefixes(request, proxies=1) == (narrow, wide)


def test_a_refused_request_costs_nothing() -> None:
    """A bucket takes a whole cost or none of it, and forgets the key that was not used for longest."""
    pace = Buckets(burst=10, per_second=1, known=100)
    pace.take("a", now=0, cost=8)
    with pytest.raises(web.HTTPTooManyRequests):
        pace.check("a", now=0, cost=3)
    assert pace.has("a", now=0, cost=2)
    for place in range(100):
        pace.take(f"other {place}", now=0, cost=1)
    assert pace.has("a", now=0, cost=10)


@pytest.mark.parametrize(
    ("proxies", "given", "expected"),
    [(1, "9.9.9.9, 1.1.1.1", "1.1.1.1"), (2, "9.9.9.9, 1.1.1.1, 2.2.2.2", "1.1.1.1"), (2, "1.1.1.1", "")],
)
def test_only_our_own_proxies_are_believed(proxies: int, given: str, expected: str) -> None:
    """What a browser writes into X-Forwarded-For itself does not change whose bucket it uses."""
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": given})
    assert address(request, proxies=proxies) == expected


@pytest.mark.parametrize(
    ("code", "status"),
    [("UNAVAILABLE", 503), ("DEADLINE_EXCEEDED", 503), ("CANCELLED", 503), ("FAILED_PRECONDITION", 409)],
)
def test_an_answer_that_does_not_come_is_no_conflict(code: str, status: int) -> None:
    """Whoever gets no answer in time is told to come again, as if the vault were away."""
    assert status_of(VaultError(code=code)) == status
