"""Runs the drill: each step is timed, and what was acknowledged must be there at the end."""

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from idvault_client.errors import AccessDenied
from idvault_dev.commands import members
from tools.support import programs
from tools.support.documented_install import (
    AUDITORS,
    CUSTODIANS,
    MOST_COMMANDS,
    VAULT,
    Clock,
    DocumentedInstall,
    operator_commands,
)
from tools.support.sandbox import wait_for
from tools.support.units import Systemd
from tools.torture.campaign import Options
from tools.torture.setup import notices
from tools.torture.setup.archived import ArchivedServer, archived_server
from tools.torture.setup.load import SignUps
from tools.torture.tally import Tally

_MOST_SECONDS = 600.0
_SUCCESSOR = "li-2"
_PUBLISHED = "status-list"
"""A signing key is announced in jwks.json."""
_HOLDERS = {"platform": ("request", "index"), "custody": ("case-text",), "work": ("status-list",)}


def run(options: Options) -> Tally:
    """Install a vault from the documents and go through the drill; count: sign-ups a second beside it."""
    tally, clock = Tally(), Clock()
    with (
        tempfile.TemporaryDirectory(prefix="idvault-setup-") as folder,
        archived_server() as server,
        contextlib.closing(
            DocumentedInstall(Path(folder), server=server.url, clock=clock, is_forking=False)
        ) as made,
    ):
        with clock.time("install"):
            made.install()
        installed = sum(seconds for name, seconds in clock.steps.items() if name == "install")
        commands = len(operator_commands())
        for name, seconds in clock.steps.items():
            print(f"{seconds:8.1f} s  {name}")
        print(f"{commands} commands of the operator and the witnesses' operators, {installed:.0f} s")
        if installed > _MOST_SECONDS or commands > MOST_COMMANDS:
            tally.lose("the installation took longer, or more commands, than it may")
        SetupDrill(made, server, tally, pace=options.count).run()
    return tally


