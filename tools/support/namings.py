"""Every call in which a platform names a thing, and what it may name instead: another's thing, or nobody's.

A `Naming` is one argument of one method of the client. The platform passes its own things, except for this
argument. What it is told, and what the databases did for it, must be the same whether the thing is another
platform's or nobody's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any
from uuid import uuid4

from idvault_client import (
    Consent,
    campaigns,
    resident_id,
    sanctions,
    sessions,
    tip_offs,
    unified_social_credit_code,
)
from idvault_client import public_accounts as public
from idvault_client.aio import Vault
from idvault_client.errors import VaultError
from idvault_verify import secret
from idvault_verify.attest import registration
from idvault_verify.attest.registration import Registration
from tools.support import builders, client_cases, organizations
from tools.support.orders import checked
from tools.support.sanction_world import key_of, reasons
from tools.support.two_platforms import CATEGORY, LATER, ORIGIN, SEEN, TEXT, Things, order

_CONSENT = Consent("terms-3", builders.consent().agree_time)
_AUDIENCE = "https://taxi.example"
Name = Callable[[Things], Any]


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """An argument of several of the caller's things, of which only this one is named."""

    thing: str
    of: Name

    def __call__(self, things: Things) -> Any:
        """Return the argument."""
        return self.of(things)


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A method of the client, with arguments that name the caller's things (names), and the others (plain).

    besides: arguments that are the caller's own in every call. signed: whether a moderator signs it.
    """

    part: str
    method: str
    names: Mapping[str, Name]
    plain: Mapping[str, Any] = field(default_factory=dict)
    besides: Mapping[str, Name] = field(default_factory=dict)
    signed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """One argument of a call."""

    call: Call
    argument: str

    def __str__(self) -> str:
        """Return the method and the argument."""
        of = self._names[self.argument]
        named = f"{self.argument}: {of.thing}" if isinstance(of, Part) else self.argument
        return f"{self.call.part or 'vault'}.{self.call.method}({named})"

    @property
    def _names(self) -> Mapping[str, Name]:
        return {**_SIGNER, **self.call.names}

    def value(self, own: Things, named: Things) -> Any:
        """Return the argument that names one of `named`."""
        of = self._names[self.argument]
        if isinstance(of, Part):
            return of(replace(own, **{of.thing: getattr(named, of.thing)}))
        return of(named)

    async def told(self, vault: Vault, own: Things, named: Things) -> str:
        """Call the method with one's own things except for the one of `named`; return what it answers."""
        call = self.call
        of_all = {**call.names, **call.besides, **(_SIGNER if call.signed else {})}
        arguments = {name: of(own) for name, of in of_all.items()}
        arguments |= {**call.plain, self.argument: self.value(own, named)}
        method = getattr(getattr(vault, call.part) if call.part else vault, call.method)
        try:
            answer = await method(**arguments)
        except VaultError as refused:
            return f"{type(refused).__name__} {refused.reason} {refused.fields} {refused.states}"
        if answer is None:
            return "nothing"
        first = getattr(answer, fields(answer)[0].name)
        return f"{type(answer).__name__} {len(first) if isinstance(first, tuple) else ''}"


