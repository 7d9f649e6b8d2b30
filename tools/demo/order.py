"""The demo's step with an authority: it orders, and a platform checks, acknowledges and carries out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from idvault_client import Vault
from idvault_client.sanctions import AuthorityOrder, Degree, Ground, IssuerKind, Origin
from idvault_dev.layout import PASSPHRASE
from idvault_people.moderation import key_folder
from idvault_verify.attest.moderator_key import ModeratorKey
from tools.demo.disclosure import DisclosureSteps
from tools.demo.sanction import STATEMENT
from tools.demo.step import check
from tools.support import programs
from tools.support.sandbox import Registry, invent, verify

_OFFICE, _MODERATOR, _PLATFORM = "authority-a", "moderator-a", "platform-a"
_UNVERIFIED = 5


class OrderSteps:
    """What an authority's officer and a platform's moderator type. disclosure: has the officer's codes."""

    def __init__(
        self,
        vault: Callable[[], Vault],
        ready: Callable[[], Mapping[str, Any]],
        disclosure: DisclosureSteps,
        *,
        scratch: Path,
    ) -> None:
        self.person, self.account_token = invent(), ""
        self._vault, self._running = vault, ready
        self._document = scratch / "order.txt"
        self._document.write_text("An order (synthetic).\n", "ascii")
        self._disclosure = disclosure

    @property
    def passphrase_file(self) -> Path:
        """The file with the passphrase of development's people."""
        return self._disclosure.passphrase_file

    @property
    def _ready(self) -> Mapping[str, Any]:
        return self._running()

    def carry_out(self) -> None:
        """An order to warn: checked, refused for another platform, acknowledged, and carried out."""
        Registry(self._ready["registry"]["admin_url"]).add(self.person)
        with self._vault() as vault:
            self._carry_out(vault)

    def _carry_out(self, vault: Vault) -> None:
        verified = verify(vault, self.person)
        check(verified.succeeded, "the person should be verified")
        self.account_token = verified.account_token
        given = self.issue(f"{_PLATFORM}={verified.account_token}")
        order_id = str(given["order_id"])
        check(given["state"] == "OPEN", "the order should be open")
        check(given["document_size"] == self._document.stat().st_size, "it should have the document's size")
        other = self.moderator("show", order_id, *self._roster(), "--platform", "platform-b")
        check(other.returncode == _UNVERIFIED, "an order to another platform should be refused")
        shown = self.answer("show", order_id, *self._roster(), "--platform", _PLATFORM)
        check(shown["target"] == verified.account_token, "the platform should read the target")
        read = self.answer("acknowledge", order_id, signs=True)
        check(read["state"] == "ACKNOWLEDGED", "the platform should have acknowledged")
        statement = replace(
            STATEMENT,
            ground=Ground.ILLEGAL,
            origin=Origin.AUTHORITY,
            issuer_kind=IssuerKind.AUTHORITY,
            order=AuthorityOrder(
                shown["authority"],
                shown["reference"],
                date.fromisoformat(shown["order_date"]),
                bytes.fromhex(shown["order_digest"]),
            ),
        )
        vault.sanctions.impose(verified.account_token, Degree.WARN, statement, key=self.key())
        found = self.officer("show", order_id)["orders"][0]
        check(found["state"] == "CARRIED_OUT", "the authority should read CARRIED_OUT")
        check(not found["missed"], "the deadline should not be missed")
        check(self.person.name not in json.dumps(found), "it should read no name")

    def issue(self, *targets: str) -> dict[str, Any]:
        """Order platforms to warn accounts, each `platform=account`; return the first order."""
        deadline = f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%dT%H:%MZ}"
        to = [part for each in targets for part in ("--to", each)]
        found = self.officer(
            "issue", *to, "--kind", "account", "--measure", "WARN", "--reference", "2026-17 (synthetic)",
            "--legal-basis", "article 1 (synthetic)", "--deadline", deadline,
            "--document", str(self._document), code=True,
        )  # fmt: skip
        first: dict[str, Any] = found["orders"][0]
        return first

    def officer(self, *arguments: str, code: bool = False) -> dict[str, Any]:
        """Run a command of the officer's to its end; return its answer."""
        before = ["--identity", self._ready["identities"][_OFFICE]]
        before += ["--passphrase-file", str(self._disclosure.passphrase_file)]
        if code:
            self._disclosure.use(self._ready)
            before += ["--code", self._disclosure.code(_OFFICE)]
        done = programs.run(programs.PEOPLE, "--json", "authority", *before, *arguments)
        check(done.returncode == 0, f"{arguments[0]} should pass: {done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def moderator(self, *arguments: str, about: str = "order") -> Any:
        """Run a command of the platform's moderator about orders, or reports; return how it ended."""
        paths = self._ready["certificates"][_MODERATOR]
        where = ["--target", self._ready["grpc"], "--server-name", self._ready["server_name"]]
        where += ["--ca", self._ready["ca"], "--certificate", paths["certificate"], "--key", paths["key"]]
        return programs.run(programs.PEOPLE, "moderator", *where, "--json", about, *arguments)

    def key(self) -> ModeratorKey:
        """Return the moderator's key."""
        return key_folder.load(self._folder(), password=PASSPHRASE)

    def refer(self, tip_off_id: str, reply: str) -> dict[str, Any]:
        """Refer a report of the moderator's to the authority; return what the command tells."""
        file = self._document.with_name("reply.txt")
        file.write_text(f"{reply}\n", "utf-8")
        more = ["--authority", _OFFICE, "--reply-file", str(file), *self._signs()]
        done = self.moderator("refer", tip_off_id, *more, about="report")
        check(done.returncode == 0, f"refer should pass: {done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def take(self, said: Path, *arguments: str) -> dict[str, Any]:
        """Take down what somebody said, as the moderator; return number, secret and page."""
        done = self.moderator("take", str(said), *arguments, *self._signs(), about="report")
        check(done.returncode == 0, f"take should pass: {done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def answer(self, *arguments: str, signs: bool = False) -> dict[str, Any]:
        """Run such a command, which must pass; return its last line. signs: whether it needs the key."""
        more = [*self._roster(), *self._signs()] if signs else []
        done = self.moderator(*arguments, *more)
        check(done.returncode == 0, f"{arguments[0]} should pass: {done.stderr}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def _folder(self) -> Path:
        return Path(self._ready["state"]) / "moderators" / _PLATFORM / _MODERATOR

    def _roster(self) -> list[str]:
        return ["--roster", self._ready["roster"]]

    def _signs(self) -> list[str]:
        return ["--as", str(self._folder()), "--passphrase-file", str(self._disclosure.passphrase_file)]
