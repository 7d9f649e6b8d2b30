"""Reports of rumours over a real database: what the public and a platform's moderators do, as short calls."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.policy import TipOffPolicy
from idvault.key.acts.version import DayKeys
from idvault.platform import acts as platform_acts
from idvault.processes.bootstrap.vault import vault_of
from idvault.sealing import key_set
from idvault.sealing.contact import DayLetterSealer, KeyedContactSecrets
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder
from idvault.sealing.text import KeyedModerationTextSealer, KeyedTipOffSecrets
from idvault.tip_off.acts import filing, reporter
from idvault.tip_off.acts import tip_off as acts
from idvault.tip_off.acts.case import TipOffCall, TipOffContext
from idvault.tip_off.acts.filing import NewTipOff
from idvault.tip_off.api.contact import ContactFormMethods
from idvault.tip_off.api.form import EvenRefusals
from idvault.tip_off.api.servicer import TipOffMethods
from idvault.tip_off.contact.acts import ContactContext
from idvault_client.sanctions import PlatformOperation
from idvault_client.tip_offs import (
    AioTipOffs,
    FiledTipOff,
    FollowedTipOff,
    TipOffCase,
    TipOffReport,
    TipOffReporter,
    UpheldSanction,
)
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, Origin, SanctionCategory, StatementOfReasons
from idvault_verify.tip_off import (
    Dismissal,
    ReporterStanding,
    TargetKind,
    TipOff,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)
from idvault_verify.v1 import tip_off_pb2
from tools.support import builders
from tools.support.fakes.people import FakeRosters
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, at
from tools.support.in_process import client, ids
from tools.support.orders import OFFICE, OTHER_OFFICE, roster
from tools.support.sanction_world import ACTOR, SanctionWorld, reasons, signing

_SERVICE = tip_off_pb2.DESCRIPTOR.services_by_name["TipOffService"]
DAY = 86_400
_PEOPLE = 80
CONTENT = TipOffTarget(TargetKind.CONTENT, "post/17")


def key_files(folder: Path) -> LocalKeyProvider:
    """Return the platform edge's keys in a new file, the same in every run."""
    keys = key_set.fresh(Holder.SERVICE, entropy=CountingEntropy(start=70_000_000))
    return LocalKeyProvider.create(
        folder / "service.keys", keys=keys, passphrase=b"test", entropy=CountingEntropy(start=71_000_000)
    )


def report(**changes: Any) -> NewTipOff:
    """Return an anonymous report about a piece of content, with changes."""
    made = NewTipOff(
        channel=TipOffChannel.WEB,
        target=CONTENT,
        category=SanctionCategory.RUMOUR,
        text="this is not true (synthetic)",
    )
    return replace(made, **changes)


async def opened(world: "TipOffWorld", *, party: str = PARTY) -> PlatformOperation:
    """Open an operation."""
    return await world.world.begin(party=party)


async def closed(world: "TipOffWorld", operation: PlatformOperation) -> PlatformOperation:
    """Close an operation."""
    return await world.world.end(operation)


