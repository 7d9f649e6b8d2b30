"""Keys of members: `init`, the fingerprints that people compare, `passphrase`, and what `connect` says."""

import json
from pathlib import Path

import pytest
from cryptography import x509

from idvault_dev.authority import Authority
from idvault_people.opens import identity
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain
from idvault_verify.commands.errors import ExitCode
from tests.cli.people.test_roster import NOW, People
from tests.support.commands import Commands, Result
from tools.support.log_world import KEY

WORDS = "correct horse battery"


@pytest.fixture
def people(idvault: Commands, tmp_path: Path) -> People:
    return People(idvault, tmp_path)


def key_lines(text: str) -> dict[str, str]:
    """Return the fingerprints that a command printed, by key."""
    lines = [line.strip() for line in text.splitlines()]
    names = ("signing key", "sealing key", "TLS key")
    return {
        name: line.removeprefix(name).strip() for name in names for line in lines if line.startswith(name)
    }


def init(people: People, name: str, *more: object) -> Result:
    arguments = ["auditor", "--identity", people.folder / name, "--passphrase-file", people.passphrase]
    return people.idvault(*arguments, "init", "--name", name, "--organization", "an example", *more)


def test_init_prints_what_the_roster_shows(people: People) -> None:
    """Each key has the same fingerprint in `init` and in `roster show`, whose lines fit 60 columns."""
    made = init(people, "dan", "--certificate", people.certificate("auditor", "dan"))
    assert (made.code, made.last) == (0, "auditor: dan initialised")
    own = key_lines(made.out)
    assert sorted(own) == ["TLS key", "sealing key", "signing key"]
    assert len({*own.values()}) == 3
    people.propose([*people.team()[:3], people.folder / "dan"])
    shown = people.idvault("roster", "show", people.file).out
    assert key_lines(shown[shown.index("auditor    dan") :]) == own
    assert max(len(line) for line in shown.splitlines() if " key" in line) <= 60


def test_init_makes_the_tls_key_and_says_what_comes_next(people: People) -> None:
    """The request is certified by the authority, and the pin in public.json is already that of the key."""
    made = init(people, "dan", "--trust-domain", "vault.example")
    folder = people.folder / "dan"
    assert made.code == 0
    assert f"next: have {folder / 'request.pem'} certified" in made.err
    assert f"roster propose --person {folder / 'public.json'}" in made.err
    assert "idvault-people auditor" in made.err
    asked = x509.load_pem_x509_csr((folder / "request.pem").read_bytes())
    assert asked.subject.rfc4514_string() == "CN=dan"
    before = key_lines(made.out)["TLS key"]
    people.authority.issue_client(
        uris=["spiffe://vault.example/auditor/dan"],
        certificate=folder / "certificate.pem",
        key=folder / "key.pem",
        now=NOW,
    )
    assert identity.public_entry(folder).fingerprints()["TLS key"] == before


def test_init_says_which_tls_files_are_missing(people: People) -> None:
    """Without certificate and key, both are named, and the operator needs the certificate as well."""
    made = init(people, "dan")
    folder = people.folder / "dan"
    assert f"TLS certificate into {folder / 'key.pem'}" in made.err
    assert f"next: get a TLS certificate, and put it into {folder / 'certificate.pem'}" in made.err
    assert "--certificate" in made.err
    assert key_lines(made.out)["TLS key"] == "none yet"


def test_init_refuses_a_key_of_another_certificate(people: People) -> None:
    """Before a passphrase is used; another person's certificate is not even copied."""
    own = people.certificate("auditor", "dan")
    other = people.certificate("auditor", "eve")
    wrong = init(people, "dan", "--certificate", own, "--key", people.folder / "eve.key")
    assert (wrong.code, "is not the private key of" in wrong.err) == (ExitCode.REFUSED, True)
    hers = init(people, "fay", "--certificate", other)
    assert (hers.code, "not for auditor fay" in hers.err) == (ExitCode.REFUSED, True)
    assert not (people.folder / "fay" / "certificate.pem").exists()
    for option, value in (("--trust-domain", "No Domain"), ("--name", "No Name")):
        bad = init(people, "gil", option, value)
        assert (bad.code, "lower-case letters" in bad.err) == (
            (ExitCode.WRONG_USAGE if option == "--name" else ExitCode.REFUSED),
            True,
        )
    good = init(people, "dan", "--certificate", own, "--key", people.folder / "dan.key")
    assert good.code == 0
    again = init(people, "dan")
    assert (again.code, "holds keys already" in again.err) == (ExitCode.REFUSED, True)


