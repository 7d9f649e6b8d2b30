"""Reports of rumours over a real database: what the public and a platform's moderators do, as short calls."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from idvault.core.db.database import Database
from idvault.core.edge.server import Service
from idvault.core.policy import TipOffPolicy
from idvault.processes.bootstrap.vault import wire_vault
from idvault.sanction.rules import NewSanction
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder
from idvault.sealing.moderation_text import KeyedModerationTextSealer
from idvault.sealing.tip_off import KeyedTipOffSecrets
from idvault.tip_off.acts import filing, reporter
from idvault.tip_off.acts import tip_off as acts
from idvault.tip_off.acts.case import TipOffCall, TipOffContext
from idvault.tip_off.acts.filing import FiledReport, NewTipOff, ReporterView
from idvault.tip_off.acts.tip_off import ReadReport, TipOffDecision
from idvault.tip_off.api.form import TipOffFormMethods
from idvault.tip_off.api.servicer import TipOffMethods
from idvault.tip_off.rules import QueuePage, QueuePlace, Reporter, TipOffFilter
from idvault_client.sanctions import PlatformOperation
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, Origin, SanctionCategory, Scope, StatementOfReasons
from idvault_verify.seal import Part
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
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, at
from tools.support.sanction_world import SanctionWorld, reasons

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
        self.vault = wire_vault(
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
        )
        self.forms = TipOffFormMethods(vault=self.vault, context=self.context)
        self._numbers = 0
        self._people: dict[int, str] = {}

    @property
    def servicer(self) -> TipOffMethods:
        return TipOffMethods(vault=self.vault, context=self.context)

    @property
    def form_service(self) -> Service:
        """The service of the public's forms."""
        return Service(tip_off_pb2.DESCRIPTOR.services_by_name["TipOffFormService"], self.forms)

    def call(self, method: str, *fields: Part, request_id: str = "", party: str = PARTY) -> TipOffCall:
        self._numbers += 1
        chosen = request_id or str(UUID(int=2**80 + self._numbers))
        return TipOffCall(party, "b" * 32, chosen, method, builders.content(*fields))

    async def decided(
        self,
        method: str,
        *fields: Part,
        by: str,
        seconds: float = 0,
        words: str | None = None,
        **options: Any,
    ) -> TipOffCall:
        """Return a call that a moderator decides and signs. by: the moderator's id."""
        shared = (*fields, *(() if words is None else (words,)))
        call = self.call(method, *shared, **options)
        key = await self.world.keyed(by, party=call.relying_party)
        decision = self.world.signed_act(
            method,
            *fields,
            key=key,
            seconds=seconds,
            words=words,
            party=call.relying_party,
            request_id=call.request_id,
        )
        return replace(call, decision=decision)

    async def file(
        self, wanted: NewTipOff | None = None, *, seconds: float = 0, **changes: Any
    ) -> FiledReport:
        options = {name: changes.pop(name) for name in ("request_id", "party") if name in changes}
        asked = replace(wanted or report(), **changes)
        # Every field counts, the ones that are not shown, too.
        shown = "/".join(str(getattr(asked, name)) for name in asked.__slots__)
        call = self.call("FileTipOff", shown, **options)
        return await filing.file(self.vault, call, at(seconds), asked, self.context)

    async def person(self, number: int) -> str:
        """Return the account of somebody who reports, the same for the same number."""
        if number not in self._people:
            self._people[number] = await self.world.account(_PEOPLE + number)
        return self._people[number]

    async def file_by_form(
        self, wanted: NewTipOff | None = None, *, seconds: float = 0, request_id: str = "", party: str = PARTY
    ) -> FiledReport:
        """File by the form of the hosted pages, for a platform that need not be presented."""
        asked = replace(wanted or report(), by_form=True)
        call = self.call("FileTipOffForm", request_id=request_id, party=party)
        return await filing.file(self.vault, call, at(seconds), asked, self.context)

    async def follow(
        self, filed: FiledReport, *, secret: str = "", seconds: float = 0, party: str = PARTY
    ) -> ReporterView:
        return await self.attempt(
            filed.tip_off.reference, secret or filed.secret, seconds=seconds, party=party
        )

    async def attempt(
        self, reference: str, secret: str, *, seconds: float = 0, party: str = PARTY
    ) -> ReporterView:
        return await filing.follow(
            self.vault,
            party,
            reference=reference,
            secret=secret,
            context=self.context,
            now=at(seconds),
        )

    async def assign(
        self,
        tip_off: TipOff,
        moderator_id: str,
        *,
        former: str | None = None,
        seconds: float = 0,
        **options: Any,
    ) -> TipOff:
        ids = (tip_off.tip_off_id, moderator_id, former or "")
        call = await self.decided("AssignTipOff", *ids, by=moderator_id, seconds=seconds, **options)
        return await acts.assign(self.vault, call, at(seconds), *ids[:2], former)

    async def hand_back(
        self, tip_off: TipOff, moderator_id: str, *, seconds: float = 0, **options: Any
    ) -> TipOff:
        ids = (tip_off.tip_off_id, moderator_id)
        call = await self.decided("ReturnTipOff", *ids, by=moderator_id, seconds=seconds, **options)
        return await acts.hand_back(self.vault, call, at(seconds), *ids)

    async def note(
        self, tip_off: TipOff, moderator_id: str, note: str, *, seconds: float = 0, **options: Any
    ) -> TipOff:
        options |= {"by": moderator_id, "seconds": seconds, "words": note}
        ids = (tip_off.tip_off_id, moderator_id)
        call = await self.decided("AddTipOffNote", *ids, **options)
        return await acts.note(self.vault, call, at(seconds), *ids, text=note, sealer=self.context.sealer)

    async def answer(
        self,
        tip_off: TipOff,
        moderator_id: str,
        reply: str = "we look at it (synthetic)",
        *,
        seconds: float = 0,
        **options: Any,
    ) -> TipOff:
        options |= {"by": moderator_id, "seconds": seconds, "words": reply}
        ids = (tip_off.tip_off_id, moderator_id)
        call = await self.decided("AnswerTipOff", *ids, **options)
        return await acts.answer(self.vault, call, at(seconds), *ids, reply=reply, sealer=self.context.sealer)

    async def dismiss(
        self,
        tip_off: TipOff,
        moderator_id: str,
        *,
        outcome: TipOffOutcome = TipOffOutcome.DISMISSED,
        reply: str = "",
        seconds: float = 0,
        **options: Any,
    ) -> TipOff:
        """Decide without a sanction."""
        dismissed = outcome is TipOffOutcome.DISMISSED
        decision = TipOffDecision(outcome, Dismissal.NO_VIOLATION if dismissed else None, reply)
        fields = (tip_off.tip_off_id, moderator_id, outcome.value)
        options |= {"by": moderator_id, "seconds": seconds, "words": reply}
        call = await self.decided("ResolveTipOff", *fields, **options)
        return await self.resolve(call, tip_off, moderator_id, decision, seconds=seconds)

    async def resolve(
        self,
        call: TipOffCall,
        tip_off: TipOff,
        moderator_id: str,
        decision: TipOffDecision,
        *,
        seconds: float,
    ) -> TipOff:
        """Send a decision."""
        ids = (tip_off.tip_off_id, moderator_id)
        return await acts.resolve(
            self.vault, call, at(seconds), *ids, decision=decision, context=self.context
        )

    async def uphold(
        self,
        tip_off: TipOff,
        key: ModeratorKey,
        token: str,
        *,
        degree: Degree = Degree.WARN,
        given: StatementOfReasons | None = None,
        reply: str = "",
        seconds: float = 0,
        signed_seconds: float | None = None,
        public_account_id: str | None = None,
        operation_id: str | None = None,
        **options: Any,
    ) -> TipOff:
        """Decide with a sanction of an account, signed by the moderator."""
        statement = given or reasons(origin=Origin.TIP_OFF, tip_off=tip_off.reference)
        fields = (tip_off.tip_off_id, token, degree.value)
        signed_seconds = seconds if signed_seconds is None else signed_seconds
        options |= {"by": key.moderator_id, "seconds": signed_seconds, "words": reply}
        call = await self.decided("ResolveTipOff", *fields, **options)
        signed_at = at(signed_seconds).real
        signed, occasion = self.world.call(
            "ResolveTipOff", token, degree.value, key=key, request_id=call.request_id, signed_at=signed_at
        )
        paper = papers.imposition(
            occasion,
            account_token=token,
            scope=Scope.ACCOUNT,
            degree=degree,
            measure="",
            operation_id=operation_id,
            public_account_id=public_account_id,
            statement=statement,
        )
        decision = TipOffDecision(
            TipOffOutcome.UPHELD,
            reply=reply,
            sanction=NewSanction(
                token, Scope.ACCOUNT, degree, "", statement, operation_id, public_account_id
            ),
            call=replace(signed, signature=key.sign(paper)),
        )
        return await self.resolve(call, tip_off, key.moderator_id, decision, seconds=seconds)

    async def merge(
        self,
        tip_off: TipOff,
        duplicates: Sequence[TipOff],
        moderator_id: str,
        *,
        seconds: float = 0,
        **options: Any,
    ) -> TipOff:
        ids = [each.tip_off_id for each in duplicates]
        options |= {"by": moderator_id, "seconds": seconds}
        call = await self.decided("MergeTipOffs", tip_off.tip_off_id, moderator_id, *ids, **options)
        return await acts.merge(self.vault, call, at(seconds), tip_off.tip_off_id, moderator_id, ids)

    async def get(self, tip_off: TipOff, *, seconds: float = 0, party: str = PARTY) -> ReadReport:
        sealer = self.context.sealer
        return await acts.get(self.vault, party, tip_off.tip_off_id, sealer=sealer, now=at(seconds))

    async def page(
        self, *, limit: int, after: QueuePlace | None = None, seconds: float = 0, **filters: Any
    ) -> QueuePage:
        party, wanted = filters.pop("party", PARTY), TipOffFilter(**filters)
        return await acts.page(self.vault, party, wanted, after=after, limit=limit, now=at(seconds))

    async def listed(self, *, size: int = 1_000, seconds: float = 0, **filters: Any) -> list[str]:
        """Return the ids of all pages of a list."""
        after, found = None, list[str]()
        while True:
            page = await self.page(limit=size, after=after, seconds=seconds, **filters)
            found += [each.tip_off_id for each in page.tip_offs]
            after = page.following
            if after is None:
                return found

    async def set_standing(
        self,
        reporter_id: str,
        standing: ReporterStanding,
        *,
        limited_until: datetime | None = None,
        seconds: float = 0,
        **options: Any,
    ) -> Reporter:
        by = (await self.world.clerk(party=options.get("party", PARTY))).moderator_id
        fields = (reporter_id, standing.value)
        call = await self.decided("SetReporterStanding", *fields, by=by, seconds=seconds, **options)
        return await reporter.set_standing(
            self.vault, call, at(seconds), reporter_id, standing=standing, limited_until=limited_until
        )

    async def reporters(self, *, party: str = PARTY, seconds: float = 0) -> list[Reporter]:
        """Return all reporters of a platform."""
        found, _ = await reporter.page(
            self.vault, party, standing=None, after="", limit=1_000, now=at(seconds)
        )
        return found

    async def reporter(self, reporter_id: str, *, seconds: float = 0) -> Reporter:
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
