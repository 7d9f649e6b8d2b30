"""How the Python readers read each file of clients/vectors: what each says of a case, None if it accepts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from idvault_verify import strict_base64, strict_json
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.offline import (
    CheckError,
    StatusVerifier,
    disclosure_history,
    erasure,
    receipt,
    witness_policy,
)
from idvault_verify.offline import order as order_check
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence import file as proof_file
from idvault_verify.offline.log import epochs as log_epochs
from idvault_verify.offline.log.files import Parts
from idvault_verify.offline.order import ReferredReport
from idvault_verify.offline.platforms import PlatformsFile
from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.offline.report import ReportCheck
from idvault_verify.sanction import SanctionCategory
from idvault_verify.strict_base64 import Base64Error
from idvault_verify.strict_json import JsonError, JsonSizeError
from idvault_verify.tip_off import ReferralState, TargetKind, TipOffTarget
from idvault_verify.transparency import checkpoint, epoch, log_key, note, report, stated, tile
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy, RolledBackError
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.log_key import LogKeyChange
from idvault_verify.transparency.proof import ConsistencyError, verify_consistency, verify_inclusion
from idvault_verify.transparency.report import LongReportError, ReportError
from idvault_verify.transparency.tree import EMPTY_ROOT, CompactRange, LogError, leaf_hash
from tools.support.generate.vectors import case as cases

Page = dict[str, Any]
Case = dict[str, Any]


def policy(page: Page, given: Case) -> CosignaturePolicy:
    """Return the policy of a case; raises LogError."""
    of = {**page, **given}
    log = note.parse_key(of["log"])
    witnesses = tuple(note.parse_key(each) for each in of["witnesses"])
    return CosignaturePolicy(log.name, (log,), witnesses, of["quorum"])


def json(page: Page, given: Case) -> str | None:
    """Read a JSON text."""
    try:
        strict_json.parse(cases.apply(page["inputs"], given["input"]), limit=page["limit"])
    except JsonSizeError:
        return "TOO_LONG"
    except JsonError:
        return "MALFORMED"
    return None


def base64(page: Page, given: Case) -> str | None:
    """Read a text in base64."""
    read = strict_base64.url if given["alphabet"] == "url" else strict_base64.standard
    try:
        read(cases.apply(page["inputs"], given["input"]).decode())
    except Base64Error:
        return "MALFORMED"
    return None


def signed_checkpoint(page: Page, given: Case) -> str | None:
    """Check a note."""
    try:
        found = checkpoint.verify(cases.apply(page["inputs"], given["input"]), policy(page, given))
        epoch.of(found.checkpoint)
    except LogError as error:
        return error.reason
    return None


def inclusion(page: Page, given: Case) -> str | None:
    """Check an inclusion proof."""
    try:
        verify_inclusion(
            leaf_hash=leaf_hash(bytes.fromhex(given["leaf"])),
            index=int(given["index"]),
            size=int(given["size"]),
            root=bytes.fromhex(given["root"]),
            proof=[bytes.fromhex(each) for each in given["hashes"]],
        )
    except LogError as error:
        return error.reason
    return None


def consistency(page: Page, given: Case) -> str | None:
    """Check a consistency proof."""
    try:
        verify_consistency(
            old=int(given["old"]),
            new=int(given["new"]),
            old_root=bytes.fromhex(given["old_root"]),
            new_root=bytes.fromhex(given["new_root"]),
            proof=[bytes.fromhex(each) for each in given["hashes"]],
        )
    except LogError as error:
        return error.reason
    return None


def signed_receipt(page: Page, given: Case) -> str | None:
    """Check a receipt."""
    data = cases.apply(page["inputs"], given["input"])
    try:
        versions = chain(page, given.get("roster", ()))
        of = (
            witness_policy.of_chain(versions, note.parse_key(page["log"]))
            if versions
            else policy(page, given)
        )
    except RosterError as error:
        return error.reason.value
    try:
        receipt.check(receipt.parse(data), policy=of, versions=versions)
    except UnverifiedError as error:
        return error.reason
    return None


def chain(page: Page, names: Sequence[str]) -> tuple[Roster, ...]:
    """Return the versions of a roster among the inputs; raises RosterError."""
    return roster_chain.verified(rosters.parse(page["inputs"][name].encode("latin-1")) for name in names)


def erasure_receipt(page: Page, given: Case) -> str | None:
    """Check an erasure receipt."""
    data = cases.apply(page["inputs"], given["input"])
    try:
        erasure.check(erasure.parse(data), policy=policy(page, given))
    except UnverifiedError as error:
        return error.reason
    return None


def history(page: Page, given: Case) -> str | None:
    """Check a disclosure history."""
    data = cases.apply(page["inputs"], given["input"])
    try:
        disclosure_history.check(disclosure_history.parse(data), policy=policy(page, given))
    except UnverifiedError as error:
        return error.reason
    return None


def proof(page: Page, given: Case) -> str | None:
    """Check evidence of an opening."""
    log = note.parse_key(page["log"])
    versions = chain(page, {**page, **given}["published"])
    try:
        found = proof_file.parse(cases.apply(page["inputs"], given["input"]))
        evidence_check.check(found, policy=CosignaturePolicy(log.name, (log,)), published=versions)
    except UnverifiedError as error:
        return error.reason
    return None


def roster(page: Page, given: Case) -> str | None:
    """Verify the version of a roster in force, after those before it."""
    try:
        before = chain(page, given.get("before", ()))
        last = rosters.parse(cases.apply(page["inputs"], given["input"]))
        roster_chain.verified([last], previous=before[-1] if before else None)
        last.check_in_force()
    except RosterError as error:
        return error.reason.value
    return None


def epochs(page: Page, given: Case) -> str | None:
    """Verify the statements of a log, and what continues a known checkpoint by them."""
    of = {**page, **given}
    data = cases.apply(page["inputs"], given["input"])
    try:
        is_chain = not of.get("single", False)
        listed = log_epochs.parse(data) if is_chain else (statements.parse(data),)
        breaks = log_epochs.verified(
            listed,
            versions=chain(page, of["rosters"]),
            log_key=note.parse_key(of["log"]),
            more_keys=[note.parse_key(each) for each in of["more_keys"]],
            is_chain=is_chain,
        )
        if "known" in of:
            hashes = [bytes.fromhex(each) for each in of["hashes"]]
            _follow(checkpoint.parse(of["known"]), checkpoint.parse(of["newest"]), breaks, hashes)
    except RosterError:
        return "EPOCH_INVALID"
    except (UnverifiedError, LogError) as error:
        return error.reason
    return None


def _follow(known: Checkpoint, newest: Checkpoint, breaks: Sequence[Break], hashes: list[bytes]) -> None:
    """Follow a log whose entries have these hashes, as `follow-log` does with its tiles."""
    stays = epoch.carry(known, newest, breaks).checkpoint
    tree = {0: EMPTY_ROOT}
    grown = CompactRange()
    for value in hashes:
        grown.append(value)
        tree[grown.size] = grown.root()
    if stays.size > newest.size:
        raise RolledBackError(size=newest.size, known=stays.size)
    for each in (newest, stays, *stated.demanded(newest, breaks)):
        if each.size > newest.size:
            raise RolledBackError(size=newest.size, known=each.size)
        if tree[each.size] != each.root:
            raise ConsistencyError("the log does not begin with it")


def log_keys(page: Page, given: Case) -> str | None:
    """Verify the announcements of a log's keys, and what they let a reader accept who knows one of them."""
    try:
        changes = log_key.decode(cases.apply(page["inputs"], given["input"]))
        if "known" in given:
            _check_note({**page, **given}, changes)
    except LogError as error:
        return error.reason
    return None


