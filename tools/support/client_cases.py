"""The arguments with which every method of the client is called, for the vectors of its requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from idvault_client import (
    Consent,
    campaigns,
    resident_id,
    reviews,
    sanctions,
    sessions,
    tip_offs,
    unified_social_credit_code,
)
from idvault_client import public_accounts as public
from idvault_client.erasures import ErasureState
from idvault_client.sanctions import ModeratorKey
from idvault_verify.account import MinimumAssurance
from idvault_verify.attest import registration
from tools.support import orders

NOW = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
TOKEN = "acct_" + "0" * 25 + "1"
OTHER_TOKEN = "acct_" + "0" * 25 + "2"
ID = "ab" * 16
OTHER_ID = "cd" * 16
REQUEST_ID = "00000000-0000-4000-8000-000000000001"
KEY = ModeratorKey.development("moderator-a", relying_party="platform-a").of(ID)
SECOND_KEY = ModeratorKey.development("moderator-b", relying_party="platform-a").of(OTHER_ID)
LATER = datetime(2026, 4, 1, 8, 30, 15, 500_000, tzinfo=UTC)
CONSENT = Consent("terms-3", datetime(2026, 3, 1, 19, 59, 59, 1_000, tzinfo=ZoneInfo("Asia/Shanghai")))
ORDER = sanctions.AuthorityOrder("网信办", "2026-77", date(2026, 2, 28), b"\x05" * 32)
CHECKED = orders.checked()
STATEMENT = sanctions.StatementOfReasons(
    ground=sanctions.Ground.AGAINST_TERMS,
    category=sanctions.SanctionCategory.RUMOUR,
    rule_reference="§ 7",
    case_reference="case-1",
    evidence=(b"\x01" * 32, b"\x02" * 32),
    origin=sanctions.Origin.OWN_INITIATIVE,
    detection=sanctions.Automation.PARTIAL,
    decision=sanctions.Automation.NONE,
    territory="CN",
    redress="申诉",
    issuer_kind=sanctions.IssuerKind.PLATFORM,
)
ORDERED = sanctions.StatementOfReasons(
    ground=sanctions.Ground.ILLEGAL,
    category=sanctions.SanctionCategory.FRAUD,
    rule_reference="§ 8",
    case_reference="case-2",
    evidence=(),
    origin=sanctions.Origin.AUTHORITY,
    detection=sanctions.Automation.FULL,
    decision=sanctions.Automation.PARTIAL,
    territory="",
    redress="court",
    issuer_kind=sanctions.IssuerKind.AUTHORITY,
    end_at=LATER,
    tip_off="123456789012",
    order=ORDER,
)
TEMPLATE = sanctions.PlatformTemplate(
    title="谣言，初犯",
    rule_reference="§ 7",
    ground=sanctions.Ground.AGAINST_TERMS,
    category=sanctions.SanctionCategory.RUMOUR,
    degree=sanctions.Degree.LIMIT,
    territory="CN",
    redress="申诉",
    measure="no-video",
    days=30,
    template_id=ID,
)
SANCTION = sanctions.AccountSanction(
    ID, TOKEN, sanctions.Degree.CLOSE, sanctions.SanctionState.PROPOSED, "", None, OTHER_ID, NOW,
    b"\x03" * 32, None, "", None, None, "", "", sanctions.Scope.ACCOUNT, "", "",
)  # fmt: skip
APPEAL = sanctions.AccountAppeal(
    OTHER_ID, ID, TOKEN, sanctions.AppealState.FILED, NOW, LATER, False, None, "", "", "", None, None
)
CONTEST = sessions.AccountContest(
    ID, TOKEN, OTHER_ID, sessions.ContestState.PROPOSED, NOW, LATER, False, None, "ok", None, OTHER_ID, LATER,
    b"\x04" * 32, "",
)  # fmt: skip
REINSTATEMENT = sessions.AccountReinstatement(
    ID, TOKEN, sessions.ReinstatementState.PROPOSED, NOW, LATER, False, None, "ok", None, OTHER_ID, LATER,
    b"\x05" * 32, "", False,
)  # fmt: skip
DISAVOWAL = sessions.AccountDisavowal(
    ID,
    TOKEN,
    sessions.DisavowalState.PROPOSED,
    NOW,
    LATER,
    False,
    None,
    "ok",
    OTHER_ID,
    LATER,
    b"\x07" * 32,
    "",
)
MEASURE = sanctions.PlatformContentMeasure(
    ID,
    "post-9",
    sanctions.ContentMeasureKind.REMOVED,
    None,
    sanctions.ContentMeasureState.IN_FORCE,
    OTHER_ID,
    NOW,
    b"\x08" * 32,
    None,
    "",
    "",
    None,
)
NARROWING = sanctions.SanctionNarrowing(
    ID, TOKEN, sanctions.NarrowingState.PROPOSED, NOW, LATER, False, OTHER_ID, LATER, b"\x06" * 32, "", None
)
SEEN = reviews.SeenDocument("ANNA ERIKSSON", reviews.passport("GBR", "L898902C3", "6"), b"\x09" * 32)
SEEN_PERMIT = reviews.SeenDocument("某某", reviews.mainland_travel_permit("H01234567"), b"\x0a" * 32)
OPERATION = sanctions.PlatformOperation(OTHER_ID, "清朗", sanctions.OperationState.OPEN, NOW, None)
ACCOUNT = tip_offs.TipOffTarget(tip_offs.TargetKind.ACCOUNT, TOKEN)
CONTENT = tip_offs.TipOffTarget(tip_offs.TargetKind.CONTENT, "post-9")
PUBLIC = tip_offs.TipOffTarget(tip_offs.TargetKind.PUBLIC_ACCOUNT, OTHER_ID)
TIP_OFF = tip_offs.TipOffReport(
    ID, "123456789012", tip_offs.TipOffChannel.APP, ACCOUNT, sanctions.SanctionCategory.RUMOUR,
    tip_offs.TipOffState.RECEIVED, NOW, LATER, OTHER_ID,
)  # fmt: skip
UPHELD = tip_offs.UpheldSanction(TOKEN, sanctions.Degree.WARN, STATEMENT)
UPHELD_ALL = tip_offs.UpheldSanction(
    TOKEN, sanctions.Degree.LIMIT, ORDERED, "mute", sanctions.Scope.PERSON, OTHER_ID, ID
)
LICENCE = public.Licence(public.PublicAccountCategory.MEDIA, "licence-1", date(2027, 1, 1))
PLAN = campaigns.Plan("实名", campaigns.Cohort(), (campaigns.Method.AT_LOGIN,), 100)
FULL_PLAN = campaigns.Plan(
    "实名 2",
    campaigns.Cohort("label-1", date(2012, 1, 1), date(2020, 1, 1)),
    (campaigns.Method.HOSTED_LINK, campaigns.Method.AT_SENSITIVE_ACTION),
    5_000,
    (3, 10),
    campaigns.QuietHours(time(22, 5), time(7), ZoneInfo("Asia/Shanghai")),
    "礼物",
    date(2026, 12, 31),
)
IMPORTED = [campaigns.LegacyAccount("reference-1", "2012-05-01"), campaigns.LegacyAccount("reference-2", "")]
REGISTRATION = registration.register(KEY, now=NOW, new_id=lambda: REQUEST_ID)
COUNTERSIGNED = REGISTRATION.countersign(SECOND_KEY, now=NOW)


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a method needs, and what it may be given besides; several: other values of arguments."""

    needed: Mapping[str, Any]
    optional: Mapping[str, Any] = field(default_factory=dict)
    several: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


