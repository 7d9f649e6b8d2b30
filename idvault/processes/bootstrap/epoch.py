"""Lets a restored vault go on: proposes the statement of a new epoch, and accepts the signed one.

- The statement names what every source has seen: the public directory, the witnesses, the shred database and
  the checkpoints that the operator gives. The custodians compare it with what they have seen themselves.
- The statements so far come from both databases, the public directory and a file that the operator gives, so
  that a copy of any age can go on (processes.bootstrap.backup).
- It is accepted only for exactly the entries that it names, with the roster in force.
- A loss of shred keys alone does not break the log: it is logged, and the next checkpoint is signed.
- Whoever was erased is erased again: the shred database remembers it, or has it from a newer copy.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from idvault.account.store import version as account_version
from idvault.core.config import Settings
from idvault.erasure import acts as erasure_acts
from idvault.erasure.acts import ErasureMemos
from idvault.erasure.former_version.acts import StrayKeys
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.version import ShredKeys
from idvault.log.acts import epoch as log_epoch
from idvault.processes.backup import acts as backup_acts
from idvault.processes.backup import rules as backup_rules
from idvault.processes.backup.acts import ExaminedPair, KnownNote
from idvault.processes.backup.acts import newest as newest_note
from idvault.processes.backup.rules import SHRED, Seen
from idvault.processes.bootstrap import backup
from idvault.processes.bootstrap.base import load_keys_of, open_pair, urls
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.bootstrap.witness import log_policy
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.signing import Ed25519Signer
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.clock import ClockReading
from idvault_verify.error import IdvaultError, PreconditionError, Reason
from idvault_verify.transparency import checkpoint, epoch
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Epoch
from idvault_verify.transparency.note import NoteSigner, VerifierKey
from idvault_verify.transparency.tree import LogError


class LossRefusedError(PreconditionError):
    """A loss cannot be proposed or accepted; the text gives the cause."""

    def __init__(self, why: str) -> None:
        """Keep the cause."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.why = why

    def __str__(self) -> str:
        """Return the cause."""
        return self.why


