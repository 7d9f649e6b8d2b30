"""The console of auditors, custodians and authorities' officers: pages on the member's own machine."""

import os
import sys
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from idvault_client.errors import Unavailable
from idvault_people import identity_folder
from idvault_people.commands.disclosure import display
from idvault_people.commands.session import MemberOptions, MemberSession, as_json, open_session

_FRESH = 5.0
# A vault that does not answer takes seconds to tell so, and each page would wait for that.
_SILENT = 20.0
NoBrowser = Annotated[
    bool, typer.Option("--no-browser", help="Only name the file to open; start no browser.")
]


def console(context: typer.Context, no_browser: NoBrowser = False) -> None:
    """Work with pages in your browser, on this machine, until Ctrl-C.

    The pages are served on loopback under a random name. The command writes console.html to your folder, for
    you alone; open that file in a browser. It leads there once, and is removed at the end. Your keys stay in
    this process: what you read is decrypted here.
    """
    given: MemberOptions = context.obj
    role = str(context.parent.info_name if context.parent else "")
    # Not above: every other command starts without loading a web server.
    from idvault_people.commands import console_pages  # noqa: PLC0415

    ready = tell_ready(context, no_browser=no_browser)
    with open_session(role, given, needs_vault=False) as session:
        name, newest = session.identity.name, Newest(session)
        console_pages.serve(role, newest, name=name, folder=given.folder(), ready=ready)
    if not as_json(context):
        typer.echo("console: ended")


def tell_ready(context: typer.Context, *, no_browser: bool) -> Callable[[Path], None]:
    """Return what names the file to open once a console listens, and starts the browser."""

    def ready(path: Path) -> None:
        if as_json(context):
            display.tell({"file": str(path)})
        else:
            typer.echo(f"console: open {path} in a browser on this machine; Ctrl-C ends it")
        if not no_browser and _has_screen():
            # Not here: some browsers would keep the call until they are closed.
            threading.Thread(target=webbrowser.open, args=(path.as_uri(),), daemon=True).start()

    return ready


@dataclass(eq=False)
class Newest:
    """A member's session under the newest roster that the vault shows; it asks at most every few seconds."""

    session: MemberSession
    clock: Callable[[], float] = time.monotonic
    _asked_at: float | None = None
    _lasts: float = _FRESH

    def __call__(self) -> MemberSession:
        """Return the session; raises RosterError, and VaultError unless the vault cannot be reached."""
        if self._asked_at is None or self.clock() - self._asked_at > self._lasts:
            try:
                pinned = identity_folder.refresh(self.session.identity_folder, self.session.edge)
                self.session, self._lasts = replace(self.session, identity_folder=pinned), _FRESH
            except Unavailable:
                # Without the vault the pinned roster is still valid, for the evidence that is kept here.
                self._lasts = _SILENT
            self._asked_at = self.clock()
        return self.session


def _has_screen() -> bool:
    """Return whether a browser can be started; on a terminal alone it would take the terminal."""
    return sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
