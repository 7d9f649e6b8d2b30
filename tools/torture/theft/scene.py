"""The deployment that is stolen from: people sign up, some during a registry outage; some still wait."""

import asyncio
import time
from pathlib import Path

from idvault_client import Vault
from idvault_client.backend.campaign import LegacyAccount
from idvault_client.tip_offs import FiledTipOff
from tools.support import named
from tools.support.databases import Databases
from tools.support.sandbox import Person, claim, verify, wait_for
from tools.support.whole_vault import WholeVault
from tools.torture.theft import appeals, reports
from tools.torture.theft.loot import Loot, take, take_keys
from tools.torture.theft.victims import MARK, Victims, invent

_PATIENCE = 120.0
_TIMEOUT = 20.0


class SceneError(Exception):
    """The scene is not as the theft needs it; the text holds no name."""


class Scene:
    """One deployment, and what happened to its people."""

    def __init__(self, databases: Databases, folder: Path) -> None:
        """Prepare a deployment over these databases without starting it."""
        self.begun = time.time() - 1
        self.databases = databases
        self.vault = WholeVault(folder, databases, processes=1)
        asyncio.run(named.name_moderators(databases.main_url))
        self.victims = Victims()
        self.tokens: dict[str, str] = {}
        self.appealed = 0
        self.filed: list[FiledTipOff] = []
        self._requests: list[str] = []
        self.folder = folder

    def play(self, *, people: int) -> None:
        """Verify this many people at once; refuse, delay and keep waiting half as many each."""
        self.vault.start_work()
        self.vault.start_serve()
        some = max(people // 2, 2)
        everybody = invent(people + 3 * some)
        self.vault.registry.add(*everybody)
        victims = self.victims
        victims.sealed.extend(everybody[:people])
        victims.mismatched.extend(everybody[people : people + some])
        victims.late.extend(everybody[people + some : people + 2 * some])
        victims.waiting.extend(everybody[people + 2 * some :])
        with self.vault.vault(timeout=_TIMEOUT) as vault:
            rows = [LegacyAccount(f"user-{place}", "2012-05-01") for place in range(people)]
            vault.campaigns.import_legacy_accounts("before-2014", rows)
            self._sign_up(vault)

    def settle_waiting(self) -> None:
        """Bring the registry back and wait until no claim waits."""
        self.vault.registry.behave("normal")
        with self.vault.vault(timeout=_TIMEOUT) as vault:
            for request_id in self._requests:
                _check(_succeeds(vault, request_id), "a claim that waited is verified")

    def steal(self, copies: str) -> Loot:
        """Copy everything while the deployment runs; copies: a name for the thief's folder."""
        return take(
            self.databases,
            keys=self.keys,
            passphrase=self.vault.passphrase,
            since=self.begun,
            copies=self.folder / copies,
        )

    def keys_again(self, loot: Loot) -> Loot:
        return Loot(loot.tables, loot.raw, take_keys(self.keys, passphrase=self.vault.passphrase))

    @property
    def keys(self) -> Path:
        return Path(self.vault.settings["IDVAULT_KEYS"]).parent

    def _sign_up(self, vault: Vault) -> None:
        registry = self.vault.registry
        for person in self.victims.sealed:
            answer = verify(vault, person)
            _check(answer.succeeded, "a right name is verified")
            self.tokens[person.name] = answer.account_token
        # Before any claim waits: what is written later takes the pages that ended claims have left.
        self.appealed = appeals.file(vault, self.tokens.values(), mark=MARK)
        self.filed = reports.file(vault, list(self.tokens.values()), mark=MARK)
        for person in self.victims.mismatched:
            wrong = Person(person.name[:2] + person.name[:1:-1], person.number)
            _check(verify(vault, wrong).failed, "a wrong name is refused")
        registry.behave("down")
        late = [claim(vault, person) for person in self.victims.late]
        registry.behave("normal")
        for answer in late:
            _check(answer.pending and _succeeds(vault, answer.request_id), "a claim that waited is verified")
        registry.behave("down")
        for person in self.victims.waiting:
            answer = claim(vault, person)
            _check(answer.pending, "a claim waits while the registry is down")
            self._requests.append(answer.request_id)


def _succeeds(vault: Vault, request_id: str) -> bool:
    return wait_for(lambda: vault.get_verification(request_id).succeeded, patience=_PATIENCE)


def _check(condition: bool, text: str) -> None:
    if not condition:
        raise SceneError(text)