_STRAY_STEP = 2_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """The first checkpoint of an epoch, and what is left to do about lost erasures, "" if nothing is."""

    checkpoint: Checkpoint
    unknown_erasures: str


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a proposal and an acceptance both start from. former: the statements so far."""

    found: ExaminedPair
    versions: tuple[Roster, ...]
    former: tuple[EpochStatement, ...]
    notes: list[KnownNote]

    @property
    def present(self) -> Epoch:
        """The newest epoch that a statement at hand begins."""
        return self.found.place.newest

    def known(self) -> list[KnownNote]:
        """Return the checkpoints of this epoch."""
        return [one for one in self.notes if epoch.of(one.checkpoint) == self.present]

    def begun(self, signer: NoteSigner) -> KnownNote:
        """Return the checkpoint that this epoch began with, signed."""
        kept = self.found.place.breaks[-1].kept
        return KnownNote("the statement", checkpoint.sign(kept, [signer]))


async def propose(
    settings: Settings,
    *,
    key: VerifierKey,
    reason: str,
    known: Sequence[KnownNote],
    now: ClockReading,
    given: Mapping[str, bytes] | None = None,
    signer: NoteSigner | None = None,
) -> EpochStatement:
    """Return the unsigned statement; raises LossRefusedError if nothing of the log is lost.

    key: the log's. known: checkpoints from elsewhere. given: more statements, by place. signer: with the key,
    if it is here. Raises what backup.examine and backup.ask_witnesses raise, too.
    """
    basis = await _basis(settings, known=known, given=given)
    asked, seen = await _asked(settings, basis, signer, now=now)
    _check_known(basis, seen)
    contents = basis.found.contents
    most = max([contents.signed.size, *(one.size for one in seen)])
    if contents.entries >= most:
        raise LossRefusedError(_nothing_lost(basis, most))
    former = _last_cosigned([*basis.known(), *asked], basis, key)
    return EpochStatement(
        log=str(key),
        epoch=len(basis.former) + statements.SECOND,
        previous=basis.present.digest,
        former=former.raw,
        seen=most,
        size=contents.entries,
        root=basis.found.root,
        time=now.real.replace(microsecond=0),
        reason=reason,
        roster=basis.versions[-1].digest(),
        lost=await backup.lost(settings, basis.found, former),
    )


def _nothing_lost(basis: _Basis, seen: int) -> str:
    ages = basis.found.contents.epochs
    if ages.main < ages.newest:
        return (
            f"the main database has all {seen} entries that anybody has seen of epoch {ages.newest}, and is "
            "from before it began: repeat --accept-loss with its statement"
        )
    return (
        f"the main database has all {seen} entries that anybody has seen: no new epoch is needed. If the "
        "shred database is older, use --accept-lost-keys"
    )


async def accept(
    settings: Settings,
    statement: EpochStatement,
    *,
    now: ClockReading,
    given: Mapping[str, bytes] | None = None,
) -> Accepted:
    """Begin the epoch of a signed statement, and erase again who was erased. A repeat changes nothing.

    Raises LossRefusedError, and what backup.examine raises.
    """
    basis = await _basis(settings, given=given)
    signer = log_signer(settings)
    try:
        # A repeat for a copy from before has the statement among the former ones.
        chain = statements.verify_chain(statements.join(basis.former, [statement]), versions=basis.versions)
        found = epoch.read(statement)
    except (RosterError, LogError) as error:
        raise LossRefusedError(str(error)) from error
    if chain[-1].digest() != statement.digest():
        raise LossRefusedError(f"the log has gone on since, in epoch {chain[-1].epoch}: use --propose-loss")
    _check_fits(statement, basis, signer)
    signed = checkpoint.sign(found.kept, [signer])
    left = basis.found.tree if basis.found.contents.former else None
    async with open_pair(urls(settings)) as (main, shred):
        await log_epoch.begin(vault_of(main), shred, now, chain, signed=signed, left=left)
    await _erase_again(settings, now=now)
    return Accepted(found.kept, backup_rules.unknown_erasures(basis.found.contents, statement.lost))


def _check_fits(statement: EpochStatement, basis: _Basis, signer: NoteSigner) -> None:
    contents = basis.found.contents
    if statement.log != str(signer.key):
        raise LossRefusedError("the statement is of another log")
    if statement.roster != basis.versions[-1].digest():
        raise LossRefusedError("the statement names another version of the roster than the one in force")
    if (statement.size, statement.root) != (contents.entries, basis.found.root):
        raise LossRefusedError(
            f"the statement is of {statement.size} entries, and the main database has {contents.entries}, or "
            "others: propose it again"
        )


async def accept_lost_keys(
    settings: Settings, *, now: ClockReading, given: Mapping[str, bytes] | None = None
) -> int:
    """Log that records have lost their shred keys, and sign the main database's log; return how many have.

    Raises LossRefusedError if the main database is not complete, LogError if it is another history.
    """
    basis = await _basis(settings, given=given)
    contents, signer = basis.found.contents, log_signer(settings)
    head = Checkpoint(signer.key.name, contents.entries, basis.found.root, basis.present.extensions)
    signed = checkpoint.sign(head, [signer])
    _, seen = await _asked(settings, basis, signer, now=now, head=KnownNote("the main database", signed))
    _check_known(basis, seen)
    most = max([contents.signed.size, *(one.size for one in seen)])
    if contents.entries < most or contents.epochs.main < contents.epochs.newest:
        raise LossRefusedError(
            f"the main database is older than the log, too ({contents.entries} < {most}, or from before its "
            "last epoch): custodians must sign for a new epoch (--propose-loss)"
        )
    count = len(contents.unkeyed)
    complete = [epoch.of(one.checkpoint) for one in basis.notes if one.by == SHRED]
    keep = all(each == basis.present for each in complete)
    async with open_pair(urls(settings)) as (main, shred):
        await log_epoch.sign_again(
            vault_of(main), shred, now, basis.former, lost=count, signed=signed, keep_complete=keep
        )
    await _erase_again(settings, now=now)
    await _delete_strays(settings)
    return count


def log_signer(settings: Settings) -> NoteSigner:
    """Return the log's signer from the worker's key file, which is beside IDVAULT_KEYS."""
    signer = Ed25519Signer(keys=load_keys_of(settings, Holder.WORK).keys(Purpose.LOG))
    return NoteSigner(VerifierKey(settings.log_origin, signer.public_key), signer.sign)


async def _basis(
    settings: Settings, *, given: Mapping[str, bytes] | None, known: Sequence[KnownNote] = ()
) -> _Basis:
    versions = roster_chain.load_all(settings.roster)
    published = await backup.published(settings)
    outside = [*known, *([] if published is None else [published])]
    found, former = await backup.examine(
        *urls(settings),
        known=outside,
        versions=versions,
        others={**await backup.published_statements(settings), **(given or {})},
    )
    async with open_pair(urls(settings)) as (_, shred):
        return _Basis(found, versions, former, [*outside, *await backup_acts.notes(shred)])


async def _asked(
    settings: Settings,
    basis: _Basis,
    signer: NoteSigner | None,
    *,
    now: ClockReading,
    head: KnownNote | None = None,
) -> tuple[list[KnownNote], list[Seen]]:
    """Ask the witnesses; return the note that they were asked with, cosigned, and what everybody has seen.

    head: a checkpoint of the main database to ask with. Otherwise the newest note of the newest epoch; if
    nobody has one, the checkpoint that it began with.
    """
    note = head or newest_note(basis.known())
    if note is None and signer is not None and basis.former:
        note = basis.begun(signer)
    asked = await backup.ask_witnesses(settings, note, now=now)
    policy = basis.versions[-1].witness
    spare = 0 if policy is None else len(policy.witnesses) - policy.threshold
    if len(asked.elsewhere) > spare:
        raise LossRefusedError(
            f"{', '.join(asked.elsewhere)}: this witness follows another epoch of the log than "
            f"{basis.present.number}. If a later loss was accepted, give its statement with --epochs; "
            "otherwise let the witness follow the statement first"
        )
    seen = [*basis.found.seen, *asked.seen]
    if note is None or not asked.cosigned:
        return [], seen
    return [KnownNote("the witnesses", note.raw + "".join(asked.cosigned).encode())], seen


def _check_known(basis: _Basis, seen: Sequence[Seen]) -> None:
    """Raise LossRefusedError if somebody follows an epoch that no statement at hand begins."""
    for text in backup_rules.unknown_epochs(basis.found.contents, seen):
        raise LossRefusedError(text)


def _last_cosigned(notes: Sequence[KnownNote], basis: _Basis, key: VerifierKey) -> KnownNote:
    """Return the largest of the checkpoints that enough witnesses have cosigned."""
    fit = [one for one in notes if _is_cosigned(one, basis.versions, key)]
    if not fit:
        raise LossRefusedError(
            "no checkpoint of this log that enough witnesses have cosigned is at hand, of epoch "
            f"{basis.present.number}: give one with --checkpoint, from a mirror, a client that follows the "
            "log, or a member's identity folder"
        )
    return max(fit, key=lambda one: one.checkpoint.size)


def _is_cosigned(found: KnownNote, versions: Sequence[Roster], key: VerifierKey) -> bool:
    for roster in versions:
        try:
            checkpoint.verify(found.raw, log_policy(key.name, roster, key.public_key, asked=()))
        except (LogError, IdvaultError):
            continue
        return True
    return False


async def _delete_strays(settings: Settings) -> None:
    """Delete the keys of former versions that were destroyed since, and which an older shred database has.

    The worker would find them, too, within hours.
    """
    async with open_pair(urls(settings)) as (main, shred):
        strays, is_over = StrayKeys(main=main, shred_keys=ShredKeys(shred), step=_STRAY_STEP), False
        while not is_over:
            _, is_over = await strays.look()
        await Remnants(main=main, shred=shred).tidy()


async def _erase_again(settings: Settings, *, now: ClockReading) -> None:
    """Erase again who was erased: what an older main database shows, and keys that an older shred one has.

    Raises LossRefusedError while somebody reads a file that may hold a key; a repeat goes on.
    """
    async with open_pair(urls(settings)) as (main, shred):
        keys, memos = ShredKeys(shred), ErasureMemos(shred)
        await memos.keep_all(main)
        await erasure_acts.repeat_all(vault_of(main), memos, now, zone=settings.zone)
        # Every one again, whatever is found: a run before this one may have ended after it had deleted some.
        # They are not left to the worker, because until then an auditor could open the record.
        erased = await memos.destroyed()
        for token in sorted(await backup_acts.with_key(main, shred, erased)):
            held = await main.read("version.held", partial(account_version.held, account_token=token))
            kept = [each.record_id for each in held if not each.ends]
            await keys.destroy(account_token=token, kept=kept)
        absence = await Remnants(main=main, shred=shred).look(erased)
    if len(absence.names) < len(erased):
        raise LossRefusedError(
            "keys of erased accounts are deleted, but files still hold them: stop whatever reads a database "
            "or keeps its write-ahead log, and repeat this command"
        )