def test_a_passphrase_is_changed(people: People, tmp_path: Path) -> None:
    """The new one opens the keys, the old one does not; a short or wrong one changes nothing."""
    folder = people.init("auditor", "dan")
    new, short = tmp_path / "new", tmp_path / "short"
    new.write_text("staple staple staple\n")
    short.write_text("short\n")
    start = ["auditor", "--identity", folder, "--passphrase-file"]
    weak = people.idvault(*start, people.passphrase, "passphrase", "--new-passphrase-file", short)
    assert (weak.code, "11 bytes" in weak.err) == (ExitCode.REFUSED, True)
    wrong = people.idvault(*start, new, "passphrase", "--new-passphrase-file", new)
    assert (wrong.code, "cannot be opened" in wrong.err) == (ExitCode.REFUSED, True)
    done = people.idvault(*start, people.passphrase, "passphrase", "--new-passphrase-file", new)
    assert (done.code, done.last) == (0, "passphrase: of dan changed")
    assert "former passphrase" in done.err
    again = people.idvault("--json", *start, new, "passphrase", "--new-passphrase-file", people.passphrase)
    assert json.loads(again.out) == {"person": "dan", "passphrase": "changed"}
    assert identity.load(folder, passphrase=WORDS.encode()).name == "dan"


def connect(people: People, role: str, folder: Path, roster: Path) -> Result:
    return people.idvault(
        role, "--identity", folder, "connect", "--target", "127.0.0.1:1", "--ca", people.folder / "ca.pem",
        "--roster", roster, "--log-key", str(KEY),
    )  # fmt: skip


def test_connect_tells_who_is_not_in_the_roster(people: People) -> None:
    """Absent, in another role, with other keys, in no quorum: each is said, and the roster is pinned."""
    team = people.team()
    names = ("ann", "ben", "cat", "dan")
    spare = people.init("custodian", "fay", "--certificate", people.certificate("custodian", "fay"))
    people.propose([*team, spare])
    for folder in team[:3]:
        people.sign(folder)
    published = people.file
    version = roster_chain.load(published).version
    for name, folder in zip(names, team, strict=True):
        fine = connect(people, "auditor" if name == "dan" else "custodian", folder, published)
        assert (fine.code, "warning" in fine.err) == (0, False)
        assert fine.last.startswith(f"roster: version {version} pinned")
    assert "is in no quorum" in connect(people, "custodian", spare, published).err
    eve = people.init("auditor", "eve")
    gone = connect(people, "auditor", eve, published)
    assert f"warning: eve is not in version {version} of the roster: ask the operator" in gone.err
    assert gone.code == 0
    for member, public, text in (
        ("ann", {"role": "auditor"}, "ann is a custodian in version 1 of the roster, not an auditor"),
        ("dan", {"actor_id": "0" * 32}, "has other keys for dan"),
    ):
        folder = people.folder / "other" / member
        folder.mkdir(parents=True)
        kept = json.loads((people.folder / "people" / member / "public.json").read_text())
        (folder / "public.json").write_text(json.dumps({**kept, **public}))
        assert text in connect(people, "auditor", folder, published).err
    Authority.open(certificate=people.folder / "ca.pem", key=people.folder / "ca.key", now=NOW).issue_client(
        uris=["spiffe://vault.example/auditor/dan"],
        certificate=team[3] / "certificate.pem",
        key=team[3] / "other.key",
        now=NOW,
    )
    moved = connect(people, "auditor", team[3], published)
    assert "pins another TLS key for dan" in moved.err
    assert rosters.parse((team[3] / "roster.json").read_bytes()).version == version


def test_an_operator_gets_a_public_file(people: People) -> None:
    """`operator init` makes what `roster propose` takes; an operator has no requests."""
    operator = people.init("operator", "eve", "--certificate", people.certificate("operator", "eve"))
    people.propose([*people.team(), operator])
    assert "operator   eve" in people.idvault("roster", "show", people.file).out
    for command in ("list", "drill"):
        assert people.idvault("operator", "--identity", operator, command).code == ExitCode.WRONG_USAGE
