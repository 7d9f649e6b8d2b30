"""An example for your own tests: signs people up at a real vault, with a registry that the test controls."""

from datetime import UTC, datetime

import pytest

from clients.examples.im_backend import Form, ImBackend
from idvault_client import Consent, resident_id, testing

pytest_plugins = ["idvault_client.pytest_plugin"]


def test_a_badge_for_a_verified_person(idvault_server: testing.Server) -> None:
    """The backend under test shows a badge once the vault says so."""
    person = idvault_server.registry.newcomer()
    with idvault_server.connect() as vault:
        backend = ImBackend(vault)
        verification = backend.sign_up(Form("晴空", person.name, person.number))
        assert verification is not None
        assert verification.succeeded
        assert backend.profile("晴空") == "晴空 ✓"
        backend.close()


def test_a_mismatch(idvault_server: testing.Server) -> None:
    """A name that does not belong to the number is refused."""
    person, other = idvault_server.registry.newcomer(), idvault_server.registry.newcomer()
    with idvault_server.connect() as vault:
        answer = vault.verify_individual(
            other.name, resident_id(person.number), consent=Consent("terms-3", datetime.now(UTC))
        )
    assert answer.failure_reason.name == "MISMATCH"


@pytest.mark.parametrize("mode", ["down", "hang"])
def test_an_outage_of_the_registry(idvault_server: testing.Server, mode: str) -> None:
    """A sign-up is pending while the registry is down."""
    person = idvault_server.registry.newcomer()
    idvault_server.registry.behave(mode)
    try:
        with idvault_server.connect(timeout=10) as vault:
            answer = vault.verify_individual(
                person.name, resident_id(person.number), consent=Consent("terms-3", datetime.now(UTC))
            )
        assert answer.pending
    finally:
        idvault_server.registry.reset()
