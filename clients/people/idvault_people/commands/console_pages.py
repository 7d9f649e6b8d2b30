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
from idvault_people.custody.handover import HandOver
from idvault_people.custody.journal import NAME, HandOverJournal


def serve(
    role: str, newest: Callable[[], MemberSession], *, folder: Path, ready: Callable[[Path], None]
) -> None:
    """Serve the console of a role until a signal, or until the member ends the session."""
    server.serve(_console(role, newest, folder), folder=folder, ready=ready)


def _console(role: str, newest: Callable[[], MemberSession], folder: Path) -> Console:
    if role == "auditor":
        return auditor.console(AuditorSession(auditor=lambda: newest().auditor(), folder=folder, now=now))
    if role == "authority":
        session = OfficerSession(
            officer=lambda: newest().officer(),
            joint=lambda: newest().joint_officer(),
            referrals=lambda: newest().referral_officer(),
            now=now,
        )
        return officer.console(session)
    return custodian.console(_custodian(newest, folder))


def _custodian(newest: Callable[[], MemberSession], folder: Path) -> CustodianSession:
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
        folder=folder,
        now=now,
    )