_ACCOUNT: Mapping[str, Name] = {"account_token": lambda own: own.account}
_CAMPAIGN: Mapping[str, Name] = {"campaign_id": lambda own: own.campaign}
_PUBLIC: Mapping[str, Name] = {"public_account_id": lambda own: own.public}
_WAITING: Mapping[str, Name] = {"public_account_id": lambda own: own.waiting}
_SANCTION: Mapping[str, Name] = {"sanction": lambda own: own.sanction}
_MEASURE: Mapping[str, Name] = {"measure": lambda own: own.measure}
_REPORT: Mapping[str, Name] = {"tip_off_id": lambda own: own.report.tip_off_id}
_ASSIGNED: Mapping[str, Name] = {"tip_off_id": lambda own: own.assigned.tip_off_id}
_SIGNER: Mapping[str, Name] = {"key": Part("moderator", lambda own: own.key.of(own.moderator))}
_REPLY = {"reply": TEXT}
_WARNED = {"degree": sanctions.Degree.WARN, "statement": reasons()}
_CLAIMED = {"name": builders.NAME, "document": resident_id(builders.NUMBER), "consent": _CONSENT}
_ORGANIZATION = {
    "name": organizations.NAME,
    "document": unified_social_credit_code(organizations.credit_code()),
    "representative_name": organizations.REPRESENTATIVE.name,
    "representative_document": resident_id(organizations.REPRESENTATIVE.document.number),
}
_RETURNING = {"return_url": f"{ORIGIN}/verified", "policy_version": "terms-3", "policy_text": "terms"}
_INVITED: Mapping[str, Name] = {
    "account_token": lambda own: own.member,
    "invitation_code": lambda own: own.code,
}
_PAGES: Mapping[tuple[str, str], Mapping[str, Name]] = {
    ("public_accounts", "list_page"): {**_ACCOUNT, "page_token": lambda own: own.public},
    ("public_accounts", "list_expiring_page"): {"page_token": lambda own: f"2026-03-01.{own.public}"},
    ("sanctions", "list_page"): {
        **_ACCOUNT,
        "operation_id": lambda own: own.operation.operation_id,
        "order_id": lambda own: own.order,
        "page_token": lambda own: own.sanction.sanction_id,
    },
    ("sanctions", "list_appeals"): {**_ACCOUNT, "page_token": lambda own: own.appeal.appeal_id},
    ("sanctions", "list_orders"): {"page_token": lambda own: own.order},
    ("sanctions", "list_operations"): {"page_token": lambda own: own.operation.operation_id},
    ("sanctions", "list_templates"): {"page_token": lambda own: own.template.template_id},
    ("sessions", "list_contests"): {**_ACCOUNT, "page_token": lambda own: own.contest},
    ("sessions", "list_reinstatements"): {**_ACCOUNT, "page_token": lambda own: own.reinstatement},
    ("disavowals", "list_page"): {**_ACCOUNT, "page_token": lambda own: own.disavowal},
    ("reviews", "list_page"): {"page_token": lambda own: own.review.review_id},
    ("narrowings", "list_page"): {"page_token": lambda own: own.sanction.sanction_id},
    ("content_measures", "list_page"): {"page_token": lambda own: own.measure.measure_id},
    ("tip_offs", "list_reporters"): {
        "page_token": lambda own: own.reporter,
        "reporter_id": lambda own: own.reporter,
    },
    ("erasures", "list_page"): {"page_token": lambda own: own.erasure},
}


def _target(own: Things) -> tip_offs.TipOffTarget:
    return tip_offs.TipOffTarget(tip_offs.TargetKind.ACCOUNT, own.account)


def _public_target(own: Things) -> tip_offs.TipOffTarget:
    return tip_offs.TipOffTarget(tip_offs.TargetKind.PUBLIC_ACCOUNT, own.public)


_OF_REPORTS = (
    {"moderator_id": lambda own: own.moderator},
    {"operation_id": lambda own: own.operation.operation_id},
    {"page_token": lambda own: f"1-1772337600000000-{own.report.tip_off_id}"},
    {"reference": lambda own: own.report.reference},
    {"target": _target},
    {"target": _public_target},
)


def _assigned(own: Things) -> tip_offs.TipOffReport:
    """Return a report of which the caller has seen that a moderator works on it."""
    return replace(own.report, moderator_id=own.moderator)


def _proposed(own: Things) -> sessions.AccountContest:
    """Return a contest as a caller has it who has seen a proposal."""
    return replace(client_cases.CONTEST, contest_id=own.contest)


def _proposed_reinstatement(own: Things) -> sessions.AccountReinstatement:
    """Return an appeal against a withdrawal as a caller has it who has seen a proposal."""
    return replace(client_cases.REINSTATEMENT, reinstatement_id=own.reinstatement)


def _disavowal(own: Things) -> sessions.AccountDisavowal:
    """Return a disavowal as a caller has it who has seen a proposal."""
    return replace(client_cases.DISAVOWAL, disavowal_id=own.disavowal)


def _narrowing(own: Things) -> sanctions.SanctionNarrowing:
    """Return a narrowing as a caller has it who has seen a proposal."""
    return replace(client_cases.NARROWING, sanction_id=own.sanction.sanction_id)


