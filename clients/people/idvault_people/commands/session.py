"""A roster member's session: opens the keys, pins the newest roster and connects.

Every error of a session suggests the next command.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import typer

from idvault_client.errors import RecordDamaged, SecondFactorRefused, Unavailable, VaultError
from idvault_people import identity_folder
from idvault_people.authority.joint import JointOfficer
from idvault_people.authority.officer import Officer
from idvault_people.authority.referral import ReferralOfficer
from idvault_people.commands import passphrase
from idvault_people.commands.next_step import NextStep
from idvault_people.custody.drill import Drill
from idvault_people.custody_edge import CustodyEdge
from idvault_people.disclosure.auditor import Auditor
from idvault_people.disclosure.custodian import Custodian, UnloggedReleaseError
from idvault_people.disclosure.kept_approval import KeptApprovalError, KeptApprovals
from idvault_people.disclosure.one_time_key import OneTimeKeyError, OneTimeKeys
from idvault_people.disclosure.pending import NotPendingError
from idvault_people.disclosure.quota import NAME as QUOTA
from idvault_people.disclosure.quota import ShareQuota
from idvault_people.identity_folder import IdentityFolder, IdentityFolderError, TlsFileError
from idvault_people.opens import identity as identities
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.operator_client import OperatorClient
from idvault_people.trust import FindingError
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.disclosure import USUAL_DAILY
from idvault_verify.error import InvalidError
from idvault_verify.offline.evidence.file import EvidenceError


@dataclass(frozen=True, slots=True)
class MemberOptions:
    """The options before the command's verb."""

    identity: Path | None
    passphrase_file: Path | None
    code: str | None

    def folder(self) -> Path:
        """Return the identity folder; raises CommandError (wrong usage)."""
        if self.identity is None:
            raise wrong_usage("--identity is missing", field="--identity")
        return self.identity

    def asked_code(self) -> str:
        """Return the one-time code, asking for it at the terminal if it was not given."""
        return self.code or passphrase.ask("One-time code", option="--code")


@dataclass(frozen=True, slots=True)
class MemberSession:
    """An open session of one member."""

    role: str
    given: MemberOptions
    identity_folder: IdentityFolder
    identity: PersonalIdentity
    edge: CustodyEdge

    def auditor(self) -> Auditor:
        """Return the auditor's client."""
        return Auditor(
            identity=self.identity,
            trust=self.identity_folder.trust(),
            edge=self.edge,
            keys=OneTimeKeys(folder=self.identity_folder.folder),
            now=now,
            random=os.urandom,
        )

    def custodian(self, *, daily: int = USUAL_DAILY) -> Custodian:
        """Return the custodian's client. daily: the most shares for one auditor in a day."""
        folder = self.identity_folder.folder
        return Custodian(
            identity=self.identity,
            trust=self.identity_folder.trust(),
            edge=self.edge,
            now=now,
            approvals=KeptApprovals(folder=folder),
            quota=ShareQuota(path=folder / QUOTA, daily=daily),
        )

    def officer(self) -> Officer:
        """Return the client of an authority's officer."""
        trust = self.identity_folder.trust()
        return Officer(identity=self.identity, trust=trust, edge=self.edge, now=now, random=os.urandom)

    def joint_officer(self) -> JointOfficer:
        """Return the same officer's client for joint operations."""
        trust = self.identity_folder.trust()
        return JointOfficer(identity=self.identity, trust=trust, edge=self.edge, now=now, random=os.urandom)

    def referral_officer(self) -> ReferralOfficer:
        """Return the same officer's client for referred reports."""
        return ReferralOfficer(
            identity=self.identity, trust=self.identity_folder.trust(), edge=self.edge, now=now
        )

    def operator(self) -> OperatorClient:
        """Return the operator's client."""
        return OperatorClient(
            identity=self.identity, trust=self.identity_folder.trust(), edge=self.edge, now=now
        )

    def drill(self) -> Drill:
        """Return the custodian's client for drills."""
        return Drill(identity=self.identity, trust=self.identity_folder.trust(), edge=self.edge, now=now)


@dataclass(frozen=True, slots=True)
class MemberFolder:
    """A member's opened keys and pins, without a connection."""

    pinned: IdentityFolder
    identity: PersonalIdentity


def now() -> datetime:
    """Return the real time."""
    return datetime.now(UTC)


