"""Sanctions over a real database: what a platform's moderators do, as short calls."""

from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from idvault.core.act import Vault
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.tables.log import log_entries
from idvault.moderator import acts as moderator_acts
from idvault.moderator.acts import KnownModerators
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.services.platform_edge import SanctionServicer, StatusServicer
from idvault.sanction import acts
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.objection.acts import ObjectionContext
from idvault.sanction.rules import Sanction
from idvault.status.api import SerialisedStatuses
from idvault.tip_off.acts.proposal import lock_report
from idvault_client import aio
from idvault_client.errors import NotFound
from idvault_client.sanctions import (
    AccountSanction,
    AioSanctions,
    PlatformOperation,
    PlatformTemplate,
    RegisteredModerator,
)
from idvault_verify import moderator as moderator_rules
from idvault_verify.account import Status
from idvault_verify.attest import registration
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.registration import Registration
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.moderator import Moderator
from idvault_verify.sanction import (
    Automation,
    Degree,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    Scope,
    StatementOfReasons,
)
from idvault_verify.transparency import entry
from idvault_verify.v1 import sanction_pb2, status_pb2
from tools.support import builders
from tools.support.campaign_world import CampaignWorld
from tools.support.fakes.moderation_text import moderation_sealer
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, at, command
from tools.support.in_process import client, dated, ids

ACTOR = "b" * 32
TERMS = AppealTerms(
    outside_body="Internet Court (synthetic)",
    outside_days=60,
    zone=builders.ZONE,
)
_SERVICE = sanction_pb2.DESCRIPTOR.services_by_name["SanctionService"]
_ENTRIES = statement(select(log_entries.c.leaf), scalar)


def reasons(**changes: Any) -> StatementOfReasons:
    """Return a complete statement of reasons without an end, with changes."""
    made = StatementOfReasons(
        ground=Ground.AGAINST_TERMS,
        category=SanctionCategory.RUMOUR,
        rule_reference="terms 4.2",
        case_reference="case 17",
        evidence=(bytes(32), bytes(range(32))),
        origin=Origin.OWN_INITIATIVE,
        detection=Automation.PARTIAL,
        decision=Automation.NONE,
        territory="CN",
        redress="write to appeals",
        issuer_kind=IssuerKind.PLATFORM,
    )
    return replace(made, **changes)


def template(**changes: Any) -> PlatformTemplate:
    """Return a new template of sanctions, with changes."""
    made = PlatformTemplate(
        title="Rumour, first time",
        rule_reference="terms 4.2",
        ground=Ground.AGAINST_TERMS,
        category=SanctionCategory.RUMOUR,
        degree=Degree.WARN,
        territory="CN",
        redress="write to appeals",
        days=30,
    )
    return replace(made, **changes)


def until(seconds: float, **changes: Any) -> StatementOfReasons:
    """Return a statement whose end is this many seconds after the start of the tests' time."""
    return reasons(end_at=builders.NOW + timedelta(seconds=seconds), **changes)


def signing(key: ModeratorKey, seconds: float, signed: float | None = None) -> ModeratorKey:
    """Return a key that signs at the time of a call, or at another time."""
    return dated(key, at(seconds if signed is None else signed).real)


