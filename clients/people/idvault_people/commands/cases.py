"""Shared by the commands about cases that two moderators decide: key, whole lists, what is printed."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from idvault_client.backend.disavowal import AccountDisavowal
from idvault_client.backend.session import AccountContest, AccountReinstatement
from idvault_client.commands.output import show
from idvault_people.commands.moderator_options import read_passphrase
from idvault_people.commands.output import reporting
from idvault_people.moderation import key_folder
from idvault_verify.attest.moderator_key import ModeratorKey

_Shown = Callable[[Any], dict[str, object]]


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A connection and the key that signs; show prints what a call returned."""

    vault: Any
    key: ModeratorKey
    as_json: bool

    def show(self, made: dict[str, object]) -> None:
        """Print it as this command prints."""
        show(made, as_json=self.as_json)


@contextmanager
def signing(
    context: typer.Context, moderator: Path, passphrase_file: Path | None, json_option: bool
) -> Iterator[SignedCall]:
    """Load a moderator's key, then connect; an error in the block ends the command as `reporting` does."""
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        with context.obj.open() as vault:
            yield SignedCall(vault, key, as_json)


def show_all(found: Iterable[Any], name: str, *, shown: _Shown, as_json: bool) -> None:
    """Print each thing of a list, and for people how many there are."""
    count = 0
    for each in found:
        show(shown(each), as_json=as_json)
        count += 1
    if not as_json:
        typer.echo(f"{name}: {count}")


def facts(
    case: AccountContest | AccountReinstatement | AccountDisavowal, *, begun: str = "filed"
) -> dict[str, object]:
    """Return what is printed of every case. begun: the name of the time from which on it waits."""
    return {
        "state": case.state,
        begun: case.file_time.isoformat(),
        "due": case.due_time.isoformat(),
        "overdue": case.overdue,
        "proposed_by": case.propose_moderator_id or None,
        "lapses": case.lapse_time and case.lapse_time.isoformat(),
        "decided": case.decide_time and case.decide_time.isoformat(),
        "reason": case.reason or None,
    }