@contextmanager
def open_session(
    role: str,
    given: MemberOptions,
    *,
    disclosure_id: str = "",
    next_: type[NextStep] | None = None,
    needs_vault: bool = True,
) -> Iterator[MemberSession]:
    """Open keys and connection, and pin newer rosters; every error suggests the next command.

    needs_vault: whether a vault that cannot be reached is an error, or leaves the pinned roster.
    """
    folder = given.folder()
    with passphrase.identity_errors(), explained((next_ or NextStep)(role, folder, disclosure_id)):
        opened = _opened(role, given)
        with opened.pinned.connect() as edge:
            try:
                pinned = identity_folder.refresh(opened.pinned, edge)
            except Unavailable:
                if needs_vault:
                    raise
                pinned = opened.pinned
            yield MemberSession(role, given, pinned, opened.identity, edge)


@contextmanager
def open_folder(role: str, given: MemberOptions) -> Iterator[MemberFolder]:
    """Open keys and pins without a connection; every error suggests the next command."""
    with passphrase.identity_errors(), explained(NextStep(role, given.folder())):
        yield _opened(role, given)


def _opened(role: str, given: MemberOptions) -> MemberFolder:
    folder = given.folder()
    pinned = identity_folder.load(folder)
    own = identities.load(folder, passphrase=passphrase.read(given.passphrase_file))
    if own.role != role:
        text = f"{folder} is the identity folder of {'an' if own.role[0] in 'ao' else 'a'} {own.role}"
        raise CommandError(ExitCode.REFUSED, text, reason="OTHER_ROLE", field="--identity")
    return MemberFolder(pinned, own)


@contextmanager
def explained(again: NextStep) -> Iterator[None]:
    """Turn the errors of a session into CommandError."""
    try:
        yield
    except UnloggedReleaseError as error:
        text = again.after_unlogged_release(str(error))
        raise CommandError(ExitCode.UNVERIFIED, text, reason=error.finding.value) from error
    except FindingError as error:
        text = again.after_finding(str(error), error.finding)
        raise CommandError(ExitCode.UNVERIFIED, text, reason=error.finding.value) from error
    except SecondFactorRefused as error:
        text, reason = again.after_code(error), error.reason or error.code
        raise CommandError(
            ExitCode.REFUSED, text, reason=reason, field="--code", details=error.details
        ) from error
    except VaultError as error:
        field = next(iter(error.fields), "")
        text = again.after_refusal(str(error), error.reason, field)
        raise CommandError(_exit_code(error), text, reason=error.reason or error.code, field=field) from error
    except InvalidError as error:
        field = error.violations[0].field if error.violations else ""
        text = again.after_mistake(error)
        raise CommandError(ExitCode.REFUSED, text, reason=error.reason.value, field=field) from error
    except NotPendingError as error:
        text = again.look(str(error))
        raise CommandError(ExitCode.REFUSED, text, reason="NOT_PENDING") from error
    except KeptApprovalError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="APPROVAL_DAMAGED") from error
    except OneTimeKeyError as error:
        raise CommandError(ExitCode.REFUSED, again.ask_anew(str(error)), reason="KEY_MISSING") from error
    except EvidenceError as error:
        text = again.after_evidence(str(error), error.reason)
        raise CommandError(ExitCode.UNVERIFIED, text, reason=error.reason) from error
    except IdentityFolderError as error:
        text, reason = f"{error}\nnext: {again.command} connect --help", "NOT_CONNECTED"
        if isinstance(error, TlsFileError):
            text, reason = str(error), "TLS_FILE"
        raise CommandError(ExitCode.REFUSED, text, reason=reason, field="--identity") from error


def _exit_code(error: VaultError) -> ExitCode:
    if isinstance(error, Unavailable):
        return ExitCode.UNREACHABLE
    return ExitCode.UNVERIFIED if isinstance(error, RecordDamaged) else ExitCode.REFUSED


def as_json(context: typer.Context) -> bool:
    """Return whether `--json` was given, anywhere on the command line."""
    return bool(context.find_root().obj)


def confirm(yes: bool, question: str, *, otherwise: str) -> None:
    """Ask for confirmation at a terminal, unless --yes was given; raises CommandError for a no."""
    if not yes and sys.stdin.isatty() and not typer.confirm(question, err=True):
        raise CommandError(ExitCode.REFUSED, otherwise, reason="NOT_CONFIRMED")


def refuse_existing(*paths: Path) -> None:
    """Raise CommandError if a file exists that would be written."""
    for path in paths:
        if path.exists():
            text = f"{path} exists already, and is never overwritten"
            raise CommandError(ExitCode.REFUSED, text, reason="EXISTS")
