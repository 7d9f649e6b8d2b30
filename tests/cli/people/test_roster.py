"""`idvault roster`, `auditor init` and `custodian init`: from keys on four hosts to a published roster."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idvault_dev.authority import Authority
from idvault_people import identity_folder
from idvault_verify.attest.people import roster
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands
from tools.support import merkle

NOW = datetime.now(UTC)
WITNESSES = [str(merkle.witness(f"witness.example/w{number}", seed=30 + number).key) for number in range(4)]
WATCHED = ("--witness", WITNESSES[0])


class People:
    """Custodians and an auditor, each with a folder, a certificate and a passphrase file."""

    def __init__(self, idvault: Commands, folder: Path) -> None:
        self.idvault = idvault
        self.folder = folder
        self.passphrase = folder / "passphrase"
        self.passphrase.write_text("correct horse battery\n")
        self.authority = Authority.open(certificate=folder / "ca.pem", key=folder / "ca.key", now=NOW)
        self.file = folder / "draft.json"

    def certificate(self, role: str, name: str) -> Path:
        path = self.folder / f"{name}.pem"
        uri = f"spiffe://vault.example/{role}/{name}"
        self.authority.issue_client(uris=[uri], certificate=path, key=self.folder / f"{name}.key", now=NOW)
        return path

    def init(self, role: str, name: str, *more: object) -> Path:
        folder = self.folder / "people" / name
        arguments = [role, "--identity", folder, "--passphrase-file", self.passphrase, "init", "--name", name]
        result = self.idvault(*arguments, "--organization", "an example", *more)
        assert result.code == ExitCode.DONE, result.err
        assert result.last == f"{role}: {name} initialised"
        return folder

    def team(self) -> list[Path]:
        names = ("ann", "ben", "cat")
        folders = [
            self.init("custodian", n, "--certificate", self.certificate("custodian", n)) for n in names
        ]
        return [*folders, self.init("auditor", "dan", "--certificate", self.certificate("auditor", "dan"))]

    def propose(self, folders: list[Path], *more: object, quorum: str = "first:2:ann,ben,cat") -> None:
        people = [part for folder in folders for part in ("--person", folder / "public.json")]
        result = self.idvault(
            "roster",
            "propose",
            self.file,
            *people,
            "--quorum",
            quorum,
            *(() if "--after" in more else WATCHED),
            *more,
        )
        assert result.code == ExitCode.DONE, result.err
        assert "proposed, not signed yet" in result.last

    def sign(self, folder: Path) -> None:
        result = self.idvault(
            "roster", "sign", self.file, "--identity", folder, "--passphrase-file", self.passphrase
        )
        assert result.code == ExitCode.DONE, result.err


@pytest.fixture
def people(idvault: Commands, tmp_path: Path) -> People:
    """Members without keys."""
    return People(idvault, tmp_path)


def test_first_version_needs_every_custodian(people: People) -> None:
    """A first roster is valid only once all its custodians have signed it."""
    team = people.team()
    people.propose(team)
    for folder in team[:2]:
        people.sign(folder)
    refused = people.idvault("roster", "verify", people.file)
    assert refused.code == ExitCode.UNVERIFIED
    assert "quorum first: 2 of its custodians signed, 3 are needed" in refused.err
    people.sign(team[2])
    verified = people.idvault("roster", "verify", people.file)
    assert (verified.code, verified.last) == (0, "roster: version 1, 1 quorums, 4 people, valid")


def test_published_versions_follow_one_another(people: People, tmp_path: Path) -> None:
    """Publishing puts a verified version in place and keeps each; the next needs M of the previous."""
    place = tmp_path / "service" / "roster.json"
    place.parent.mkdir()
    people.idvault.set(ROSTER=place)
    team = people.team()
    people.propose(team)
    assert people.idvault("roster", "publish", people.file).code == ExitCode.UNVERIFIED
    assert not place.exists()
    for folder in team[:3]:
        people.sign(folder)
    for _ in range(2):
        published = people.idvault("roster", "publish", people.file)
        assert published.last == "roster: version 1, 1 quorums, 4 people, valid"
    before = tmp_path / "before.json"
    before.write_bytes(place.read_bytes())
    eve = people.init("custodian", "eve", "--certificate", people.certificate("custodian", "eve"))
    people.propose([eve], "--after", before, "--remove", "cat", quorum="first:2:ann,ben,eve")
    people.sign(team[0])
    assert people.idvault("roster", "verify", people.file, "--after", before).code == ExitCode.UNVERIFIED
    people.sign(team[1])
    verified = people.idvault("roster", "verify", people.file, "--after", before)
    assert verified.last == "roster: version 2, 1 quorums, 4 people, valid"
    assert people.idvault("roster", "publish", people.file).code == ExitCode.DONE
    assert roster.parse(place.read_bytes()).version == 2
    assert place.with_name("roster.1.json").read_bytes() == before.read_bytes()
    assert people.idvault("roster", "verify", place).code == ExitCode.DONE
    assert people.idvault("roster", "publish", before).code == ExitCode.UNVERIFIED


def test_show_names_everybody(people: People) -> None:
    """`show` prints members, quorums, signers and the digest, and whether the roster is valid yet."""
    team = people.team()
    people.propose(team)
    people.sign(team[0])
    shown = people.idvault("roster", "show", people.file)
    for text in ("custodian  ann", "auditor    dan", "2 of ann, ben, cat", "signed by  ann", "digest     "):
        assert text in shown.out
    assert (shown.code, ", valid" in shown.out) == (ExitCode.UNVERIFIED, False)
    assert "1 of its custodians signed, 3 are needed" in shown.err
    for folder in team[1:3]:
        people.sign(folder)
    shown = people.idvault("roster", "show", people.file)
    assert (shown.code, shown.last) == (0, "roster: version 1, 1 quorums, 4 people, valid")


def test_certificate_may_come_with_the_proposal(people: People) -> None:
    """Keys created before a certificate are pinned when the roster is proposed."""
    names = ("ann", "ben", "cat")
    folders = [people.init("custodian", name) for name in names]
    listed = [part for folder in folders for part in ("--person", folder / "public.json")]
    arguments = ["roster", "propose", people.file, *listed, "--quorum", "first:2:ann,ben,cat", *WATCHED]
    refused = people.idvault(*arguments)
    assert refused.code == ExitCode.UNVERIFIED
    assert "spki" in refused.err
    given = [part for name in names for part in ("--certificate", people.certificate("custodian", name))]
    assert people.idvault(*arguments, *given).code == ExitCode.DONE


@pytest.mark.parametrize(
    ("quorum", "code", "text"),
    [
        ("first", ExitCode.WRONG_USAGE, "NAME:M:CUSTODIAN"),
        ("first:x:ann", ExitCode.WRONG_USAGE, "NAME:M:CUSTODIAN"),
        ("first:1:ann,ben,cat", ExitCode.UNVERIFIED, "2 or more"),
        ("first:3:ann,ben,cat", ExitCode.UNVERIFIED, "one custodian more"),
        ("first:0:ann,ben,cat", ExitCode.UNVERIFIED, "must not be 0"),
        ("first:2:ann,ben,dan", ExitCode.UNVERIFIED, "dan is not a custodian"),
        ("first:2:ann,ben,zoe", ExitCode.UNVERIFIED, "not a member of the roster"),
    ],
)
def test_unsafe_quorum_is_refused(people: People, quorum: str, code: ExitCode, text: str) -> None:
    """A quorum that is too small, too fragile or of unknown members is not proposed."""
    listed = [part for folder in people.team() for part in ("--person", folder / "public.json")]
    result = people.idvault("roster", "propose", people.file, *listed, "--quorum", quorum)
    assert result.code == code
    assert text in result.err
    assert not people.file.exists()


def test_removing_a_stranger_is_refused(people: People) -> None:
    """Only a member of the previous version can be removed."""
    result = people.idvault("roster", "propose", people.file, "--remove", "zoe")
    assert result.code == ExitCode.UNVERIFIED
    assert "zoe" in result.err


def test_damaged_roster_is_5(people: People, tmp_path: Path) -> None:
    """A roster changed after signing does not verify, and a malformed one is reported as such."""
    team = people.team()
    people.propose(team)
    for folder in team[:3]:
        people.sign(folder)
    content = people.file.read_text().replace("an example", "an eXample", 1)
    people.file.write_text(content)
    assert "does not verify" in people.idvault("roster", "verify", people.file).err
    (tmp_path / "no.json").write_text("{")
    assert people.idvault("--json", "roster", "verify", tmp_path / "no.json").code == ExitCode.UNVERIFIED
    missing = people.idvault("roster", "verify", tmp_path / "none.json")
    assert (missing.code, "No such file" in missing.err) == (ExitCode.UNREACHABLE, True)


def test_init_keeps_keys_private(people: People) -> None:
    """Private keys are encrypted and readable only by their owner; the public file holds public keys."""
    folder = people.init("custodian", "ann")
    keys = folder / "keys.json"
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    public = json.loads((folder / "public.json").read_text())
    assert public["role"] == "custodian"
    assert public["hpke"]["suite"].startswith("MLKEM768")
    arguments = ["--identity", folder, "--passphrase-file", people.passphrase, "--name", "ann"]
    again = people.idvault("custodian", "init", *arguments, "--organization", "x")
    assert (again.code, "holds keys already" in again.err) == (ExitCode.REFUSED, True)


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (
            ["--name", "Ann", "--identity", "F", "--passphrase-file", "P"],
            ExitCode.WRONG_USAGE,
            "lower-case letters",
        ),
        (["--name", "ann", "--passphrase-file", "P"], ExitCode.WRONG_USAGE, "--identity is missing"),
        (["--name", "ann", "--identity", "F"], ExitCode.WRONG_USAGE, "--passphrase-file is missing"),
        (["--name", "ann", "--identity", "F", "--passphrase-file", "W"], ExitCode.REFUSED, "bytes or more"),
        (
            ["--name", "ann", "--identity", "F", "--passphrase-file", "P", "--certificate", "C"],
            ExitCode.REFUSED,
            "for auditor dan, not for custodian ann",
        ),
        (
            ["--name", "ann", "--identity", "F", "--passphrase-file", "P", "--certificate", "W"],
            ExitCode.REFUSED,
            "not a certificate",
        ),
    ],
)
def test_init_refuses_what_is_wrong(people: People, arguments: list[str], code: ExitCode, text: str) -> None:
    """Wrong input creates nothing, and without a terminal nobody is prompted."""
    weak = people.folder / "weak"
    weak.write_text("short")
    places = {
        "F": people.folder / "identity",
        "P": people.passphrase,
        "W": weak,
        "C": people.certificate("auditor", "dan"),
    }
    given = [places.get(argument, argument) for argument in arguments]
    result = people.idvault("custodian", "init", "--organization", "an example", *given)
    assert result.code == code
    assert text in result.err
    assert not (people.folder / "identity" / "keys.json").exists()


def test_signing_needs_the_passphrase(people: People, tmp_path: Path) -> None:
    """A wrong passphrase or folder, and a missing terminal, give no signature."""
    team = people.team()
    people.propose(team)
    wrong = tmp_path / "wrong"
    wrong.write_text("another passphrase")
    for arguments, code in (
        (["--identity", team[0], "--passphrase-file", wrong], ExitCode.REFUSED),
        (["--identity", tmp_path, "--passphrase-file", people.passphrase], ExitCode.REFUSED),
        (["--identity", team[0]], ExitCode.WRONG_USAGE),
    ):
        assert people.idvault("roster", "sign", people.file, *arguments).code == code
    assert roster.parse(people.file.read_bytes()).signatures == ()


def _policy(file: Path) -> tuple[int, list[str]]:
    """Return a file's witness quorum and the names of its witnesses."""
    found = roster.parse(file.read_bytes()).witness
    assert found is not None
    return found.threshold, [name for name, _ in found.witnesses]


