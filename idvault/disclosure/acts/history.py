"""Answers "was my identity ever disclosed?": disclosures and openings before the horizon, with proofs.

A disclosure is the release of M shares: from then on operator and auditor together can open the record.
The answer is signed whole, so that whoever hands it on cannot leave anything out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from idvault.account import acts as account_acts
from idvault.core.act import Vault
from idvault.core.log_entry import Proved
from idvault.disclosure import rules
from idvault.disclosure.ports import RecordAccess, RecordDisclosure
from idvault.disclosure.store import lists, rows
from idvault.log.acts.stored_log import LogProofs, Proofs
from idvault.sealing.ports import Stated, StatementSigner
from idvault_verify.account import AccountState
from idvault_verify.attest import history
from idvault_verify.attest.history import ListedEntry
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError, NotFoundError, PreconditionError, Reason, UnavailableError
from idvault_verify.seal import Part


@dataclass(frozen=True, slots=True)
class History:
    """Disclosures and openings before the horizon, each oldest first.

    proofs: one for each disclosure, then one for each opening, under one checkpoint. made_at: when the vault
    stated all this (real time, in whole seconds).
    """

    account_token: str
    horizon: datetime
    disclosures: tuple[RecordDisclosure, ...]
    openings: tuple[RecordAccess, ...]
    proofs: Proofs
    made_at: datetime
    stated: Stated


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class HistoryContext:
    """What histories need beside the vault. embargo: how long an auditor's work is not told."""

    proofs: LogProofs
    zone: tzinfo
    embargo: timedelta
    statements: StatementSigner


async def of(
    vault: Vault, party: str, account_token: str, now: ClockReading, *, context: HistoryContext
) -> History:
    """Return the history of an account up to today's horizon.

    Raises NotFoundError (ACCOUNT_NOT_FOUND), also for another party's account; PreconditionError
    (ACCOUNT_ERASED) once its keys are destroyed, whether there was a disclosure or not; UnavailableError
    (LOG_UNAVAILABLE) if no checkpoint covers an entry, or the log's key vouches for none to sign with;
    DamagedError if an entry is missing.
    """
    owner = await account_acts.find(vault.main, party, account_token)
    if owner is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    if owner.state is AccountState.ERASED and await _is_destroyed(vault, account_token):
        raise PreconditionError(Reason.ACCOUNT_ERASED)
    horizon = rules.horizon(today=now.today(context.zone), embargo=context.embargo, zone=context.zone)
    disclosures, openings = await _told(vault, account_token, horizon)
    listed = [*(each.entry_id for each in disclosures), *(each.entry_id for each in openings)]
    entry_ids = [each for each in listed if each is not None]
    if len(entry_ids) < len(listed):
        raise DamagedError(Reason.RECORD_DAMAGED)
    # The horizon is days ago, so waiting here would not help an entry that has no proof yet.
    proofs = await context.proofs.wait(entry_ids, account_token=account_token, patience=0)
    if not proofs.note:
        raise UnavailableError(Reason.LOG_UNAVAILABLE)
    made_at = now.real.replace(microsecond=0)
    message = _signed_bytes(account_token, horizon, disclosures, openings, proofs, made_at)
    stated = await context.statements.state(message, now=made_at)
    return History(account_token, horizon, disclosures, openings, proofs, made_at, stated)


async def _told(
    vault: Vault, account_token: str, horizon: datetime
) -> tuple[tuple[RecordDisclosure, ...], tuple[RecordAccess, ...]]:
    """Return the disclosures and openings before the horizon.

    Raises DamagedError for an opening without a disclosure, which a reader refuses. At midnight the clocks of
    two processes may put the disclosure after the horizon and its opening before: it is told a day later.
    """
    disclosed = {
        each.disclosure_id: each
        for each in await vault.read(
            "disclosure.disclosures", lambda one: lists.disclosed(one, account_token=account_token)
        )
    }
    disclosures = [
        each for each in disclosed.values() if rules.is_told(happened_at=each.disclosed_at, horizon=horizon)
    ]
    openings = []
    for each in await vault.read(
        "disclosure.openings", lambda one: lists.opened(one, account_token=account_token)
    ):
        if not rules.is_told(happened_at=each.opened_at, horizon=horizon):
            continue
        disclosure = disclosed.get(each.disclosure_id)
        if disclosure is None:
            raise DamagedError(Reason.RECORD_DAMAGED)
        if disclosure in disclosures:
            openings.append(each)
    return tuple(disclosures), tuple(openings)


async def _is_destroyed(vault: Vault, account_token: str) -> bool:
    """Return whether the keys of an ERASED account are destroyed: no erasure follows such a one."""
    found = await vault.main.one("erasure.newest", rows.DESTROYED, token=account_token)
    return found is not None


def _signed_bytes(  # noqa: PLR0917 - a history's fields in their order
    account_token: str,
    horizon: datetime,
    disclosures: Sequence[RecordDisclosure],
    openings: Sequence[RecordAccess],
    proofs: Proofs,
    made_at: datetime,
) -> bytes:
    """Return what is signed of a history."""
    disclosed, opened = proofs.entries[: len(disclosures)], proofs.entries[len(disclosures) :]
    return history.signed_bytes(
        account_token=account_token,
        horizon=horizon,
        made_at=made_at,
        note=proofs.note,
        disclosures=[
            _listed(proved, each.disclosure_id, each.record_digest, each.auditor_actor_id, each.legal_basis)
            for each, proved in zip(disclosures, disclosed, strict=True)
        ],
        openings=[
            _listed(proved, each.disclosure_id, each.record_digest)
            for each, proved in zip(openings, opened, strict=True)
        ],
    )


def _listed(proved: Proved, *fields: Part) -> ListedEntry:
    hashes, index = proved.hashes or (), proved.index or 0
    return ListedEntry(fields, proved.leaf, proved.opening_key, index, proved.size, hashes)
