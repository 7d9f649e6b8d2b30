"""`Vault.tip_offs`: reports of rumours, and their reporters.

request_id: a UUID that you saved before the call, so that you can repeat it. Without one the client chooses
one. Every method raises VaultError and no exception of gRPC.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from idvault_client import codec
from idvault_client.backend import content_measure, signing
from idvault_client.backend.content_measure import UpheldContentMeasure
from idvault_client.backend.rpc import AioRunCall, RequestId, Rpc, account, call, chosen_id
from idvault_client.backend.sanction import UpheldSanction, imposition
from idvault_client.backend.signing import by
from idvault_client.codec import Id, Named, ReadBy, given, text
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import (
    Dismissal,
    ReferralState,
    Reminder,
    ReporterStanding,
    TargetKind,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)
from idvault_verify.v1 import sanction_pb2
from idvault_verify.v1 import tip_off_pb2 as pb

_SERVICE = pb.DESCRIPTOR.services_by_name["TipOffService"]
_FIELDS = {
    TargetKind.ACCOUNT: "account_token",
    TargetKind.PUBLIC_ACCOUNT: "public_account_id",
    TargetKind.CONTENT: "content",
}
_SAID = (*(f"target.{name}" for name in _FIELDS.values()), "contact")
_KINDS = {name: kind for kind, name in _FIELDS.items()}


def _target(target: TipOffTarget) -> pb.TipOffTarget:
    name = _FIELDS[target.kind]
    return pb.TipOffTarget(**{name: text(target.key, field=f"target.{name}")})


def target_of(target: pb.TipOffTarget) -> TipOffTarget | None:
    """Return what a report is about, None if the message names nothing."""
    name = target.WhichOneof("target")
    return None if name is None else TipOffTarget(_KINDS[name], getattr(target, name))


def _reported(report: pb.TipOff) -> TipOffTarget:
    found = target_of(report.target)
    if found is None:
        raise ValueError("a report without target")
    return found


@dataclass(frozen=True, slots=True)
class TipOffReport:
    """A report without its texts; a value that this client does not know is None.

    reference: the 12 digits that the reporter has. moderator_id: who works on it or decided, "" for nobody.
    due_time: when reply and solution are due. reporter_id: "" for an anonymous report. operation_id: "" if it
    belongs to none. flooded: whether it came by a form while that was flooded. proposal_id: the sanction with
    which it is decided once a second moderator confirms that, until proposal_lapse_time; "" if none waits.
    measure_id: the measure on content of the decision, or of the proposed one. referral_id: the last referral
    to an authority, "" if there was none; authority: its name; until referral_lapse_time it can accept.
    supplement_time: when the reporter answered the reply.
    """

    tip_off_id: Id
    reference: str
    channel: TipOffChannel | None
    target: Annotated[TipOffTarget, ReadBy(_reported)]
    category: SanctionCategory | None
    state: TipOffState | None
    file_time: datetime
    due_time: datetime
    moderator_id: str = ""
    answer_time: datetime | None = None
    resolve_time: datetime | None = None
    outcome: TipOffOutcome | None = None
    dismissal: Dismissal | None = None
    merged_into_id: str = ""
    sanction_id: str = ""
    reminder: Reminder | None = None
    reporter_id: str = field(default="", repr=False)
    trusted: bool = False
    delete_time: datetime | None = None
    evidence: Annotated[tuple[bytes, ...], Named("evidence_digests")] = field(default=(), repr=False)
    operation_id: str = ""
    flooded: bool = False
    proposal_id: str = ""
    proposal_lapse_time: datetime | None = None
    measure_id: str = ""
    referral_id: str = ""
    authority: str = ""
    referral_state: ReferralState | None = None
    referral_lapse_time: datetime | None = None
    supplement_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class FiledTipOff:
    """A filed report, and the secret to give to its reporter: it cannot be fetched again.

    reply_url: the hosted page on which the reporter reads state and reply, "" if the vault has none.
    """

    tip_off: TipOffReport
    secret: Id = field(repr=False)
    reply_url: str = ""


@dataclass(frozen=True, slots=True)
class FollowedTipOff:
    """What a reporter may read.

    former_reply: the one before that of the decision. supplement: what the reporter answered to the reply;
    can_supplement: whether that is possible now. overdue: whether the deadline passed before the decision;
    misses: the types of the public log's entries that say so.
    """

    reference: str
    state: TipOffState | None
    file_time: datetime
    due_time: datetime
    answer_time: datetime | None
    resolve_time: datetime | None
    outcome: TipOffOutcome | None
    dismissal: Dismissal | None
    reply: str = field(repr=False)
    category: SanctionCategory | None = None
    text: str = field(default="", repr=False)
    former_reply: str = field(default="", repr=False)
    supplement: str = field(default="", repr=False)
    supplement_time: datetime | None = None
    can_supplement: bool = False
    overdue: bool = False
    misses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TipOffNote:
    """A moderator's note."""

    moderator_id: str
    write_time: datetime
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TipOffCase:
    """A report with its texts, which are empty once they are deleted.

    proposed_reply: what the reporter will read once a proposal is confirmed, or a referral accepted.
    referral_answer: what the authority signed (idvault_verify.offline.order.check_answer); empty before that.
    contact_proved: whether the contact is an e-mail address that the reporter proved on the hosted form.
    referral_salt: with which that check compares the target; empty once the texts are deleted.
    former_reply: the reply before that of the decision. supplement: what the reporter answered to it.
    """

    tip_off: TipOffReport
    text: str = field(repr=False)
    contact: str = field(repr=False)
    content: Annotated[bytes, Named("content_copy")] = field(repr=False)
    reply: str = field(repr=False)
    notes: tuple[TipOffNote, ...] = field(repr=False)
    proposed_reply: str = field(default="", repr=False)
    referral_answer: Annotated[bytes, Named("signed_referral_answer")] = field(default=b"", repr=False)
    contact_proved: bool = False
    referral_salt: bytes = field(default=b"", repr=False)
    former_reply: str = field(default="", repr=False)
    supplement: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TipOffPage:
    """A page of reports in the order of the queue; it may be short: the list ends with an empty token."""

    tip_offs: tuple[TipOffReport, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class TipOffReporter:
    """A reporter as a platform knows them: an id, a standing, and how often they were right."""

    reporter_id: Id
    standing: ReporterStanding | None
    limit_end_time: datetime | None
    filed: int
    upheld: int
    dismissed: int
    abusive: int

    @property
    def accuracy(self) -> float | None:
        """The share of decided reports that were upheld; None before the first decision."""
        decided = self.upheld + self.dismissed + self.abusive
        return self.upheld / decided if decided else None


@dataclass(frozen=True, slots=True)
class ReporterPage:
    """A page of reporters, by id; next_page_token is empty at the end."""

    reporters: tuple[TipOffReporter, ...]
    next_page_token: str


def _resolve(
    tip_off_id: str, key: ModeratorKey, reply: str, request_id: str, **decision: object
) -> Rpc[TipOffReport]:
    """Sign a decision, and with it the signatures of its sanction and of its measure on content."""
    what: tuple[str, ...] = ("outcome", "dismissal", "sanction.signature.signature")
    if "content_measure" in decision:
        what += ("content_measure.signature.signature",)
    if "authority" in decision:
        what += ("authority",)
    return call(
        _SERVICE,
        "ResolveTipOff",
        TipOffReport,
        sign=by(key, "tip_off_id", "moderator_id", *what, words="reply"),
        request_id=request_id,
        tip_off_id=tip_off_id,
        moderator_id=key.moderator_id,
        reply=reply,
        **decision,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AioTipOffClient:
    """Reports of rumours. run: makes a call and returns its result, or raises VaultError."""

    run: AioRunCall

    async def file(
        self,
        target: TipOffTarget,
        category: SanctionCategory,
        told: str,
        *,
        channel: TipOffChannel,
        contact: str = "",
        reporter_account_token: str | None = None,
        evidence: Sequence[bytes] = (),
        content: bytes = b"",
        operation_id: str = "",
        request_id: RequestId = None,
    ) -> FiledTipOff:
        """File a report; give reference and secret to the reporter, the secret is not stored.

        told: what the reporter says. evidence: the SHA-256 of each piece that you preserve. operation_id: an
        open one that it belongs to. request_id: must be random. Raises InvalidFields, NotFound,
        PreconditionFailed (OPERATION_CLOSED), and Exhausted at the reporter's limit of the day.
        """
        return await self.run(
            call(
                _SERVICE,
                "FileTipOff",
                FiledTipOff,
                request_id=chosen_id(request_id),
                channel=channel,
                target=_target(target),
                category=category,
                text=told,
                contact=contact,
                reporter_account_token=account(reporter_account_token or ""),
                evidence_digests=evidence,
                content_copy=content,
                operation_id=operation_id,
            )
        )

    async def take(
        self,
        target: TipOffTarget,
        category: SanctionCategory,
        told: str,
        *,
        key: ModeratorKey,
        channel: TipOffChannel,
        contact: str = "",
        evidence: Sequence[bytes] = (),
        operation_id: str = "",
        request_id: RequestId = None,
    ) -> FiledTipOff:
        """File what somebody told a moderator; give reference and secret to the reporter, as after `file`.

        channel: PHONE, MAIL or COUNTER. Raises as `file` does, and Exhausted after 200 in a day by this
        moderator.
        """
        return await self.run(
            call(
                _SERVICE,
                "TakeTipOff",
                FiledTipOff,
                request_id=chosen_id(request_id),
                channel=channel,
                target=_target(target),
                category=category,
                text=told,
                contact=contact,
                evidence_digests=evidence,
                operation_id=operation_id,
                sign=by(
                    key,
                    *("channel", "category", "evidence_digests", "operation_id"),
                    words="text",
                    beside=_SAID,
                ),
            )
        )

    async def follow(self, reference: str, secret: str) -> FollowedTipOff:
        """Return what a reporter may read.

        Raises NotFound, and TooManyAttempts after ten wrong tries a day.
        """
        return await self.run(
            call(_SERVICE, "FollowTipOff", FollowedTipOff, reference=reference, secret=secret)
        )

    async def supplement(
        self, reference: str, secret: str, answer: str, *, request_id: RequestId = None
    ) -> FollowedTipOff:
        """Add what a reporter answers to the reply: once, while the report is open.

        Raises as `follow` does, InvalidFields, and PreconditionFailed with both states.
        """
        return await self.run(
            call(
                _SERVICE,
                "SupplementTipOff",
                FollowedTipOff,
                request_id=chosen_id(request_id),
                reference=reference,
                secret=secret,
                text=answer,
            )
        )

    async def assign(
        self, tip_off: TipOffReport, *, key: ModeratorKey, to: str = "", request_id: RequestId = None
    ) -> TipOffReport:
        """Assign a report that is still assigned as you read it.

        Raises PreconditionFailed (ASSIGNEE_CHANGED). to: another moderator than the one who signs.
        """
        return await self.run(
            call(
                _SERVICE,
                "AssignTipOff",
                TipOffReport,
                request_id=chosen_id(request_id),
                tip_off_id=tip_off.tip_off_id,
                moderator_id=to or key.moderator_id,
                former_moderator_id=tip_off.moderator_id,
                sign=by(key, "tip_off_id", "moderator_id", "former_moderator_id"),
            )
        )

    async def hand_back(
        self, tip_off_id: str, *, key: ModeratorKey, request_id: RequestId = None
    ) -> TipOffReport:
        """Hand a report back to the queue, by its assignee; raises PreconditionFailed."""
        return await self.run(
            call(
                _SERVICE,
                "ReturnTipOff",
                TipOffReport,
                request_id=chosen_id(request_id),
                tip_off_id=tip_off_id,
                moderator_id=key.moderator_id,
                sign=by(key, "tip_off_id", "moderator_id"),
            )
        )

    async def add_note(
        self, tip_off_id: str, note: str, *, key: ModeratorKey, request_id: RequestId = None
    ) -> TipOffReport:
        """Add a note that only your staff read; raises PreconditionFailed."""
        return await self.run(
            call(
                _SERVICE,
                "AddTipOffNote",
                TipOffReport,
                request_id=chosen_id(request_id),
                tip_off_id=tip_off_id,
                moderator_id=key.moderator_id,
                note=note,
                sign=by(key, "tip_off_id", "moderator_id", words="note"),
            )
        )

    async def answer(
        self, tip_off_id: str, reply: str, *, key: ModeratorKey, request_id: RequestId = None
    ) -> TipOffReport:
        """Reply to the reporter, and to those of merged reports.

        Raises PreconditionFailed with both states.
        """
        return await self.run(
            call(
                _SERVICE,
                "AnswerTipOff",
                TipOffReport,
                request_id=chosen_id(request_id),
                tip_off_id=tip_off_id,
                moderator_id=key.moderator_id,
                reply=reply,
                sign=by(key, "tip_off_id", "moderator_id", words="reply"),
            )
        )

    async def uphold(
        self,
        tip_off_id: str,
        sanction: UpheldSanction | None = None,
        *,
        key: ModeratorKey,
        measure: UpheldContentMeasure | None = None,
        reply: str = "",
        request_id: RequestId = None,
    ) -> TipOffReport:
        """Decide that a report was right, with a sanction, a measure on content, or both: all or nothing.

        With a sanction that must be confirmed, `sanctions.confirm` decides the report (proposal_id). reply:
        required if the reporter has none yet. Raises what `sanctions.impose` raises, and PreconditionFailed.
        """
        chosen = chosen_id(request_id)
        follows: dict[str, object] = {}
        if sanction is not None:
            imposed = imposition(sanction, key=key, signed_id=chosen)
            follows["sanction"] = codec.message_of(sanction_pb2.ImposeSanctionRequest.DESCRIPTOR, imposed)
        if measure is not None:
            imposed = content_measure.imposition(measure, key=key, signed_id=chosen)
            descriptor = sanction_pb2.ImposeContentMeasureRequest.DESCRIPTOR
            follows["content_measure"] = codec.message_of(descriptor, imposed)
        return await self.run(
            _resolve(tip_off_id, key, reply, chosen, outcome=TipOffOutcome.UPHELD, **follows)
        )

    async def dismiss(
        self,
        tip_off_id: str,
        reason: Dismissal,
        *,
        key: ModeratorKey,
        reply: str = "",
        request_id: RequestId = None,
    ) -> TipOffReport:
        """Dismiss a report; reply: required if the reporter has none yet."""
        decided = {"outcome": TipOffOutcome.DISMISSED, "dismissal": reason}
        return await self.run(_resolve(tip_off_id, key, reply, chosen_id(request_id), **decided))

    async def find_abusive(
        self, tip_off_id: str, *, key: ModeratorKey, reply: str = "", request_id: RequestId = None
    ) -> TipOffReport:
        """Decide that a report was abusive: its reporter is warned, and limited the next time."""
        return await self.run(
            _resolve(tip_off_id, key, reply, chosen_id(request_id), outcome=TipOffOutcome.ABUSIVE)
        )

    async def refer(
        self,
        tip_off_id: str,
        authority: str,
        *,
        key: ModeratorKey,
        reply: str = "",
        request_id: RequestId = None,
    ) -> TipOffReport:
        """Refer a report to an authority of the roster, which reads its category and target.

        It is decided once the authority accepts, within seven days; else it is open again. reply: what its
        reporter reads then, required if there is none yet. Raises NotFound, PreconditionFailed, and Exhausted
        after 100 in a day by this moderator.
        """
        decided = {"outcome": TipOffOutcome.REFERRED, "authority": authority}
        return await self.run(_resolve(tip_off_id, key, reply, chosen_id(request_id), **decided))

    async def merge(
        self,
        tip_off_id: str,
        duplicate_ids: Sequence[str],
        *,
        key: ModeratorKey,
        request_id: RequestId = None,
    ) -> TipOffReport:
        """Merge reports of the same matter into one, up to 100 in a call; raises PreconditionFailed."""
        return await self.run(
            call(
                _SERVICE,
                "MergeTipOffs",
                TipOffReport,
                request_id=chosen_id(request_id),
                tip_off_id=tip_off_id,
                moderator_id=key.moderator_id,
                duplicate_ids=duplicate_ids,
                sign=by(key, "tip_off_id", "moderator_id", "duplicate_ids"),
            )
        )

    async def get(self, tip_off_id: str) -> TipOffCase:
        """Return a report with its texts; raises NotFound."""
        return await self.run(call(_SERVICE, "GetTipOff", TipOffCase, tip_off_id=tip_off_id))

    async def list_page(
        self,
        *,
        state: TipOffState | None = None,
        open_only: bool = False,
        due_before: datetime | None = None,
        moderator_id: str = "",
        target: TipOffTarget | None = None,
        category: SanctionCategory | None = None,
        operation_id: str = "",
        reference: str = "",
        page_size: int = 100,
        page_token: str = "",
    ) -> TipOffPage:
        """Return a page of reports in the order of the queue; overdue ones: open_only, and due_before now.

        reference: the 12 digits of one report, without blanks.
        """
        return await self.run(
            call(
                _SERVICE,
                "ListTipOffs",
                TipOffPage,
                **given(state=state, category=category, due_before_time=due_before),
                open_only=open_only,
                moderator_id=moderator_id,
                **given(target=target and _target(target)),
                operation_id=operation_id,
                reference=reference,
                page_size=page_size,
                page_token=page_token,
            )
        )

    async def set_reporter_standing(
        self,
        reporter_id: str,
        standing: ReporterStanding,
        *,
        key: ModeratorKey,
        limit_end: datetime | None = None,
        request_id: RequestId = None,
    ) -> TipOffReporter:
        """Make a reporter a trusted flagger, limit one until a time, or end either; raises NotFound."""

        def sign(method: str, request: pb.SetReporterStandingRequest) -> sanction_pb2.ModeratorSignature:
            end = "" if limit_end is None else request.limit_end_time.seconds
            return signing.act(key, method, request, reporter_id, request.standing, end)

        return await self.run(
            call(
                _SERVICE,
                "SetReporterStanding",
                TipOffReporter,
                request_id=chosen_id(request_id),
                reporter_id=reporter_id,
                standing=standing,
                **given(limit_end_time=limit_end),
                sign=sign,
            )
        )

    async def list_reporters(
        self,
        *,
        standing: ReporterStanding | None = None,
        reporter_id: str | None = None,
        page_size: int = 100,
        page_token: str = "",
    ) -> ReporterPage:
        """Return a page of reporters by id: of all, in one standing, or the one of an id."""
        return await self.run(
            call(
                _SERVICE,
                "ListReporters",
                ReporterPage,
                **given(standing=standing, reporter_id=reporter_id),
                page_size=page_size,
                page_token=page_token,
            )
        )
