"""The pages of a member's console over an open session; needs the extra `console`."""

from collections.abc import Callable
from pathlib import Path

from idvault_people.commands.session import MemberSession, now
from idvault_people.console import server
from idvault_people.console.app import Console
from idvault_people.console.authority import officer
from idvault_people.console.authority.session import OfficerSession
from idvault_people.console.disclosure import auditor, custodian
from idvault_people.console.disclosure.session import AuditorSession, CustodianSession
from idvault_people.console.visit import ConsoleHead
from idvault_people.custody.handover import HandOver
from idvault_people.custody.journal import NAME, HandOverJournal
from idvault_people.opens import identity as identities
from idvault_verify import small_file
from idvault_verify.attest import certificate


def serve(
    role: str,
    newest: Callable[[], MemberSession],
    *,
    name: str,
    folder: Path,
    ready: Callable[[Path], None],
) -> None:
    """Serve the console of a role until a signal, or until the named member ends the session."""
    server.serve(_console(role, newest, name, folder), folder=folder, ready=ready)


def _console(role: str, newest: Callable[[], MemberSession], name: str, folder: Path) -> Console:
    head = _head(name, folder)
    if role == "auditor":
        return auditor.console(
            AuditorSession(auditor=lambda: newest().auditor(), head=head, folder=folder, now=now)
        )
    if role == "authority":
        session = OfficerSession(
            officer=lambda: newest().officer(),
            joint=lambda: newest().joint_officer(),
            referrals=lambda: newest().referral_officer(),
            head=head,
            now=now,
        )
        return officer.console(session)
    return custodian.console(_custodian(newest, head, folder))


def _head(name: str, folder: Path) -> ConsoleHead:
    own = certificate.read(small_file.read(folder / identities.CERTIFICATE))
    return ConsoleHead(name=name, place=own.trust_domain, until=own.not_after)


def _custodian(newest: Callable[[], MemberSession], head: ConsoleHead, folder: Path) -> CustodianSession:
    def hand_over() -> HandOver:
        session = newest()
        return HandOver(
            identity=session.identity,
            versions=session.identity_folder.versions,
            edge=session.edge,
            journal=HandOverJournal(folder / NAME),
        )

    return CustodianSession(
        custodian=lambda: newest().custodian(),
        drill=lambda: newest().drill(),
        hand_over=hand_over,
        head=head,
        folder=folder,
        now=now,
    )
