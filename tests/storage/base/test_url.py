"""Database addresses."""

import pytest

from idvault.core.db import url


def test_both_kinds_are_told_apart() -> None:
    """An address is a file or a server; the server's options reach the driver unchanged."""
    assert url.is_sqlite(url.parse("sqlite:///var/main.sqlite3"))
    rest = "/vault?sslmode=verify-full&sslrootcert=%2Fca.pem"
    parsed = url.parse(f"postgresql://vault:secret@db.internal:5432{rest}")
    assert not url.is_sqlite(parsed)
    assert parsed.servers
    assert parsed.servers.rest == f"postgresql://vault:secret@{rest}"
    assert "secret" not in repr(parsed)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no address: secret",
        "mysql://vault:secret@host/vault",
        "postgresql+psycopg://vault:secret@host/vault",
        "postgresql://vault:secret@host",
        "postgresql://vault:secret@host/",
        "postgresql://vault:secret@one,two/vault",
        "postgresql://vault:secret@one:port/vault",
        "postgresql://vault:se@cret@one/vault",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_other_addresses_are_refused_without_being_repeated(text: str) -> None:
    """The error shows no password."""
    with pytest.raises(ValueError, match="database") as refused:
        url.parse(text)
    assert "secret" not in str(refused.value)
    assert "secret" not in str(refused.value.__cause__)