class SetupDrill:
    """What is done to a vault that serves, step by step."""

    def __init__(
        self, installed: DocumentedInstall, server: ArchivedServer, tally: Tally, *, pace: float
    ) -> None:
        self._installed = installed
        self._server = server
        self._tally = tally
        self._clock = installed.clock
        self._pace = pace
        self._sign_ups = SignUps(installed.registry)

    def run(self) -> None:
        """Go through the steps; each is under load but the one for which every process stops."""
        self._step("the registry's notices followed", self._follow)
        with self._loaded("base backup"):
            self._server.back_up()
            wait_for(lambda: len(self._sign_ups.acknowledged) > 2 * self._pace, patience=30)
        self._step("both databases restored from the archive", self._restore)
        with self._loaded("keys rotated"):
            self._rotate()
        with self._loaded("a custodian replaced, shares handed over"):
            self._hand_over()
        with self._loaded("every process upgraded"):
            self._upgrade()
        self._step("everything checked", self._check)

    def _step(self, name: str, do: Callable[[], None]) -> None:
        with self._clock.time(name):
            do()
        print(f"{self._clock.steps[name]:8.1f} s  {name}")

    @contextlib.contextmanager
    def _loaded(self, name: str) -> Iterator[None]:
        before = len(self._sign_ups.acknowledged)
        with self._sign_ups.running(self._installed, pace=self._pace), self._clock.time(name):
            yield
        count = len(self._sign_ups.acknowledged) - before
        print(f"{self._clock.steps[name]:8.1f} s  {name}, beside {count} sign-ups")
        self._tally.faults += 1

    def _follow(self) -> None:
        if waits := notices.follow(self._installed):
            self._tally.lose(waits)

    def _restore(self) -> None:
        host = self._installed.hosts[VAULT]
        units = host.running
        for unit in reversed(units):
            if host.stop(unit) != 0:
                self._tally.lose(f"{unit} did not stop cleanly")
        self._server.archive()
        self._server.lose_and_restore()
        self._command("work", "restore", "--check")
        for unit in units:
            host.start(unit)
        self._tally.faults += 1

    def _rotate(self) -> None:
        for process, purposes in _HOLDERS.items():
            for purpose in purposes:
                self._command(process, "keys", "rotate", purpose)
        for process, purposes in _HOLDERS.items():
            for purpose in (each for each in purposes if each != _PUBLISHED):
                if not wait_for(partial(self._is_announced, process, purpose), patience=60):
                    self._tally.lose(f"the new key {purpose} is not announced")

        found = self._installed.root(VAULT) / "srv" / "idvault" / "public" / "jwks.json"
        if not wait_for(lambda: len(json.loads(found.read_bytes())["keys"]) > 1, patience=60):
            self._tally.lose("the new key of status lists is not published")

    def _is_announced(self, process: str, purpose: str) -> bool:
        lines = self._command(process, "keys", "list").splitlines()
        return any(line.split()[:3] == [purpose, "1", "announced"] for line in lines)

    def _command(self, process: str, *words: str) -> str:
        done = programs.run(programs.VAULT, *words, environment=self._installed.settings(process))
        if done.returncode != 0:
            self._tally.lose(f"{' '.join(words)}: {done.stdout[-500:]}{done.stderr[-500:]}")
        return done.stdout

    def _hand_over(self) -> None:
        made = self._installed
        made.member("custodian", "--identity", _SUCCESSOR, "init", "--name", _SUCCESSOR, *_ORGANISATION)
        text = (made.plan / "setup.toml").read_text("utf-8")
        text = text.replace('"zhang"]', f'"zhang", "{_SUCCESSOR}"]')
        (made.plan / "setup.toml").write_text(text, "utf-8")
        made.carry(_SUCCESSOR)
        made.set_up("vault", VAULT)
        made.carry(_SUCCESSOR)
        self._connect((*CUSTODIANS, *AUDITORS))
        people = made.person("wang").parent
        current = ["--after", str(made.etc("roster.json")), "--person", f"{_SUCCESSOR}/public.json"]
        made.member("roster", "propose", "next.json", *current, "--quorum", f"main:2:wang,{_SUCCESSOR},zhang")
        for name in ("wang", "zhang"):
            made.member("roster", "sign", "next.json", "--identity", name)
        self._command("work", "roster", "publish", str(people / "next.json"))
        if not wait_for(self._is_adopted, patience=30):
            self._tally.lose("the next roster is not adopted")
        told = made.member("custodian", "--identity", "li", "hand-over")
        print(f"            {told.splitlines()[-1]}")
        if not told.splitlines()[-1].endswith(" 0 left"):
            self._tally.lose(told)

    def _is_adopted(self) -> bool:
        """Connect the successor, once the processes have the roster."""
        try:
            self._connect((_SUCCESSOR,))
        except AccessDenied:
            return False
        return True

    def _connect(self, names: tuple[str, ...]) -> None:
        made = self._installed
        document = {
            "grpc_custody": f"127.0.0.1:{made.ports['custody']}",
            "server_name": "localhost",
            "ca": str(made.plan / "authority" / "ca.pem"),
            "identities": {name: str(made.person(name)) for name in names},
            "roster": str(made.etc("roster.json")),
            "log": {"public_key": (made.plan / "out" / "log" / "log.vkey").read_text().strip()},
        }
        members.connect(document, names)
        members.enrol(document, names)

    def _upgrade(self) -> None:
        """Replace the program of each edge's instance, then every other process, as the page says."""
        host = self._installed.hosts[VAULT]
        for process in _HOLDERS:
            self._command(process, "keys", "complete")
        self._command("work", "db", "upgrade", "--phase", "expand")
        for instance in ("b", "a"):
            link = self._installed.root(VAULT) / "opt" / f"idvault-{instance}"
            to = link.resolve()
            link.unlink()
            link.symlink_to(to)
            self._restart(host, f"idvault-platform@{instance}")
        # The edges count from their start.
        notices.give(self._installed)
        for unit in ("idvault-custody@a", "idvault-work", "idvault-web", notices.UNIT):
            self._restart(host, unit)
        if not wait_for(lambda: notices.taken(self._installed) == 1, patience=60):
            self._tally.lose("a notice of the registry is not taken")
        self._command("work", "db", "upgrade", "--phase", "contract")

    def _restart(self, host: Systemd, unit: str) -> None:
        if host.stop(unit) != 0:
            self._tally.lose(f"{unit} did not stop cleanly")
        host.start(unit)

    def _check(self) -> None:
        sign_ups, tally = self._sign_ups, self._tally
        tally.acknowledged = len(sign_ups.acknowledged)
        with self._installed.vault() as vault:
            missing = sign_ups.verify_all(vault)
        if missing:
            tally.lose(f"{missing} acknowledged accounts are not verified", missing)
        for failure in sign_ups.failures:
            tally.lose(failure)
        settings = self._installed.settings("work")
        key = (self._installed.plan / "out" / "log" / "log.vkey").read_text().strip()
        urls = [settings[f"IDVAULT_{name}DATABASE_URL"] for name in ("", "SHRED_")]
        words = ["--database", urls[0], "--shred-database", urls[1], "--public-key", key]
        print(f"            {self._command('work', 'log', 'verify', *words).splitlines()[-1]}")
        tally.figures["unanswered_and_repeated"] = sign_ups.unanswered
        tally.worst("longest_sign_up_seconds", sign_ups.longest)
        tally.figures |= {name: round(seconds, 1) for name, seconds in self._clock.steps.items()}


_ORGANISATION = ("--organization", "Notary Office", "--trust-domain", "vault.example")
