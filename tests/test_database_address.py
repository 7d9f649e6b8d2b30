"""Addresses of a PostgreSQL server, and of several of which one accepts writes."""

import pytest

from idvault.core.config import database
from idvault.core.config.database import Host, is_exposed, parse

WRITABLE = "target_session_attrs=read-write"
VERIFIED = "sslmode=verify-full&sslrootcert=/etc/ca.pem"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGPORT", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql:///vault", ()),
        ("postgresql://u@/vault?host=/run/postgresql", (("/run/postgresql", 5432),)),
        ("postgresql://u@%2Frun%2Fpostgresql/vault", (("/run/postgresql", 5432),)),
        ("postgresql://u:p@db1.example/vault", (("db1.example", 5432),)),
        (f"postgresql://u@a:1,b:2,c/vault?{WRITABLE}", (("a", 1), ("b", 2), ("c", 5432))),
        (f"postgresql://u@a,b/vault?port=1,2&{WRITABLE}", (("a", 1), ("b", 2))),
        (f"postgresql://u@/vault?host=a,b&port=6000&{WRITABLE}", (("a", 6000), ("b", 6000))),
        (f"postgresql://u@127.0.0.1,[::1]:7/vault?{WRITABLE}", (("127.0.0.1", 5432), ("::1", 7))),
    ],
)
def test_hosts_are_read_as_the_driver_reads_them(url: str, hosts: tuple[tuple[str, int], ...]) -> None:
    """From the address or its options, each with its own port, the common one, or PostgreSQL's."""
    assert parse(url).hosts == tuple(Host(*each) for each in hosts)


def test_hosts_of_the_environment_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver takes them if the address names none."""
    monkeypatch.setenv("PGHOST", "a,b")
    monkeypatch.setenv("PGPORT", "1,2")
    assert parse(f"postgresql:///vault?{WRITABLE}").hosts == (Host("a", 1), Host("b", 2))
    monkeypatch.delenv("PGPORT")
    assert parse("postgresql://c:3/vault").hosts == (Host("c", 3),)
    with pytest.raises(ValueError, match=r"target_session_attrs=read-write"):
        parse("postgresql:///vault")


@pytest.mark.parametrize("wanted", ["", "?target_session_attrs=any", "?target_session_attrs=primary"])
def test_several_hosts_are_asked_for_the_one_that_accepts_writes(wanted: str) -> None:
    """Otherwise the driver takes the first that answers, which may be a standby or a fenced leader."""
    with pytest.raises(ValueError, match=r"^must have target_session_attrs=read-write"):
        parse(f"postgresql://u:secret@a,b/vault{wanted}")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("postgresql://u:secret@a,,b/vault", "must name each host"),
        ("postgresql://u:secret@[::1/vault", "must name each host"),
        ("postgresql://u:secret@a:0/vault", "port numbers"),
        ("postgresql://u:secret@a:65536/vault", "port numbers"),
        ("postgresql://u:secret@a,b,c/vault?port=1,2", "one port, or one for each host"),
        ("postgresql://u:secret@/vault?host=a&host=b", "host twice"),
        ("postgresql://u:secret@a/vault?sslmode=verify-full&sslmode=prefer", "sslmode twice"),
        ("mysql://u:secret@a/vault", "must be postgresql://"),
    ],
)
def test_other_addresses_are_refused(url: str, problem: str) -> None:
    """The text says what is wrong and repeats nothing of the address."""
    with pytest.raises(ValueError, match=problem) as refused:
        parse(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("hosts", "options", "exposed"),
    [
        ("127.0.0.1,[::1],localhost", "", False),
        ("127.0.0.1,db2.example", "", True),
        ("db1.example,db2.example", "&sslmode=require", True),
        ("db1.example,db2.example", f"&{VERIFIED}", False),
        ("", "&host=/run/postgresql,db2.example", True),
        ("", "&service=vault", True),
        ("", f"&service=vault&{VERIFIED}", False),
        ("localhost", "&service=vault", False),
    ],
)
def test_every_host_off_the_host_is_verified(hosts: str, options: str, exposed: bool) -> None:
    """One server that need not prove its name is enough for an attacker; a service file names any."""
    assert is_exposed(f"postgresql://u@{hosts}/vault?{WRITABLE}{options}") is exposed


def test_a_service_of_the_environment_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The driver then takes hosts from its service file."""
    monkeypatch.setenv("PGSERVICE", "vault")
    assert database.is_exposed("postgresql:///vault")
    assert not database.is_exposed("sqlite:///vault")
