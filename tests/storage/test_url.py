"""Database addresses."""

import pytest

from idvault.storage import url


def test_both_kinds_get_their_driver() -> None:
    """What an operator writes gets the asynchronous driver, and the password stays."""
    assert url.parse("sqlite:///var/main.sqlite3").drivername == "sqlite+aiosqlite"
    parsed = url.parse("postgresql://vault:secret@db.internal:5432/vault")
    assert (parsed.drivername, parsed.password) == ("postgresql+asyncpg", "secret")
    assert (url.is_sqlite(parsed), parsed.database) == (False, "vault")


def test_ssl_mode_is_passed_on() -> None:
    """libpq's sslmode reaches the driver under its own name."""
    parsed = url.parse("postgresql://vault@db.internal/vault?sslmode=verify-full&host=/run")
    assert dict(parsed.query) == {"ssl": "verify-full", "host": "/run"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no address: secret",
        "mysql://vault:secret@host/vault",
        "postgresql+psycopg://vault:secret@host/vault",
        "postgresql://vault:secret@host",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_other_addresses_are_refused_without_being_repeated(text: str) -> None:
    """The refusal shows no password."""
    with pytest.raises(ValueError, match="database") as refused:
        url.parse(text)
    assert "secret" not in str(refused.value)
    assert "secret" not in str(refused.value.__cause__)