def _check_note(of: Page, changes: Sequence[LogKeyChange]) -> None:
    known, raw = note.parse_key(of["known"]), cases.apply(of["inputs"], of["note"])
    followed = CosignaturePolicy(
        known.name,
        log_key.keys_of(known, changes),
        tuple(note.parse_key(each) for each in of["witnesses"]),
        of["quorum"],
        preceding=log_key.preceding(known, changes),
    )
    if "at" in of:
        note.open_note(raw, followed.keys(at=of["at"]))
    else:
        checkpoint.verify(raw, followed)


@dataclass(frozen=True, slots=True)
class _Published:
    """The public files of a log of less than 256 entries; its tiles are not read."""

    checkpoint: bytes
    leaves: Sequence[bytes]

    def read(self, path: str, *, limit: int) -> bytes | None:
        """Return the checkpoint, or the entries up to a width."""
        if path == "checkpoint":
            return self.checkpoint
        width = int(path.removeprefix("tile/entries/000.p/"))
        return tile.encode_bundle(self.leaves[:width])

    def parts(self, path: str, *, limit: int) -> Parts | None:
        """Return a file in one part."""
        data = self.read(path, limit=limit)
        return None if data is None else (part for part in (data,))


def read_report(page: Page, given: Case) -> str | None:
    """Read a report; compare it with its log if that is given."""
    data = cases.apply(page["inputs"], given["input"])
    try:
        if "published" not in given:
            report.parse(data)
            return None
        of = {**page, **given}
        beside = None if of["beside"] is None else cases.apply(page["inputs"], of["beside"])
        raw = cases.apply(page["inputs"], of["published"])
        files = _Published(raw, [bytes.fromhex(each) for each in of["leaves"]])
        ReportCheck(files=files, policy=policy(page, given)).check(data, beside)
    except LongReportError:
        return "TOO_LONG"
    except ReportError:
        return "REPORT_INVALID"
    except UnverifiedError as error:
        return error.reason
    return None


