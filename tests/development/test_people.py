"""Development's certificates, people and first roster."""

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idvault_dev import certificates, layout, people
from idvault_dev.layout import Layout
from idvault_people.opens import identity
from idvault_verify.attest import certificate
from idvault_verify.attest.people import roster, roster_chain, roster_signature
from idvault_verify.attest.reading import RosterError
from idvault_verify.attest.witness import WitnessPolicy
from tools.support import merkle

NOW = datetime.now(UTC)
WITNESS = merkle.witness("witness.example/w1", seed=9).key


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layout, str]:
    """A prepared state folder, and the quorum id."""
    place = Layout(tmp_path_factory.mktemp("state") / "var")
    place.create()
    certificates.prepare(place, now=NOW)
    return place, people.prepare(place)


def test_roster_is_valid_and_names_everybody(prepared: tuple[Layout, str]) -> None:
    """The first roster is signed by all custodians and has a quorum of two of three."""
    place, quorum_id = prepared
    found = roster.parse(place.roster.read_bytes())
    roster_signature.verify(found, previous=None)
    assert [each.name for each in found.people] == list(layout.PEOPLE)
    quorum = found.quorum(people.QUORUM)
    assert (quorum.threshold, len(quorum.custodians), quorum.id) == (2, 3, quorum_id)


def test_every_name_has_a_certificate_that_fits(prepared: tuple[Layout, str]) -> None:
    """Each certificate has the role and name, and the roster pins the members' certificate keys."""
    place, _ = prepared
    found = roster.parse(place.roster.read_bytes())
    for name, role in layout.ROLES.items():
        claim = certificate.read(place.certificate(name).read_bytes())
        assert claim.spiffe_id == f"spiffe://idvault.local/{role}/{name}" == layout.spiffe_id(name)
        if name in layout.PEOPLE:
            assert found.member(name).spki == claim.spki


def test_identities_open_with_the_published_passphrase(prepared: tuple[Layout, str]) -> None:
    """An identity folder holds certificate, key and personal keys under the passphrase `development`."""
    place, _ = prepared
    own = identity.load(place.people / "custodian-a", passphrase=b"development")
    assert (own.name, own.role) == ("custodian-a", "custodian")
    for name in ("certificate.pem", "key.pem", "keys.json"):
        assert (place.people / "custodian-a" / name).exists()


def test_second_start_changes_nothing(prepared: tuple[Layout, str]) -> None:
    """Existing files stay unchanged."""
    place, quorum_id = prepared
    before = {path: path.read_bytes() for path in place.state.rglob("*") if path.is_file()}
    certificates.prepare(place, now=NOW)
    assert people.prepare(place) == quorum_id
    assert {path: path.read_bytes() for path in place.state.rglob("*") if path.is_file()} == before


def test_start_cut_short_goes_on(prepared: tuple[Layout, str]) -> None:
    """Identities that were created before the roster was written are used again."""
    place, quorum_id = prepared
    content = place.roster.read_bytes()
    place.roster.unlink()
    assert people.prepare(place) == quorum_id
    assert roster.parse(place.roster.read_bytes()).digest() == roster.parse(content).digest()
    place.roster.write_bytes(content)


def test_damaged_roster_is_refused_not_replaced(prepared: tuple[Layout, str]) -> None:
    """A damaged roster, which the service may have adopted, is not replaced."""
    place, _ = prepared
    content = place.roster.read_bytes()
    place.roster.write_bytes(content.replace(b"Example Operations", b"Another Operations"))
    with pytest.raises(RosterError):
        people.prepare(place)
    place.roster.write_bytes(content)


def test_secrets_are_for_their_owner_only(prepared: tuple[Layout, str]) -> None:
    """Other users cannot read the private folders, keys or passphrases."""
    place, _ = prepared
    paths = [place.state, place.keys, place.passphrase, place.registry_secret_key, place.authority_key]
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in paths)
    assert place.passphrase.read_text() == "development\n"
    assert len(bytes.fromhex(place.registry_secret_key.read_text())) == 16


def test_a_new_roster_names_the_witness(tmp_path: Path) -> None:
    """The roster of a new vault demands its own witness from the first version on."""
    place = Layout(tmp_path)
    place.create()
    certificates.prepare(place, now=NOW)
    people.prepare(place, witness=WITNESS)
    made = roster_chain.load(place.roster)
    assert (made.version, made.witness) == (1, WitnessPolicy(1, ((WITNESS.name, WITNESS.public_key),)))