_PAGE = {"page_size": 7, "page_token": "page-2"}
_REPEAT = {"request_id": UUID(REQUEST_ID)}
_SIGNED = {"key": KEY}
_VERIFIED = {"name": "赵安", "document": resident_id("11000019900101000X"), "consent": CONSENT}
_AGAIN = {**_REPEAT, "account_token": TOKEN, "invitation_code": "code-1"}

VAULT = {
    "verify_individual": Arguments(_VERIFIED, _AGAIN),
    "verify_organization": Arguments(
        {
            **_VERIFIED,
            "document": unified_social_credit_code("91110000MA00000001"),
            "representative_name": "钱宁",
            "representative_document": resident_id("11000019900101000X"),
        },
        _AGAIN,
    ),
    "get_verification": Arguments(
        {"request_id": REQUEST_ID}, several={"request_id": (UUID(REQUEST_ID), "", None)}
    ),
    "get_status": Arguments({"account_token": TOKEN}),
    "get_usage": Arguments({"month": "2026-03"}),
    "batch_get_statuses": Arguments(
        {"account_tokens": [TOKEN, OTHER_TOKEN, TOKEN]},
        several={"account_tokens": ([], [f"acct_{number:026}" for number in range(1_001)])},
    ),
    "get_disclosure_history": Arguments({"account_token": TOKEN}),
    "issue_status_token": Arguments(
        {"account_token": TOKEN, "audience": "shop"},
        several={"minimum_assurance": tuple(MinimumAssurance)},
    ),
    "issue_status_credential": Arguments(
        {"account_token": TOKEN, "audience": "shop"},
        {**_REPEAT, "public_account_id": ID},
        several={"minimum_assurance": tuple(MinimumAssurance)},
    ),
}
CAMPAIGNS = {
    "import_legacy_accounts": Arguments({"label": "first", "accounts": IMPORTED}, _REPEAT),
    "create": Arguments({"plan": PLAN}, {**_REPEAT, **_SIGNED}, {"plan": (FULL_PLAN,)}),
    "get": Arguments({"campaign_id": ID}),
    "list_page": Arguments({}, _PAGE),
    **{
        name: Arguments({"campaign_id": ID}, {**_REPEAT, **_SIGNED})
        for name in ("start", "pause", "resume", "end")
    },
    "claim_due_invitations": Arguments(
        {"campaign_id": ID}, {**_REPEAT, "limit": 5, "lease": timedelta(minutes=3, milliseconds=20)}
    ),
    "get_invitation": Arguments(
        {"account_token": TOKEN, "occasion": campaigns.Method.AT_LOGIN},
        several={"occasion": (campaigns.Method.AT_SENSITIVE_ACTION, campaigns.Method.WHEN_DUE)},
    ),
    "record_invitation_event": Arguments(
        {
            "account_token": TOKEN,
            "campaign_id": ID,
            "method": campaigns.Method.WHEN_DUE,
            "event": campaigns.InvitationEvent.SHOWN,
        },
        _REPEAT,
        {"method": tuple(campaigns.Method), "event": tuple(campaigns.InvitationEvent)},
    ),
    "progress": Arguments({"campaign_id": ID}),
}
ERASURES = {
    "request": Arguments({"account_token": TOKEN}, _REPEAT),
    "cancel": Arguments({"account_token": TOKEN}, _REPEAT),
    "get": Arguments({"account_token": TOKEN}),
    "list_page": Arguments({}, {**_PAGE, "state": ErasureState.REQUESTED}, {"state": tuple(ErasureState)}),
}
PUBLIC_ACCOUNTS = {
    "apply": Arguments({"account_token": TOKEN}, {**_REPEAT, "licence": LICENCE}),
    "approve": Arguments({"public_account_id": ID}, {**_REPEAT, **_SIGNED}),
    "reject": Arguments(
        {"public_account_id": ID, "reason": public.RejectReason.INCOMPLETE},
        {**_REPEAT, **_SIGNED},
        {"reason": tuple(public.RejectReason)},
    ),
    "renew": Arguments({"public_account_id": ID}, {**_REPEAT, **_SIGNED, "licence": LICENCE}),
    "close": Arguments({"public_account_id": ID}, _REPEAT),
    **{
        name: Arguments({"public_account_id": ID, "account_token": TOKEN}, _REPEAT)
        for name in ("add_operator", "remove_operator", "offer_transfer")
    },
    "accept_transfer": Arguments(
        {"public_account_id": ID, "account_token": TOKEN, "consent": CONSENT}, _REPEAT
    ),
    "get": Arguments({"public_account_id": ID}),
    "get_profile": Arguments({"public_account_id": ID}),
    "list_page": Arguments(
        {},
        {**_PAGE, "account_token": TOKEN, "state": public.PublicAccountState.GRACE},
        {"state": tuple(public.PublicAccountState)},
    ),
    "list_expiring_page": Arguments({}, {**_PAGE, "within_days": 3}),
    "filings": Arguments(
        {},
        {"category": public.PublicAccountCategory.MEDIA, "as_of": date(2026, 2, 3)},
        {"category": tuple(public.PublicAccountCategory)},
    ),
}
SANCTIONS = {
    "register_moderator": Arguments(
        {"registration": COUNTERSIGNED}, several={"registration": (REGISTRATION,)}
    ),
    "revoke_moderator": Arguments({"moderator_id": ID}, _REPEAT),
    "get_moderator": Arguments({"moderator_id": ID}),
    "find_moderator": Arguments({"public_key": KEY.public_key}),
    "impose": Arguments(
        {"account_token": TOKEN, "degree": sanctions.Degree.WARN, "statement": STATEMENT, **_SIGNED},
        {
            **_REPEAT,
            "measure": "mute",
            "scope": sanctions.Scope.PERSON,
            "operation": OPERATION,
            "public_account_id": ID,
        },
        {"statement": (ORDERED,), "degree": tuple(sanctions.Degree)},
    ),
    "confirm": Arguments({"sanction": SANCTION, **_SIGNED}, _REPEAT),
    "lift": Arguments({"sanction": SANCTION, "reason": "误判", **_SIGNED}, _REPEAT),
    "get": Arguments({"sanction_id": ID}),
    "list_page": Arguments(
        {},
        {
            **_PAGE,
            "account_token": TOKEN,
            "operation_id": ID,
            "order_id": OTHER_ID,
            "state": sanctions.SanctionState.IN_FORCE,
        },
        {"state": tuple(sanctions.SanctionState)},
    ),
    "file_appeal": Arguments({"sanction_id": ID, "words": "不是我"}, _REPEAT),
    "decide_appeal": Arguments(
        {
            "appeal": APPEAL,
            "verdict": sanctions.AppealState.UPHELD,
            "reason": "ok",
            "sanction": SANCTION,
            **_SIGNED,
        },
        _REPEAT,
        {"verdict": tuple(sanctions.AppealState)},
    ),
    "get_appeal": Arguments({"appeal_id": ID}),
    "list_appeals": Arguments(
        {},
        {**_PAGE, "account_token": TOKEN, "state": sanctions.AppealState.FILED, "overdue": True},
        {"state": tuple(sanctions.AppealState)},
    ),
    "record_order": Arguments({"order": ORDER, "deadline": LATER, **_SIGNED}, _REPEAT),
    "acknowledge_order": Arguments({"order": CHECKED, **_SIGNED}, _REPEAT),
    "object_to_order": Arguments({"order": CHECKED, "reason": "无此账号", **_SIGNED}, _REPEAT),
    "list_orders": Arguments(
        {}, {**_PAGE, "state": sanctions.OrderState.OVERDUE}, {"state": tuple(sanctions.OrderState)}
    ),
    "open_operation": Arguments({"title": "清朗", **_SIGNED}, _REPEAT),
    "close_operation": Arguments({"operation_id": ID, **_SIGNED}, _REPEAT),
    "get_operation": Arguments({"operation_id": ID}),
    "list_operations": Arguments(
        {}, {**_PAGE, "state": sanctions.OperationState.OPEN}, {"state": tuple(sanctions.OperationState)}
    ),
    "list_templates": Arguments({}, _PAGE),
    "set_template": Arguments({"template": TEMPLATE}, _REPEAT),
    "delete_template": Arguments({"template_id": ID}, _REPEAT),
    "get_month": Arguments({}, {"month": "2026-02"}),
}
DISAVOWALS = {
    "decide": Arguments(
        {"disavowal_id": ID, "verdict": sessions.DisavowalState.UPHELD, "reason": "ok", **_SIGNED},
        _REPEAT,
        {"verdict": tuple(sessions.DisavowalState)},
    ),
    "get": Arguments({"disavowal_id": ID}),
    "confirm": Arguments({"disavowal": DISAVOWAL, **_SIGNED}, _REPEAT),
    "list_page": Arguments(
        {},
        {**_PAGE, "account_token": TOKEN, "state": sessions.DisavowalState.FILED, "overdue": True},
        {"state": tuple(sessions.DisavowalState)},
    ),
}
CONTENT_MEASURES = {
    "impose": Arguments(
        {
            "content": "post-9",
            "kind": sanctions.ContentMeasureKind.LABELLED,
            "statement": STATEMENT,
            **_SIGNED,
        },
        _REPEAT,
        {"kind": tuple(sanctions.ContentMeasureKind)},
    ),
    "reverse": Arguments({"measure": MEASURE, "reason": "ok", **_SIGNED}, _REPEAT),
    "file_appeal": Arguments({"measure_id": ID, "words": "不是谣言"}, _REPEAT),
    "decide_appeal": Arguments(
        {"measure": MEASURE, "verdict": sanctions.AppealState.UPHELD, "reason": "ok", **_SIGNED},
        _REPEAT,
        {"verdict": tuple(sanctions.AppealState)},
    ),
    "get": Arguments({"measure_id": ID}),
    "list_page": Arguments(
        {},
        {**_PAGE, "content": "post-9", "appeal": sanctions.AppealState.FILED},
        {"appeal": tuple(sanctions.AppealState)},
    ),
}
NARROWINGS = {
    "propose": Arguments({"sanction_id": ID, **_SIGNED}, _REPEAT),
    "confirm": Arguments({"narrowing": NARROWING, **_SIGNED}, _REPEAT),
    "list_page": Arguments({}, {**_PAGE, "open_only": True}),
}
REVIEWS = {
    "sign": Arguments(
        {"seen": SEEN, "consent": CONSENT, **_SIGNED},
        {**_REPEAT, "account_token": TOKEN, "invitation_code": "code-1"},
    ),
    "confirm": Arguments(
        {"review_id": ID, "seen": SEEN_PERMIT, "paper_digest": b"\x08" * 32, **_SIGNED}, _REPEAT
    ),
    "list_page": Arguments({}, {**_PAGE, "reviewer_id": OTHER_ID, "open_only": True}),
}
SESSIONS = {
    "create": Arguments(
        {"return_url": "https://im.example/back", "policy_version": "terms-3", "policy_text": "条款"},
        {
            **_REPEAT,
            "purpose": sessions.SessionPurpose.RENEWAL,
            "account_token": TOKEN,
            "invitation_code": "code-1",
            "locale": "en",
        },
        {"purpose": tuple(sessions.SessionPurpose)},
    ),
    "create_identity": Arguments(
        {"account_token": TOKEN, "return_url": "https://im.example/back"},
        {**_REPEAT, "locale": "en", "policy_version": "terms-3", "policy_text": "Terms"},
    ),
    "bind": Arguments({"session_id": ID, "bind_code": "bind-1"}, _REPEAT),
    "get": Arguments({"session_id": ID}),
    "contest": Arguments({"account_token": TOKEN, "verification_id": ID, "words": "不是我"}, _REPEAT),
    "decide_contest": Arguments(
        {"contest_id": ID, "verdict": sessions.ContestState.UPHELD, "reason": "ok", **_SIGNED},
        _REPEAT,
        {"verdict": tuple(sessions.ContestState)},
    ),
    "confirm_contest": Arguments({"contest": CONTEST, **_SIGNED}, _REPEAT),
    "get_contest": Arguments({"contest_id": ID}),
    "list_contests": Arguments(
        {},
        {**_PAGE, "account_token": TOKEN, "state": sessions.ContestState.FILED, "overdue": True},
        {"state": tuple(sessions.ContestState)},
    ),
    "appeal_withdrawal": Arguments({"account_token": TOKEN, "words": "是我"}, _REPEAT),
    "decide_reinstatement": Arguments(
        {"reinstatement_id": ID, "verdict": sessions.ReinstatementState.UPHELD, "reason": "ok", **_SIGNED},
        _REPEAT,
        {"verdict": tuple(sessions.ReinstatementState)},
    ),
    "confirm_reinstatement": Arguments({"reinstatement": REINSTATEMENT, **_SIGNED}, _REPEAT),
    "get_reinstatement": Arguments({"reinstatement_id": ID}),
    "list_reinstatements": Arguments(
        {},
        {**_PAGE, "account_token": TOKEN, "state": sessions.ReinstatementState.FILED, "overdue": True},
        {"state": tuple(sessions.ReinstatementState)},
    ),
}
TIP_OFFS = {
    "file": Arguments(
        {
            "target": ACCOUNT,
            "category": sanctions.SanctionCategory.RUMOUR,
            "told": "谣言",
            "channel": tip_offs.TipOffChannel.APP,
        },
        {
            **_REPEAT,
            "contact": "a@b.example",
            "reporter_account_token": OTHER_TOKEN,
            "evidence": (b"\x01" * 32, b"\x02" * 32),
            "content": b"copy",
            "operation_id": ID,
        },
        {
            "target": (PUBLIC, CONTENT),
            "category": tuple(sanctions.SanctionCategory),
            "channel": tuple(tip_offs.TipOffChannel),
        },
    ),
    "take": Arguments(
        {
            "target": CONTENT,
            "category": sanctions.SanctionCategory.RUMOUR,
            "told": "谣言",
            "channel": tip_offs.TipOffChannel.PHONE,
            **_SIGNED,
        },
        {
            **_REPEAT,
            "contact": "a@b.example",
            "evidence": (b"\x01" * 32, b"\x02" * 32),
            "operation_id": ID,
        },
        {
            "target": (ACCOUNT, PUBLIC),
            "category": tuple(sanctions.SanctionCategory),
            "channel": (tip_offs.TipOffChannel.MAIL, tip_offs.TipOffChannel.COUNTER),
        },
    ),
    "follow": Arguments({"reference": "123456789012", "secret": "secret-1"}),
    "supplement": Arguments(
        {"reference": "123456789012", "secret": "1234567890123456", "answer": "补充"},
        _REPEAT,
    ),
    "assign": Arguments({"tip_off": TIP_OFF, **_SIGNED}, {**_REPEAT, "to": "ef" * 16}),
    "hand_back": Arguments({"tip_off_id": ID, **_SIGNED}, _REPEAT),
    "add_note": Arguments({"tip_off_id": ID, "note": "备注", **_SIGNED}, _REPEAT, {"note": ("",)}),
    "answer": Arguments({"tip_off_id": ID, "reply": "答复", **_SIGNED}, _REPEAT, {"reply": ("",)}),
    "uphold": Arguments(
        {"tip_off_id": ID, "sanction": UPHELD, **_SIGNED},
        {**_REPEAT, "reply": "答复"},
        {"sanction": (UPHELD_ALL,)},
    ),
    "dismiss": Arguments(
        {"tip_off_id": ID, "reason": tip_offs.Dismissal.GONE, **_SIGNED},
        {**_REPEAT, "reply": "答复"},
        {"reason": tuple(tip_offs.Dismissal)},
    ),
    "refer": Arguments({"tip_off_id": ID, "authority": "office-a", **_SIGNED}, {**_REPEAT, "reply": "答复"}),
    "find_abusive": Arguments({"tip_off_id": ID, **_SIGNED}, {**_REPEAT, "reply": "答复"}),
    "merge": Arguments({"tip_off_id": ID, "duplicate_ids": [OTHER_ID, "ef" * 16], **_SIGNED}, _REPEAT),
    "get": Arguments({"tip_off_id": ID}),
    "list_page": Arguments(
        {},
        {
            **_PAGE,
            "state": tip_offs.TipOffState.ASSIGNED,
            "open_only": True,
            "due_before": LATER,
            "moderator_id": OTHER_ID,
            "target": CONTENT,
            "category": sanctions.SanctionCategory.PRIVACY,
            "operation_id": ID,
            "reference": "562819582688",
        },
        {"state": tuple(tip_offs.TipOffState), "target": (ACCOUNT, PUBLIC)},
    ),
    "set_reporter_standing": Arguments(
        {"reporter_id": ID, "standing": tip_offs.ReporterStanding.LIMITED, **_SIGNED},
        {**_REPEAT, "limit_end": LATER},
        {"standing": tuple(tip_offs.ReporterStanding)},
    ),
    "list_reporters": Arguments(
        {},
        {**_PAGE, "standing": tip_offs.ReporterStanding.TRUSTED, "reporter_id": ID},
        {"standing": tuple(tip_offs.ReporterStanding)},
    ),
}
PARTS: Mapping[str, Mapping[str, Arguments]] = {
    "": VAULT,
    "campaigns": CAMPAIGNS,
    "erasures": ERASURES,
    "public_accounts": PUBLIC_ACCOUNTS,
    "sanctions": SANCTIONS,
    "content_measures": CONTENT_MEASURES,
    "narrowings": NARROWINGS,
    "reviews": REVIEWS,
    "disavowals": DISAVOWALS,
    "sessions": SESSIONS,
    "tip_offs": TIP_OFFS,
}
"""The methods of `Vault` itself, and those of each of its attributes."""