def month_platforms(page: Page, given: Case) -> str | None:
    """Read the file of a month's platforms; compare its numbers with its log if that is given."""
    of = {**page, **given}
    data, beside = cases.apply(page["inputs"], given["input"]), of["beside"]
    raw = None if beside is None else cases.apply(page["inputs"], beside)
    read, log = cases.apply(page["inputs"], of["report"]), note.parse_key(of["log"])
    beside_it = PlatformsFile(data, raw)
    try:
        if "published" not in given:
            beside_it.opened(read, (log,))
            return None
        newest = cases.apply(page["inputs"], of["published"])
        files = _Published(newest, [bytes.fromhex(each) for each in of["leaves"]])
        ReportCheck(files=files, policy=CosignaturePolicy(log.name, (log,))).check(read, None, beside_it)
    except UnverifiedError as error:
        return error.reason
    return None


def status(page: Page, given: Case) -> str | None:
    """Read a key set and lists, and check a token."""
    of = {**page, **given}
    clock = [of["listed_at"]]
    try:
        verifier = StatusVerifier(
            jwks=cases.apply(page["inputs"], of["jwks"]),
            audience=of["audience"],
            issuer=of.get("issuer"),
            max_list_age=of.get("max_list_age"),
            minimum_assurance=of.get("minimum_assurance", "ANY"),
            now=lambda: datetime.fromtimestamp(clock[0], UTC),
        )
        for each in of["lists"]:
            verifier.add_list(cases.apply(page["inputs"], each))
        clock[0] = of["now"]
        token = cases.apply(page["inputs"], of["token"])
        if of.get("asks") == "public account":
            verifier.check_public_account(token)
        else:
            verifier.check(token)
    except CheckError as error:
        return error.reason
    return None


def order(page: Page, given: Case) -> str | None:
    """Check what an authority signed."""
    of = {**page, **given}
    data, versions = cases.apply(page["inputs"], given["input"]), chain(page, of["roster"])
    asked: dict[str, Any] = {"platform": of["platform"], "versions": versions, "known": of["known"]}
    try:
        if of["paper"] == "withdrawal":
            order_check.check_withdrawal(
                data, of=page["inputs"][of["of"]].encode("latin-1"), versions=versions
            )
        elif of["paper"] == "operation":
            order_check.check_operation(data, **asked)
        elif of["paper"] == "answer":
            report = _report(of["report"], of["platform"])
            order_check.check_answer(data, report=report, versions=versions, known=of["known"])
        else:
            order_check.check(data, **asked)
    except UnverifiedError as error:
        return error.reason
    return None


def _report(given: dict[str, Any], platform: str) -> ReferredReport:
    target, kind = given["target"], TargetKind(given["kind"])
    return ReferredReport(
        referral_id=given["id"],
        authority=given["authority"],
        platform=platform,
        answer=ReferralState(given["answer"]),
        category=SanctionCategory(given["category"]),
        target=None if target is None else TipOffTarget(kind, target),
        salt=bytes.fromhex(given["salt"]),
    )


READERS: dict[str, Callable[[Page, Case], str | None]] = {
    "json": json,
    "base64": base64,
    "checkpoint": signed_checkpoint,
    "inclusion": inclusion,
    "consistency": consistency,
    "receipt": signed_receipt,
    "erasure": erasure_receipt,
    "history": history,
    "status": status,
    "evidence": proof,
    "roster": roster,
    "order": order,
    "epoch": epochs,
    "log-keys": log_keys,
    "report": read_report,
    "platforms": month_platforms,
}