def _named(*numbers: int) -> list[str]:
    return [part for number in numbers for part in ("--witness", WITNESSES[number])]


def test_a_roster_names_its_witnesses(people: People, tmp_path: Path) -> None:
    """More than half of them by default; a successor keeps them, replaces them, or changes the quorum."""
    team = people.team()
    people.propose(team, *_named(1, 2, 3))
    assert _policy(people.file) == (3, [f"witness.example/w{number}" for number in (0, 1, 2, 3)])
    shown = people.idvault("roster", "show", people.file)
    assert "witnesses  3 of 4 must cosign" in shown.out
    assert f"witness    {WITNESSES[2]}" in shown.out
    before = tmp_path / "before.json"
    before.write_bytes(people.file.read_bytes())
    after = ["--after", before]
    people.propose([], *after)
    assert _policy(people.file)[0] == 3
    people.propose([], *after, "--witness-quorum", 4)
    assert _policy(people.file)[0] == 4
    people.propose([], *after, *_named(2, 3), "--witness-quorum", 2)
    assert _policy(people.file) == (2, ["witness.example/w2", "witness.example/w3"])


@pytest.mark.parametrize(
    ("more", "code", "text"),
    [
        ([], ExitCode.UNVERIFIED, "names no witnesses"),
        ([*_named(0, 1), "--witness-quorum", "1"], ExitCode.UNVERIFIED, "more than half"),
        ([*_named(0, 0)], ExitCode.UNVERIFIED, "a witness's name occurs twice"),
        ([*_named(0), "--witness-quorum", "2"], ExitCode.WRONG_USAGE, "fewer witnesses"),
        (["--witness-quorum", "1"], ExitCode.WRONG_USAGE, "needs --witness"),
        (["--witness", "w1"], ExitCode.WRONG_USAGE, "verifier key"),
        (["--witness", str(merkle.signer("log.example").key)], ExitCode.WRONG_USAGE, "key of a log"),
    ],
)
def test_an_unwatched_log_is_not_proposed(people: People, more: list[str], code: ExitCode, text: str) -> None:
    """Outside development a roster needs witnesses, of whom more than half must cosign."""
    listed = [part for folder in people.team() for part in ("--person", folder / "public.json")]
    arguments = ["roster", "propose", people.file, *listed, "--quorum", "first:2:ann,ben,cat"]
    result = people.idvault(*arguments, *more)
    assert (result.code, text in result.err) == (code, True), result.err
    assert not people.file.exists()
    assert people.idvault(*arguments, "--development").code == ExitCode.DONE