class TipOffWorld:
    """Reports beside sanctions, over one database."""

    def __init__(
        self,
        database: Database,
        keys: LocalKeyProvider,
        *,
        life: int = 0,
        sanctions: SanctionWorld | None = None,
        **policy: Any,
    ) -> None:
        """life: how often the same database was opened before."""
        self.world = sanctions or SanctionWorld(database)
        self.database = database
        self.policy = TipOffPolicy(builders.ZONE, **policy)
        self.vault = vault_of(
            database,
            guard=self.world.claims.guard,
            fingerprinter=FakeFingerprinter(),
            entropy=CountingEntropy(start=50_000_000 + life * 1_000_000),
        )
        self.context = TipOffContext(
            secrets=KeyedTipOffSecrets(keys=keys),
            sealer=KeyedModerationTextSealer(keys=keys, entropy=CountingEntropy(start=60_000_000)),
            signers=self.world.servicer.signers,
            policy=self.policy,
            rosters=FakeRosters(roster(OFFICE, OTHER_OFFICE)),
        )
        # How long each refusal of somebody's numbers waits; no test waits for it.
        self.waited = list[float]()
        self.refusals = EvenRefusals(sleep=self._leave)
        self.web_url = ""
        self.contact = ContactContext(
            secrets=KeyedContactSecrets(keys=keys),
            sealer=DayLetterSealer(store=DayKeys(database)),
            entropy=CountingEntropy(start=80_000_000 + life * 1_000_000),
        )
        self.forms = ContactFormMethods(
            vault=self.vault, context=self.context, refusals=self.refusals, contact=self.contact
        )
        self._people: dict[int, str] = {}

    @property
    def servicer(self) -> TipOffMethods:
        return TipOffMethods(
            vault=self.vault, context=self.context, web_url=self.web_url, refusals=self.refusals
        )

    async def _leave(self, seconds: float) -> None:
        self.waited.append(seconds)

    @property
    def form_service(self) -> Service:
        """The service of the public's forms."""
        return Service(tip_off_pb2.DESCRIPTOR.services_by_name["TipOffFormService"], self.forms)

    def asks(self, seconds: float = 0, *, party: str = PARTY) -> AioTipOffs:
        """Return the calls of a platform's client about reports, which come at a time."""
        caller = Caller(party, "platform", ACTOR)
        return client([Service(_SERVICE, self.servicer)], caller, at(seconds)).tip_offs

    def signs(self, moderator_id: str, *, party: str = PARTY, seconds: float = 0) -> ModeratorKey:
        """Return the key of a moderator who signs at a time."""
        return signing(self.world.keyed(moderator_id, party=party), seconds)

    async def file(
        self,
        wanted: NewTipOff | None = None,
        *,
        seconds: float = 0,
        party: str = PARTY,
        request_id: str | None = None,
        **changes: Any,
    ) -> FiledTipOff:
        asked = replace(wanted or report(), **changes)
        return await self.asks(seconds, party=party).file(
            asked.target,
            asked.category,
            asked.text,
            channel=asked.channel,
            contact=asked.contact,
            reporter_account_token=asked.reporter_token,
            evidence=asked.evidence,
            content=asked.content,
            operation_id=asked.operation_id or "",
            request_id=request_id,
        )

    async def person(self, number: int) -> str:
        """Return the account of somebody who reports, the same for the same number."""
        if number not in self._people:
            self._people[number] = await self.world.account(_PEOPLE + number)
        return self._people[number]

    async def present(self, name: str = PARTY) -> None:
        """Let the operator register a platform and say how the hosted pages present it."""
        await platform_acts.register(self.vault, SYSTEM, at(0), name=name, role="platform", spki="0" * 64)
        await platform_acts.present(self.vault, SYSTEM, at(0), name, title="Title (synthetic)", origins=())

    def form_call(self, *, request_id: str = "", party: str = PARTY) -> TipOffCall:
        """Return a call of the form of the hosted pages."""
        return TipOffCall(party, ACTOR, request_id or self.world.new_id(), "FileTipOffForm", b"")

    async def file_by_form(
        self, wanted: NewTipOff | None = None, *, seconds: float = 0, request_id: str = "", party: str = PARTY
    ) -> FiledTipOff:
        """File by the form of the hosted pages, for a platform that need not be presented."""
        asked = replace(wanted or report(), by_form=True)
        call = self.form_call(request_id=request_id, party=party)
        made = await filing.file(self.vault, call, at(seconds), asked, self.context)
        shown = await self.asks(seconds, party=party).get(made.tip_off.tip_off_id)
        return FiledTipOff(shown.tip_off, made.secret)

    async def follow(
        self, filed: FiledTipOff, *, secret: str = "", seconds: float = 0, party: str = PARTY
    ) -> FollowedTipOff:
        reference = filed.tip_off.reference
        return await self.attempt(reference, secret or filed.secret, seconds=seconds, party=party)

    async def attempt(
        self, reference: str, secret: str, *, seconds: float = 0, party: str = PARTY
    ) -> FollowedTipOff:
        return await self.asks(seconds, party=party).follow(reference, secret)

    async def supplement(
        self,
        filed: FiledTipOff,
        answer: str = "it was on Monday (synthetic)",
        *,
        secret: str = "",
        seconds: float = 0,
        party: str = PARTY,
        request_id: str | None = None,
    ) -> FollowedTipOff:
        """Answer the reply, as the reporter."""
        reference = filed.tip_off.reference
        asks = self.asks(seconds, party=party)
        return await asks.supplement(reference, secret or filed.secret, answer, request_id=request_id)

    async def assign(
        self,
        tip_off: TipOffReport,
        moderator_id: str,
        *,
        former: str | None = None,
        seconds: float = 0,
        **options: Any,
    ) -> TipOffReport:
        seen, key = replace(tip_off, moderator_id=former or ""), self.signs(moderator_id, seconds=seconds)
        return await self.asks(seconds).assign(seen, key=key, **options)

    async def hand_back(
        self, tip_off: TipOffReport, moderator_id: str, *, seconds: float = 0
    ) -> TipOffReport:
        key = self.signs(moderator_id, seconds=seconds)
        return await self.asks(seconds).hand_back(tip_off.tip_off_id, key=key)

    async def note(
        self, tip_off: TipOffReport, moderator_id: str, note: str, *, seconds: float = 0
    ) -> TipOffReport:
        key = self.signs(moderator_id, seconds=seconds)
        return await self.asks(seconds).add_note(tip_off.tip_off_id, note, key=key)

    async def answer(
        self,
        tip_off: TipOffReport,
        moderator_id: str,
        reply: str = "we look at it (synthetic)",
        *,
        seconds: float = 0,
    ) -> TipOffReport:
        key = self.signs(moderator_id, seconds=seconds)
        return await self.asks(seconds).answer(tip_off.tip_off_id, reply, key=key)

    async def dismiss(
        self,
        tip_off: TipOffReport,
        moderator_id: str,
        *,
        outcome: TipOffOutcome = TipOffOutcome.DISMISSED,
        reply: str = "",
        seconds: float = 0,
    ) -> TipOffReport:
        """Decide without a sanction."""
        asks, key = self.asks(seconds), self.signs(moderator_id, seconds=seconds)
        if outcome is TipOffOutcome.ABUSIVE:
            return await asks.find_abusive(tip_off.tip_off_id, key=key, reply=reply)
        return await asks.dismiss(tip_off.tip_off_id, Dismissal.NO_VIOLATION, key=key, reply=reply)

    async def uphold(
        self,
        tip_off: TipOffReport,
        key: ModeratorKey,
        token: str,
        *,
        degree: Degree = Degree.WARN,
        given: StatementOfReasons | None = None,
        reply: str = "",
        seconds: float = 0,
        signed: float | None = None,
        public_account_id: str = "",
        operation_id: str = "",
        **options: Any,
    ) -> TipOffReport:
        """Decide with a sanction of an account, signed by the moderator."""
        statement = given or reasons(origin=Origin.TIP_OFF, tip_off=tip_off.reference)
        sanction = UpheldSanction(
            token,
            degree,
            statement,
            operation_id=operation_id,
            public_account_id=public_account_id,
        )
        return await self.asks(seconds).uphold(
            tip_off.tip_off_id,
            sanction,
            key=signing(key, seconds, signed),
            reply=reply,
            **options,
        )

    async def refer(
        self,
        tip_off: TipOffReport,
        moderator_id: str,
        *,
        authority: str = OFFICE,
        reply: str = "",
        seconds: float = 0,
        **options: Any,
    ) -> TipOffReport:
        """Refer a report to an authority."""
        key = self.signs(moderator_id, seconds=seconds)
        return await self.asks(seconds).refer(tip_off.tip_off_id, authority, key=key, reply=reply, **options)

    async def merge(
        self,
        tip_off: TipOffReport,
        duplicates: Sequence[TipOffReport],
        moderator_id: str,
        *,
        seconds: float = 0,
    ) -> TipOffReport:
        duplicate_ids, key = (
            [each.tip_off_id for each in duplicates],
            self.signs(moderator_id, seconds=seconds),
        )
        return await self.asks(seconds).merge(tip_off.tip_off_id, duplicate_ids, key=key)

    async def get(self, tip_off: TipOffReport, *, seconds: float = 0) -> TipOffCase:
        return await self.asks(seconds).get(tip_off.tip_off_id)

    async def stored(self, tip_off: TipOffReport) -> TipOff:
        """Return a report as it is stored."""
        sealer = self.context.sealer
        return (await acts.get(self.vault, PARTY, tip_off.tip_off_id, sealer=sealer, now=at(0))).tip_off

    async def listed(
        self, *, size: int = 1_000, seconds: float = 0, party: str = PARTY, **filters: Any
    ) -> list[str]:
        """Return the ids of all pages of a list."""
        found = await ids(self.asks(seconds, party=party).list_page, page_size=size, **filters)
        return [each for page in found for each in page]

    async def set_standing(
        self,
        reporter_id: str,
        standing: ReporterStanding,
        *,
        limited_until: datetime | None = None,
        seconds: float = 0,
        **options: Any,
    ) -> TipOffReporter:
        key = signing(await self.world.clerk(), seconds)
        return await self.asks(seconds).set_reporter_standing(
            reporter_id, standing, key=key, limit_end=limited_until, **options
        )

    async def reporters(self, *, party: str = PARTY, seconds: float = 0) -> list[TipOffReporter]:
        """Return all reporters of a platform."""
        page = await self.asks(seconds, party=party).list_reporters(page_size=1_000)
        assert not page.next_page_token
        return list(page.reporters)

    async def reporter(self, reporter_id: str, *, seconds: float = 0) -> TipOffReporter:
        known = {each.reporter_id: each for each in await self.reporters(seconds=seconds)}
        return known[reporter_id]

    async def remind(self, *, seconds: float) -> int:
        """Let the worker write the reminders that are due."""
        return await reporter.remind_all(self.vault, at(seconds), limit=1_000)

    async def delete_texts(self, *, seconds: float) -> int:
        """Let the worker delete the texts of reports that were closed long enough ago."""
        return await reporter.delete_all_texts(self.vault, at(seconds), policy=self.policy, limit=9)

    async def purge(self, *, seconds: float) -> int:
        """Let the worker delete what is old."""
        return await reporter.purge(self.vault, at(seconds), policy=self.policy)

    async def levels(self, *, seconds: float) -> tuple[dict[TipOffState, int], int]:
        """Return how many reports are in each open state, and how many are overdue."""
        return await reporter.levels(self.vault, now=at(seconds))

    async def events(self) -> list[str]:
        """Return the types of the log entries about reports, in alphabetical order."""
        return await self.world.events("tipoff:")
