"""`idvault-people custodian hand-over`: a replaced custodian re-seals the shares to the successor."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from idvault_client.errors import PreconditionFailed, Unavailable
from idvault_people.commands.disclosure import display
from idvault_people.commands.session import MemberOptions, MemberSession, as_json, confirm, open_session
from idvault_people.custody.handover import HandOver, HandOverProgress, NotReplacedError
from idvault_people.custody.journal import NAME, HandOverJournal, HandOverJournalError
from idvault_people.trust import FindingError
from idvault_verify.attest.people import roster_member
from idvault_verify.attest.succession import Succession
from idvault_verify.commands.errors import CommandError, ExitCode
from idvault_verify.handover import MOST_SHARES

_ROLE = "custodian"
Batch = Annotated[int, typer.Option(metavar="N", help="Shares in one call.", min=1, max=MOST_SHARES)]
End = Annotated[
    bool, typer.Option("--end", help="Hand nothing more over to this successor: the shares left are lost.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


def hand_over(context: typer.Context, batch: Batch = MOST_SHARES, end: End = False, yes: Yes = False) -> None:
    """Re-seal your shares to the custodian who now has your place in the roster.

    Your pinned roster, which M other custodians have signed, names that custodian. After an interruption,
    repeat the command: it continues, and hands nothing over twice. The last line is "hand-over: N shares
    handed to NAME, L left". The exit code is 5 if a share did not open, went to another successor before, or
    has a damaged record; those shares stay where they are.

    With --end the hand-over to this successor is over for good, by an entry of the log that you sign. Shares
    that are left stay sealed to you and count as lost; M other custodians can open their records. If the
    custodians put somebody else in your place, another hand-over begins. The last line is then
    "hand-over: ended, L shares left".
    """
    given: MemberOptions = context.obj
    left = 0
    with open_session(_ROLE, given) as session, _told(given):
        client = _client(session)
        for found in client.successions():
            _show(context, session, found)
            if end:
                confirm(yes, "End this hand-over for good?", otherwise="nothing was ended")
                _tell_end(context, found, client.end(found))
                continue
            confirm(yes, "Hand your shares over?", otherwise="nothing was handed over")
            with _bar(context) as tell:
                done = client.run(found, batch=batch, tell=tell)
            _tell(context, found, done)
            left += done.refused + done.left_out
    if left:
        raise typer.Exit(ExitCode.UNVERIFIED)


def _client(session: MemberSession) -> HandOver:
    return HandOver(
        identity=session.identity,
        versions=session.identity_folder.versions,
        edge=session.edge,
        journal=HandOverJournal(session.given.folder() / NAME),
    )


@contextmanager
def _told(given: MemberOptions) -> Iterator[None]:
    """Turn the errors of a hand-over into CommandError."""
    command = f"idvault-people {_ROLE} --identity {given.folder()}"
    try:
        yield
    except NotReplacedError as error:
        text = f"{error}\nnext: idvault-people roster show {given.folder() / 'roster.json'}"
        raise CommandError(ExitCode.REFUSED, text, reason="NOT_REPLACED") from error
    except HandOverJournalError as error:
        raise CommandError(ExitCode.REFUSED, str(error), reason="JOURNAL", field="--identity") from error
    except FindingError as error:
        text = f"{error}\nno further share was handed over; tell the other custodians"
        raise CommandError(ExitCode.UNVERIFIED, text, reason=error.finding.value) from error
    except PreconditionFailed as error:
        if error.reason != "ILLEGAL_TRANSITION":
            raise
        text = "this hand-over was ended for good; another begins when the custodians name another successor"
        raise CommandError(ExitCode.REFUSED, text, reason="HANDOVER_ENDED") from error
    except Unavailable as error:
        text = f"{error}\nnext: {command} hand-over (it continues where it stopped)"
        raise CommandError(ExitCode.UNREACHABLE, text, reason=error.reason or error.code) from error


def _show(context: typer.Context, session: MemberSession, found: Succession) -> None:
    if as_json(context):
        return
    successor, version = found.successor, session.identity_folder.versions[-1].version
    print(
        f"quorum {found.quorum.name}, place {found.place}, by version {version} of the roster:\n"
        f"  your shares go to {successor.name}, {successor.organisation}\n"
        f"  sealing key {roster_member.fingerprint(successor.hpke_public_key)}",
        file=sys.stderr,
    )


@contextmanager
def _bar(context: typer.Context) -> Iterator[Callable[[HandOverProgress], None]]:
    """Show progress on stderr: a bar, and if stderr is not a terminal also one line for each batch."""
    if as_json(context):
        yield lambda _: None
        return
    console = Console(stderr=True)
    with Bar(console=console, transient=False) as bar:
        shown = bar.add_task("handing over", total=None)

        def tell(progress: HandOverProgress) -> None:
            bar.update(shown, total=progress.total, completed=progress.handed)
            if not console.is_terminal:
                print(f"hand-over: {progress.handed} of {progress.total}", file=sys.stderr, flush=True)

        yield tell


def _tell(context: typer.Context, found: Succession, done: HandOverProgress) -> None:
    left = done.refused + done.left_out
    if as_json(context):
        content = {
            "quorum": found.quorum.name,
            "quorum_id": found.quorum.id,
            "successor": found.successor.name,
            "handed": done.handed,
            "left": left,
            "refused": done.refused,
            "damaged": done.left_out,
        }
        display.tell(content)
    else:
        typer.echo(f"hand-over: {done.handed} shares handed to {found.successor.name}, {left} left")


def _tell_end(context: typer.Context, found: Succession, left: int) -> None:
    if as_json(context):
        content = {"quorum": found.quorum.name, "quorum_id": found.quorum.id, "ended": True, "left": left}
        display.tell(content)
    else:
        typer.echo(f"hand-over: ended, {left} shares left")