def test_the_vault_itself_is_not_proposed_as_witness(people: People) -> None:
    """With the log's key at hand, a witness under its name is refused before anybody signs."""
    team = people.team()
    log = merkle.signer("witness.example")
    listed = [part for folder in team for part in ("--person", folder / "public.json")]
    arguments = ["roster", "propose", people.file, *listed, "--quorum", "first:2:ann,ben,cat", *WATCHED]
    result = people.idvault(*arguments, "--log-key", log.key)
    assert (result.code, "lies under that of the vault" in result.err) == (ExitCode.UNVERIFIED, True)
    for wrong, text in ((WITNESSES[0], "key of a witness"), ("none", "verifier key")):
        result = people.idvault(*arguments, "--log-key", wrong)
        assert (result.code, text in result.err) == (ExitCode.WRONG_USAGE, True), result.err
    assert not people.file.exists()
    people.propose(team, "--log-key", merkle.signer("log.example").key)
    own = ("--identity", team[0], "--passphrase-file", people.passphrase)
    result = people.idvault("roster", "sign", people.file, *own, "--log-key", log.key)
    assert (result.code, "lies under" in result.err) == (ExitCode.UNVERIFIED, True)
    # Once a member's folder is connected to the vault, it knows the log's key by itself.
    first = roster.parse(people.file.read_bytes())
    for name in ("ann", "ben", "cat"):
        folder = people.folder / "people" / name
        own = ("--identity", folder, "--passphrase-file", people.passphrase)
        assert people.idvault("roster", "sign", people.file, *own).code == ExitCode.DONE
    signed = roster.parse(people.file.read_bytes())
    identity_folder.pin(
        team[0], target="localhost:1", server_name="", ca=b"", log_key=str(log.key), versions=[signed]
    )
    people.file.write_bytes(first.to_bytes())
    own = ("--identity", team[0], "--passphrase-file", people.passphrase)
    result = people.idvault("roster", "sign", people.file, *own)
    assert (result.code, "lies under" in result.err) == (ExitCode.UNVERIFIED, True)
    (team[0] / "roster.json").write_bytes(b"{}")
    (team[0] / "connection.json").write_bytes(b"{}")
    assert people.idvault("roster", "sign", people.file, *own).code == ExitCode.REFUSED