def _registration(own: Things) -> Registration:
    """Return how a key is registered that two moderators countersign."""
    new = key_of(230, party=own.second.relying_party)
    asked = registration.register(new, now=builders.NOW, new_id=lambda: str(uuid4()))
    for by in (own.second, own.key.of(own.moderator)):
        asked = asked.countersign(by, now=builders.NOW)
    return asked


def _upheld_measure(own: Things) -> sanctions.UpheldContentMeasure:
    """Return a measure on content that answers a caller's report."""
    statement = reasons(origin=sanctions.Origin.TIP_OFF, tip_off=own.assigned.reference)
    return sanctions.UpheldContentMeasure("post/17", sanctions.ContentMeasureKind.REMOVED, statement)


def _upheld(own: Things) -> tip_offs.UpheldSanction:
    return tip_offs.UpheldSanction(
        own.account,
        sanctions.Degree.WARN,
        reasons(origin=sanctions.Origin.TIP_OFF, tip_off=own.assigned.reference),
        operation_id=own.operation.operation_id,
        public_account_id=own.public,
    )


CALLS = (
    Call("", "verify_individual", {**_ACCOUNT}, _CLAIMED),
    Call("", "verify_individual", _INVITED, _CLAIMED),
    Call("", "verify_organization", _ACCOUNT, _CLAIMED | _ORGANIZATION),
    Call("", "verify_organization", _INVITED, _CLAIMED | _ORGANIZATION),
    Call("", "get_verification", {"request_id": lambda own: own.asked}),
    Call("", "get_status", _ACCOUNT),
    Call("", "batch_get_statuses", {"account_tokens": lambda own: [own.account]}),
    Call("", "get_disclosure_history", _ACCOUNT),
    Call("", "issue_status_token", _ACCOUNT, {"audience": _AUDIENCE}),
    Call("", "issue_status_credential", _ACCOUNT, {"audience": _AUDIENCE}),
    Call("", "issue_status_credential", {**_ACCOUNT, **_PUBLIC}, {"audience": _AUDIENCE}),
    *(
        Call("campaigns", method, _CAMPAIGN)
        for method in ("get", "start", "pause", "resume", "end", "claim_due_invitations", "progress")
    ),
    *(Call("campaigns", method, _CAMPAIGN, signed=True) for method in ("start", "pause", "resume", "end")),
    Call("campaigns", "create", {}, {"plan": client_cases.PLAN}, signed=True),
    Call(
        "campaigns",
        "get_invitation",
        {"account_token": lambda own: own.member},
        {"occasion": campaigns.Method.AT_LOGIN},
    ),
    Call(
        "campaigns",
        "record_invitation_event",
        {"account_token": lambda own: own.member, **_CAMPAIGN},
        {"method": campaigns.Method.HOSTED_LINK, "event": campaigns.InvitationEvent.SHOWN},
    ),
    *(Call("erasures", method, {"account_token": lambda own: own.erasing}) for method in ("cancel", "get")),
    Call("erasures", "request", _ACCOUNT),
    Call("public_accounts", "apply", _ACCOUNT),
    *(Call("public_accounts", method, _WAITING, signed=True) for method in ("approve", "renew")),
    Call("public_accounts", "approve", _WAITING),
    Call("public_accounts", "reject", _WAITING, {"reason": public.RejectReason.INCOMPLETE}),
    *(Call("public_accounts", method, _PUBLIC) for method in ("renew", "close", "get", "get_profile")),
    *(
        Call("public_accounts", method, {**_PUBLIC, "account_token": lambda own: own.erasing})
        for method in ("add_operator", "remove_operator", "offer_transfer")
    ),
    Call(
        "public_accounts",
        "accept_transfer",
        {**_PUBLIC, "account_token": lambda own: own.erasing},
        {"consent": _CONSENT},
    ),
    *(
        Call("sanctions", method, {"moderator_id": lambda own: own.moderator})
        for method in ("revoke_moderator", "get_moderator")
    ),
    Call("sanctions", "register_moderator", {"registration": Part("moderator", _registration)}),
    Call(
        "sanctions",
        "acknowledge_order",
        {"order": lambda own: checked(order_id=own.order)},
        signed=True,
    ),
    Call(
        "sanctions",
        "object_to_order",
        {"order": lambda own: checked(order_id=own.order)},
        {"reason": "unknown (synthetic)"},
        signed=True,
    ),
    Call("sanctions", "record_order", {}, {"order": order("new"), "deadline": LATER}, signed=True),
    Call("sanctions", "open_operation", {}, {"title": TEXT}, signed=True),
    Call("sanctions", "set_template", {"template": lambda own: own.template}),
    Call("sanctions", "delete_template", {"template_id": lambda own: own.template.template_id}),
    Call("sanctions", "find_moderator", {"public_key": lambda own: own.key.public_key}),
    Call("sanctions", "impose", _ACCOUNT, _WARNED, signed=True),
    Call(
        "sanctions",
        "impose",
        {**_ACCOUNT, "operation": lambda own: own.operation, **_PUBLIC},
        _WARNED,
        signed=True,
    ),
    Call("sanctions", "confirm", _SANCTION, signed=True),
    Call("sanctions", "lift", _SANCTION, {"reason": TEXT}, signed=True),
    Call("sanctions", "get", {"sanction_id": lambda own: own.sanction.sanction_id}),
    Call("sanctions", "file_appeal", {"sanction_id": lambda own: own.sanction.sanction_id}, {"words": TEXT}),
    Call(
        "sanctions",
        "decide_appeal",
        {"appeal": lambda own: own.appeal},
        {"verdict": sanctions.AppealState.UPHELD, "reason": TEXT},
        _SANCTION,
        signed=True,
    ),
    Call("sanctions", "get_appeal", {"appeal_id": lambda own: own.appeal.appeal_id}),
    Call(
        "sanctions", "close_operation", {"operation_id": lambda own: own.operation.operation_id}, signed=True
    ),
    Call("sanctions", "get_operation", {"operation_id": lambda own: own.operation.operation_id}),
    Call("sessions", "create", _ACCOUNT, _RETURNING | {"purpose": sessions.SessionPurpose.RENEWAL}),
    Call("sessions", "create", _INVITED, _RETURNING | {"purpose": sessions.SessionPurpose.INVITATION}),
    Call("sessions", "create_identity", _ACCOUNT, {"return_url": f"{ORIGIN}/verified"}),
    Call(
        "sessions",
        "bind",
        {"session_id": lambda own: own.session},
        {"bind_code": secret.make(bytes(secret.SIZE))},
    ),
    Call("sessions", "get", {"session_id": lambda own: own.session}),
    Call(
        "sessions",
        "contest",
        {**_ACCOUNT, "verification_id": lambda own: own.verification},
        {"words": TEXT},
    ),
    Call(
        "sessions",
        "decide_contest",
        {"contest_id": lambda own: own.contest},
        {"verdict": sessions.ContestState.UPHELD, "reason": TEXT},
        signed=True,
    ),
    Call("sessions", "confirm_contest", {"contest": _proposed}, signed=True),
    Call("sessions", "get_contest", {"contest_id": lambda own: own.contest}),
    Call("sessions", "appeal_withdrawal", _ACCOUNT, {"words": TEXT}),
    Call(
        "sessions",
        "decide_reinstatement",
        {"reinstatement_id": lambda own: own.reinstatement},
        {"verdict": sessions.ReinstatementState.UPHELD, "reason": TEXT},
        signed=True,
    ),
    Call("sessions", "confirm_reinstatement", {"reinstatement": _proposed_reinstatement}, signed=True),
    Call("sessions", "get_reinstatement", {"reinstatement_id": lambda own: own.reinstatement}),
    Call(
        "disavowals",
        "decide",
        {"disavowal_id": lambda own: own.disavowal},
        {"verdict": sessions.DisavowalState.UPHELD, "reason": TEXT},
        signed=True,
    ),
    Call("disavowals", "confirm", {"disavowal": _disavowal}, signed=True),
    Call(
        "content_measures",
        "impose",
        {},
        {"content": "post/17", "kind": sanctions.ContentMeasureKind.REMOVED, "statement": reasons()},
        signed=True,
    ),
    Call("content_measures", "reverse", _MEASURE, {"reason": TEXT}, signed=True),
    Call(
        "content_measures",
        "file_appeal",
        {"measure_id": lambda own: own.measure.measure_id},
        {"words": TEXT},
    ),
    Call(
        "content_measures",
        "decide_appeal",
        _MEASURE,
        {"verdict": sanctions.AppealState.UPHELD, "reason": TEXT},
        signed=True,
    ),
    Call("content_measures", "get", {"measure_id": lambda own: own.measure.measure_id}),
    Call("reviews", "sign", _ACCOUNT, {"seen": SEEN, "consent": _CONSENT}, signed=True),
    Call("reviews", "sign", _INVITED, {"seen": SEEN, "consent": _CONSENT}, signed=True),
    Call(
        "reviews",
        "confirm",
        {"review_id": lambda own: own.review.review_id},
        {"seen": SEEN},
        {"paper_digest": lambda own: own.review.paper_digest},
        signed=True,
    ),
    Call("reviews", "list_page", {"reviewer_id": lambda own: own.moderator}),
    Call("disavowals", "get", {"disavowal_id": lambda own: own.disavowal}),
    Call("narrowings", "propose", {"sanction_id": lambda own: own.sanction.sanction_id}, signed=True),
    Call("narrowings", "confirm", {"narrowing": _narrowing}, signed=True),
    Call(
        "tip_offs",
        "file",
        {"target": _target, "reporter_account_token": lambda own: own.account},
        {"category": CATEGORY, "told": TEXT, "channel": tip_offs.TipOffChannel.APP},
    ),
    Call(
        "tip_offs",
        "file",
        {"target": _public_target, "operation_id": lambda own: own.operation.operation_id},
        {"category": CATEGORY, "told": TEXT, "channel": tip_offs.TipOffChannel.APP},
    ),
    Call(
        "tip_offs",
        "take",
        {"target": _target, "operation_id": lambda own: own.operation.operation_id},
        {"category": CATEGORY, "told": TEXT, "channel": tip_offs.TipOffChannel.PHONE},
        signed=True,
    ),
    Call(
        "tip_offs",
        "take",
        {"target": _public_target},
        {"category": CATEGORY, "told": TEXT, "channel": tip_offs.TipOffChannel.COUNTER},
        signed=True,
    ),
    Call(
        "tip_offs",
        "follow",
        {"reference": lambda own: own.report.reference, "secret": lambda own: own.secret},
    ),
    Call(
        "tip_offs",
        "supplement",
        {"reference": lambda own: own.report.reference, "secret": lambda own: own.secret},
        {"answer": TEXT},
    ),
    Call("tip_offs", "assign", {"tip_off": lambda own: own.report}, signed=True),
    Call("tip_offs", "assign", {"tip_off": Part("moderator", _assigned)}, signed=True),
    Call(
        "tip_offs",
        "assign",
        {"tip_off": lambda own: own.report, "to": lambda own: own.moderator},
        signed=True,
    ),
    Call("tip_offs", "hand_back", _REPORT, signed=True),
    Call("tip_offs", "add_note", _REPORT, {"note": TEXT}, signed=True),
    Call("tip_offs", "answer", _REPORT, _REPLY, signed=True),
    Call("tip_offs", "dismiss", _REPORT, {"reason": tip_offs.Dismissal.GONE}, signed=True),
    Call("tip_offs", "find_abusive", _REPORT, signed=True),
    Call("tip_offs", "uphold", _ASSIGNED, _REPLY, {"sanction": _upheld}, signed=True),
    Call("tip_offs", "uphold", _ASSIGNED, _REPLY, {"measure": _upheld_measure}, signed=True),
    *(
        Call("tip_offs", "uphold", {"sanction": Part(thing, _upheld)}, _REPLY, _ASSIGNED, signed=True)
        for thing in ("account", "operation", "public")
    ),
    Call("tip_offs", "merge", {**_REPORT, "duplicate_ids": lambda own: [own.report.tip_off_id]}, signed=True),
    Call("tip_offs", "get", _REPORT),
    Call(
        "tip_offs",
        "set_reporter_standing",
        {"reporter_id": lambda own: own.reporter},
        {"standing": tip_offs.ReporterStanding.TRUSTED},
        signed=True,
    ),
    *(
        Call(part, method, {name: of})
        for (part, method), names in _PAGES.items()
        for name, of in names.items()
    ),
    *(Call("tip_offs", "list_page", names) for names in _OF_REPORTS),
)
NAMINGS = tuple(
    Naming(call, argument) for call in CALLS for argument in (*call.names, *(_SIGNER if call.signed else ()))
)