def key_of(number: int, *, party: str = PARTY) -> ModeratorKey:
    """Return a key, the same for the same number."""
    return ModeratorKey(party, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


class SanctionWorld:
    """Sanctions beside claims and campaigns, over one database, called as platforms and moderators do."""

    def __init__(self, database: Database, *, terms: AppealTerms = TERMS, life: int = 0) -> None:
        """Build the flows as bootstrap does. life: how often the same database was opened before."""
        self.campaigns = CampaignWorld(database, life=life)
        self.claims = self.campaigns.claims
        self.database = database
        entropy = CountingEntropy(start=9_000_000 + life * 10_000_000)
        guard = self.claims.guard
        self.vault = vault_of(database, guard=guard, fingerprinter=FakeFingerprinter(), entropy=entropy)
        self.appeals = ObjectionContext(terms, moderation_sealer())
        self.servicer = self.served_by(self.vault)
        self.services = [
            Service(_SERVICE, self.servicer),
            self.status_service(),
        ]
        self._numbers = life * 10_000_000
        self.staffed = 0
        self._keys: dict[str, ModeratorKey] = {}
        self._clerks: dict[str, ModeratorKey] = {}

    def served_by(self, vault: Vault) -> SanctionServicer:
        """Return SanctionService over a vault."""
        signers, zone = KnownModerators(vault), self.appeals.terms.zone
        return SanctionServicer(
            vault=vault, signers=signers, waiting=lock_report, appeals=self.appeals, zone=zone
        )

    def served_late(self) -> aio.Vault:
        """Return the client of a platform whose moderators are revoked just after they were read."""
        late = Service(_SERVICE, self.served_by(LateVault.of(self)))
        return client([late], Caller(PARTY, "platform", ACTOR), at(0))

    def status_service(self) -> Service:
        """Return StatusService with the real flow of statuses; nothing else of it is served."""
        fakes: dict[str, Any] = dict.fromkeys(("histories", "tokens", "watches"))
        flow = self.claims.status
        servicer = StatusServicer(vault=self.vault, flow=flow, statuses=SerialisedStatuses(flow), **fakes)
        return Service(status_pb2.DESCRIPTOR.services_by_name["StatusService"], servicer)

    def platform(self, seconds: float = 0, *, party: str = PARTY) -> aio.Vault:
        """Return the client of a platform, whose calls come at a time."""
        return client(self.services, Caller(party, "platform", ACTOR), at(seconds))

    def asks(self, seconds: float = 0, *, party: str = PARTY) -> AioSanctions:
        """Return the same client's calls of sanctions."""
        return self.platform(seconds, party=party).sanctions

    def new_id(self) -> str:
        self._numbers += 1
        return str(UUID(int=2**64 + self._numbers))

    async def account(self, number: int = 1, **changes: Any) -> str:
        """Sign somebody up and return the account token."""
        changes.setdefault("identity", builders.identity(number=f"110000190101{number:02}000X"))
        return (await self.claims.verify(command(number, **changes))).account.account_token

    async def moderator(self, number: int, *, seconds: float = 0, party: str = PARTY) -> ModeratorKey:
        """Make a key a moderator's: by the operator while there are fewer than two, else by two others."""
        key = key_of(number, party=party)
        try:
            found = (await self.name(key, seconds=seconds)).moderator_id
        except PreconditionError as refused:
            if refused.reason is not Reason.MODERATORS_SUFFICE:
                raise
            by = await self.staff(party)
            found = (await self.register(key, by=by, seconds=seconds)).moderator_id
        return self._keys.setdefault(found, key.of(found))

    def keyed(self, moderator_id: str, *, party: str = PARTY) -> ModeratorKey:
        """Return the key of a moderator, or some key for an id that nobody has."""
        return self._keys.get(moderator_id) or key_of(250, party=party).of(moderator_id)

    async def clerk(self, *, party: str = PARTY) -> ModeratorKey:
        """Return some moderator, for what any may do."""
        if party not in self._clerks:
            self._clerks[party] = await self.moderator(200, party=party)
        return self._clerks[party]

    async def staff(self, party: str = PARTY) -> list[ModeratorKey]:
        """Return two moderators who are not revoked, of those whose keys have a number."""
        found: list[ModeratorKey] = []
        for key in (key_of(number, party=party) for number in range(1, 250)):
            with suppress(NotFound):
                known = await self.asks(party=party).find_moderator(key.public_key)
                if known.revoke_time is None:
                    found.append(key.of(known.moderator_id))
            if len(found) == moderator_rules.FEWEST:
                break
        return found

    async def begin(
        self, title: str = "a month (synthetic)", *, seconds: float = 0, party: str = PARTY, **options: Any
    ) -> PlatformOperation:
        """Open an operation."""
        key = dated(await self.clerk(party=party), at(seconds).real)
        return await self.asks(seconds, party=party).open_operation(title, key=key, **options)

    async def end(
        self, operation: PlatformOperation, *, seconds: float = 0, party: str = PARTY, **options: Any
    ) -> PlatformOperation:
        """Close an operation."""
        key, which = dated(await self.clerk(party=party), at(seconds).real), operation.operation_id
        return await self.asks(seconds, party=party).close_operation(which, key=key, **options)

    def registration(self, key: ModeratorKey, *, seconds: float = 0, request_id: str = "") -> Registration:
        """Return what a new key signs."""
        chosen = request_id or self.new_id()
        return registration.register(key.of(""), now=at(seconds).real, new_id=lambda: chosen)

    async def name(self, key: ModeratorKey, *, seconds: float = 0, **changes: Any) -> Moderator:
        """Let the operator name a moderator."""
        asked = self.registration(key, seconds=seconds, **changes)
        return await self.name_asked(asked, seconds=seconds)

    async def name_asked(self, asked: Registration, *, seconds: float = 0) -> Moderator:
        """Name who has a key, as asked."""
        return await moderator_acts.name(self.vault, asked, now=at(seconds))

    async def register(
        self, key: ModeratorKey, *, by: Iterable[ModeratorKey], seconds: float = 0, **changes: Any
    ) -> RegisteredModerator:
        """Register a key that others countersign."""
        asked = self.registration(key, seconds=seconds, **changes)
        for other in by:
            asked = asked.countersign(other, now=at(seconds).real)
        return await self.send(asked, seconds=seconds)

    async def send(self, asked: Registration, *, seconds: float = 0, party: str = "") -> RegisteredModerator:
        """Register what was signed."""
        return await self.asks(seconds, party=party or asked.relying_party).register_moderator(asked)

    async def revoke(
        self, key: ModeratorKey, *, seconds: float = 0, party: str = PARTY
    ) -> RegisteredModerator:
        return await self.asks(seconds, party=party).revoke_moderator(key.moderator_id)

    async def impose(
        self,
        token: str,
        degree: Degree,
        *,
        key: ModeratorKey,
        given: StatementOfReasons | None = None,
        seconds: float = 0,
        signed: float | None = None,
        party: str = PARTY,
        public_account_id: str | None = None,
        measure: str | None = None,
        **options: Any,
    ) -> AccountSanction:
        """Impose or propose a sanction. signed: when the moderator signs, if that is not at once."""
        usual = "10-a-day" if degree is Degree.LIMIT else ""
        return await self.asks(seconds, party=party).impose(
            token,
            degree,
            given or reasons(),
            measure=usual if measure is None else measure,
            key=signing(key, seconds, signed),
            public_account_id=public_account_id or "",
            **options,
        )

    async def confirm(
        self, sanction: AccountSanction, *, key: ModeratorKey, seconds: float = 0, **options: Any
    ) -> AccountSanction:
        return await self.asks(seconds).confirm(sanction, key=signing(key, seconds), **options)

    async def lift(
        self,
        sanction: AccountSanction,
        *,
        key: ModeratorKey,
        reason: str = "a mistake",
        seconds: float = 0,
        party: str = PARTY,
        **options: Any,
    ) -> AccountSanction:
        asks = self.asks(seconds, party=party)
        return await asks.lift(sanction, reason, key=signing(key, seconds), **options)

    async def closed(
        self, token: str, keys: tuple[ModeratorKey, ModeratorKey], **options: Any
    ) -> AccountSanction:
        """Close an account by two moderators."""
        return await self.by_two(token, Degree.CLOSE, keys, **options)

    async def by_two(
        self, token: str, degree: Degree, keys: tuple[ModeratorKey, ModeratorKey], **options: Any
    ) -> AccountSanction:
        """Put a sanction into force by two moderators."""
        proposed = await self.impose(token, degree, key=keys[0], **options)
        return await self.confirm(proposed, key=keys[1], seconds=options.get("seconds", 0))

    async def of_person(
        self, token: str, degree: Degree, keys: tuple[ModeratorKey, ModeratorKey], **options: Any
    ) -> AccountSanction:
        """Sanction the owner of an account by two moderators."""
        return await self.by_two(token, degree, keys, scope=Scope.PERSON, **options)

    async def work(self, *, seconds: float) -> int:
        """Let the worker store what has lapsed."""
        return await acts.lapse_all(self.vault, at(seconds), limit=100, waiting=lock_report)

    async def release(self, *, seconds: float) -> int:
        """Let the worker end what accounts follow."""
        return await acts.release_all(self.vault, at(seconds), limit=1_000)

    async def get(
        self, sanction: AccountSanction, *, seconds: float = 0, party: str = PARTY
    ) -> AccountSanction:
        return await self.asks(seconds, party=party).get(sanction.sanction_id)

    async def stored(self, sanction: AccountSanction) -> Sanction:
        """Return a sanction as it is stored, with what was signed."""
        return await acts.find(self.vault, PARTY, sanction.sanction_id)

    async def pages(
        self, *, size: int = 9, seconds: float = 0, party: str = PARTY, **filters: Any
    ) -> list[list[str]]:
        """Return the ids of every page of a list."""
        return await ids(self.asks(seconds, party=party).list_page, page_size=size, **filters)

    async def status(self, token: str, *, seconds: float = 0) -> Status:
        return await self.campaigns.status(token, seconds=seconds)

    async def events(self, prefix: str) -> list[str]:
        """Return the types of log entries that begin with a word, in alphabetical order."""

        async def read(connection: Connection) -> list[bytes]:
            return await connection.all(_ENTRIES)

        types = [entry.decode_leaf(leaf).type for leaf in await self.database.read("test", read)]
        return sorted(each for each in types if each.startswith(prefix))


class LateVault(Vault):
    """A vault in which a moderator is revoked just after having been read."""

    world: SanctionWorld

    async def read(self, name: str, work: Callable[[Connection], Coroutine[Any, Any, Any]]) -> Any:
        found = await super().read(name, work)
        if name == "moderator.get":
            await self.world.revoke(key_of(1).of(found.moderator_id), party=found.relying_party)
        return found

    @classmethod
    def of(cls, world: SanctionWorld) -> Self:
        """Return the vault of a world, late."""
        made = cls(**vars(world.vault))
        made.world = world
        return made
