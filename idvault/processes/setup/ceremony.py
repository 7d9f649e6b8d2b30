"""The first roster: what it needs from whom, the proposal that the custodians sign, and its installation.

Nobody's private key is here. The custodians read the proposal on their own hosts before they sign it.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from idvault.processes.setup import place
from idvault.processes.setup.place import HostPlace, StepState
from idvault.processes.setup.plan import Plan, SetupFileError, SetupHost
from idvault.processes.setup.step import SetupStep
from idvault_verify import small_file
from idvault_verify.attest import reading
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain, roster_member, roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.commands.errors import CommandError, ExitCode
from idvault_verify.transparency.note import Algorithm, NoteError, VerifierKey, parse_key

NAME = "roster-1.json"
PUBLIC, VKEY, LOG_VKEY = "public.json", "witness.vkey", "log.vkey"
_STEP = "roster"


def witness_keys(plan: Plan) -> dict[str, VerifierKey]:
    """Return the keys of the witnesses that have sent theirs, by host; raises SetupFileError."""
    found = {}
    for host in plan.witnesses:
        path = plan.received(host.name, VKEY)
        if path.exists():
            found[host.name] = _witness_key(path, host)
    return found


def _witness_key(path: Path, host: SetupHost) -> VerifierKey:
    try:
        key = parse_key(small_file.read(path).decode().strip())
    except (NoteError, UnicodeDecodeError) as error:
        raise SetupFileError(f"{path} is not the public key of a witness", place=str(path)) from error
    if key.algorithm is not Algorithm.COSIGNATURE_V1:
        raise SetupFileError(f"{path} is the key of a log, not of a witness", place=str(path))
    if key.name != host.witness:
        raise SetupFileError(f"{path} is the key of {key.name}, not of {host.witness}", place=str(path))
    return key


def install(plan: Plan, at: HostPlace, *, log_key: VerifierKey | None) -> SetupStep:
    """Install the signed roster, or say what it needs next; raises SetupFileError, CommandError."""
    installed, signed = at.etc("roster.json"), plan.received("roster", NAME)
    if installed.exists():
        with_it = _checked(installed, lambda: roster_chain.load(installed))
        return SetupStep(_STEP, StepState.DONE, f"{installed}: version {with_it.version}")
    if signed.exists():
        return _publish(plan, at, signed, log_key)
    missing = list(_missing(plan, log_key))
    if missing:
        return SetupStep(_STEP, StepState.WAITING, f"needs {', '.join(map(str, missing))}")
    proposal = plan.sent("roster", NAME)
    found = _checked(proposal, lambda: _propose(plan, log_key))
    at.put(proposal, found.to_bytes())
    return SetupStep(_STEP, StepState.WAITING, _to_sign(plan, proposal, ()))


def _missing(plan: Plan, log_key: VerifierKey | None) -> Iterator[Path]:
    """Yield the files without which there is no proposal."""
    if log_key is None:
        yield plan.sent("log", LOG_VKEY)
    wanted = [plan.received(name, PUBLIC) for name in plan.members]
    wanted += [plan.received(host.name, VKEY) for host in plan.witnesses]
    yield from (path for path in wanted if not path.exists())


def _propose(plan: Plan, log_key: VerifierKey | None) -> Roster:
    name, threshold, custodians = plan.quorum.split(":")
    keys = witness_keys(plan)
    policy = WitnessPolicy(
        plan.witness_quorum,
        tuple((keys[host.name].name, keys[host.name].public_key) for host in plan.witnesses),
    )
    document = {
        "version": 1,
        "development": False,
        "people": [_member(plan, name, role) for name, role in plan.members.items()],
        "quorums": [{"name": name, "threshold": int(threshold), "custodians": custodians.split(",")}],
        "witness": policy.to_json(),
        "signatures": [],
    }
    found = rosters.parse(json.dumps(document, ensure_ascii=False).encode())
    _check(found, log_key)
    return found


def _member(plan: Plan, name: str, role: str) -> dict[str, object]:
    path = plan.received(name, PUBLIC)
    try:
        found = roster_member.parse(reading.document(small_file.read(path)), path.name)
    except RosterError as error:
        raise SetupFileError(f"{path} is no member's public file: {error}", place=str(path)) from error
    if (found.name, found.role) != (name, role):
        text = f"{path} is of the {found.role} {found.name}, not of the {role} {name}"
        raise SetupFileError(text, place=str(path))
    return found.to_json()


def _publish(plan: Plan, at: HostPlace, signed: Path, log_key: VerifierKey | None) -> SetupStep:
    found = _checked(signed, lambda: rosters.parse(small_file.read(signed)))
    signers = {each.name for each in found.signatures}
    wanted = {custodian.name for quorum in found.quorums for custodian in quorum.custodians}
    if wanted - signers:
        return SetupStep(_STEP, StepState.WAITING, _to_sign(plan, signed, tuple(sorted(signers))))

    def verified() -> Roster:
        roster_signature.verify(found, previous=None)
        _check(found, log_key)
        return found

    return SetupStep(
        _STEP, at.put(at.etc("roster.json"), _checked(signed, verified).to_bytes()), found.summary()
    )


def _check(found: Roster, log_key: VerifierKey | None) -> None:
    """Raise RosterError unless the roster may be in force, with witnesses that are not the vault."""
    found.check_in_force()
    if log_key is not None:
        found.check_apart(origin=log_key.name, keys=(log_key.public_key,))


def _to_sign(plan: Plan, file: Path, signers: tuple[str, ...]) -> str:
    custodians = plan.quorum.rpartition(":")[2].split(",")
    left = ", ".join(name for name in custodians if name not in signers)
    return (
        f"send {file} to {left}, one after the other: each reads it with `idvault-people roster show`, "
        f"compares the fingerprints, and signs it with `idvault-people roster sign`; put it into "
        f"{plan.received('roster', NAME)}"
    )


def _checked(path: Path, read: Callable[[], Roster]) -> Roster:
    """Return a roster; raises CommandError (5) with the file's name."""
    try:
        return read()
    except RosterError as error:
        raise CommandError(
            ExitCode.UNVERIFIED, f"{path}: {error}", reason="ROSTER_INVALID", field=str(path)
        ) from error


def for_members(plan: Plan, at: HostPlace, *, ca: Path, log_key: VerifierKey) -> Iterator[StepState]:
    """Put what a member's `connect` takes beside the member's certificate."""
    roster = at.etc("roster.json")
    for name in plan.members:
        yield at.put(plan.sent(name, "ca.pem"), small_file.read(ca))
        yield at.put(plan.sent(name, LOG_VKEY), f"{log_key}\n".encode())
        if roster.exists():
            yield at.put(plan.sent(name, "roster.json"), small_file.read(roster), mode=place.READABLE)
