"""The public accounts of an account, as its owner sees them, and what may be done with each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from aiohttp import web

from idvault.public_account.rules import public_account as rules
from idvault.web.identity.words import IdentityWords
from idvault.web.render import is_organization, last_day
from idvault.web.words import Rows
from idvault_client import reasons
from idvault_client.backend.texts import reject_text
from idvault_client.errors import VaultError
from idvault_verify.account import AccountState, Standing, SubjectKind
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.organization import OrganizationCategory
from idvault_verify.public_account import DECLARED, PublicAccountCategory, RejectReason, category_by
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import identity_pb2 as identity
from idvault_verify.v1 import public_account_pb2 as pb

CHANGES = {"renew": "RENEW", "close": "CLOSE", "offer": "OFFER", "operator": "ADD_OPERATOR"}
"""What is asked for on a page of its own, by the last part of its address."""
NAMING = frozenset({"offer", "operator"})
"""Those that name another account."""
FINAL = frozenset({"close", "offer", "accept"})
"""Those that take a verification within the last hour."""
ADMITTED = frozenset({"apply", "renew", "accept", "operator"})
"""Those that take an owner whom the vault admits (`rules.admit`)."""
_TAIL = 6
"""Characters of a number that tell an owner's public accounts apart, as bank cards are."""
BY_STANDING = frozenset({Reason.ACCOUNT_CLOSED, Reason.RENEWAL_SUSPENDED})
"""What bars an owner until a sanction ends."""
_Profile = pb.PublicProfile
_Status = common_pb2.AccountStatus
LIVE = (_Profile.STATE_ACTIVE, _Profile.STATE_GRACE)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a change is not possible now. link: the address and the text of the way on."""

    text: str
    link: tuple[str, str]


def short_name(profile: pb.PublicProfile, words: IdentityWords) -> str:
    """Return by what an owner tells a public account from another one: the end of its number."""
    return name_of_number(profile.public_account_id, words)


def name_of_number(public_account_id: str, words: IdentityWords) -> str:
    """Return the name of a public account of which the number alone is known."""
    return words.say("public_name", tail=public_account_id[-_TAIL:])


def shown_account(each: pb.PublicAccount, words: IdentityWords) -> dict[str, object]:
    """Return what a card shows of a public account: its state, rows, and the ids behind "details"."""
    profile = each.profile
    rows = [("category", words.say(_Profile.Category.Name(profile.category)))]
    if each.expire_date and profile.state == _Profile.STATE_ACTIVE:
        rows.append(("term", words.date(last_day(each.expire_date))))
    if profile.state == _Profile.STATE_GRACE and profile.next_change_date:
        rows.append(("grace", words.date(last_day(profile.next_change_date))))
    if each.HasField("close_time"):
        rows.append(("closed_by_you", words.minute(each.close_time)))
    if each.reject_reason:
        name = pb.PublicAccount.RejectReason.Name(each.reject_reason)
        reason = RejectReason(name.removeprefix("REJECT_REASON_"))
        text = reject_text(reason, language=words.view.language)
        more = words.say("limit") if reason is RejectReason.OWNER_NOT_ELIGIBLE else ""
        rows.append(("rejected", f"{text}{more}"))
    return {
        "name": short_name(profile, words),
        "is_open": profile.state in (*LIVE, _Profile.STATE_APPLIED),
        "page": f"{words.here}/public/{profile.public_account_id}",
        "state": words.say(f"PUBLIC_{_Profile.State.Name(profile.state)}"),
        "well": profile.state == _Profile.STATE_ACTIVE,
        "rows": words.named(rows),
        "ids": words.named([("public_account", profile.public_account_id)]),
    }


def bar(status: common_pb2.AccountStatus) -> Reason | None:
    """Return why an owner may not apply, renew or take over now (`rules.admit`), None if nothing bars it."""
    state = _Status.State.Name(status.state).removeprefix("STATE_")
    standing = _Status.Standing.Name(status.standing).removeprefix("STANDING_")
    try:
        rules.admit_shown(
            state=AccountState.__members__.get(state), standing=Standing.__members__.get(standing)
        )
    except PreconditionError as error:
        return error.reason
    return None


def obstacle(change: str, own: identity.Identity, words: IdentityWords) -> Obstacle | None:
    """Return why a change is not possible now, None if it is."""
    platform = words.found.platform_title
    barred = bar(own.status) if change in ADMITTED else None
    if barred in BY_STANDING:
        standing = _Status.Standing.Name(own.status.standing).removeprefix("STANDING_")
        text = f"{words.say(f'stands_{standing}')}{words.view.gap}{words.say('public_barred')}"
        return Obstacle(text, (f"{words.here}/standing", words.say("reasons_link")))
    if barred is Reason.ACCOUNT_ERASED:
        return Obstacle(reasons.reason_text(barred, language=words.view.language), words.back)
    if change in FINAL and not own.recently_verified:
        return Obstacle(words.say("public_recent", platform=platform), words.back)
    if barred:
        return Obstacle(words.say("public_verify_first", platform=platform), words.back)
    return None


def unlicensed(status: common_pb2.AccountStatus, words: IdentityWords) -> str:
    """Return the category that readers see of an owner's public account without a licence."""
    kind = SubjectKind.ORGANIZATION if is_organization(status) else SubjectKind.INDIVIDUAL
    name = common_pb2.OrganizationCategory.Name(status.organization_category)
    category = OrganizationCategory.__members__.get(name.removeprefix("ORGANIZATION_CATEGORY_"))
    return words.say(f"CATEGORY_{category_by(kind, category)}")


def licences(words: IdentityWords) -> Rows:
    """Return the categories that a platform declares, each with the licence that it takes."""
    return [
        (words.say(f"CATEGORY_{each}"), words.say(f"licence_for_{each}"))
        for each in PublicAccountCategory
        if each in DECLARED
    ]


def offered(each: pb.OfferedPublicAccount, words: IdentityWords) -> Rows:
    """Return what a card shows of a public account that is offered to this account."""
    profile = each.profile
    return words.named(
        [
            ("kind", words.say(_Profile.Kind.Name(profile.kind))),
            ("category", words.say(_Profile.Category.Name(profile.category))),
            ("standing", words.say(common_pb2.AccountStatus.Standing.Name(profile.standing))),
            ("offer_until", words.minute(each.expire_time)),
        ]
    )


def readers(profile: pb.PublicProfile, words: IdentityWords) -> Rows:
    """Return everything that readers see of a public account."""
    rows = [
        ("kind", words.say(_Profile.Kind.Name(profile.kind))),
        ("category", words.say(_Profile.Category.Name(profile.category))),
        ("state", words.say(f"PUBLIC_{_Profile.State.Name(profile.state)}")),
        ("standing", words.say(common_pb2.AccountStatus.Standing.Name(profile.standing))),
    ]
    if profile.HasField("licence"):
        until = words.date(last_day(profile.licence.expire_date))
        rows.append(("licence", words.say("licence_value", name=profile.licence.reference, day=until)))
    if profile.state == _Profile.STATE_ACTIVE and profile.next_change_date:
        rows.append(("term", words.date(last_day(profile.next_change_date))))
    for name, day in (("since", profile.since), ("owner_since", profile.owner_changed_on)):
        if day:
            rows.append((name, words.date(date.fromisoformat(day))))
    return words.named(rows)


def actions(each: pb.PublicAccount, words: IdentityWords) -> Sequence[str]:
    """Return what the owner may do now."""
    profile = each.profile
    if profile.state not in LIVE:
        return []
    today = words.view.now.astimezone(words.zone).date()
    early = profile.state == _Profile.STATE_ACTIVE and (
        today < date.fromisoformat(each.expire_date) - timedelta(days=rules.RENEWAL_DAYS)
    )
    of_organisation = profile.kind != _Profile.KIND_INDIVIDUAL
    return [*["renew"] * (not early), *["operator"] * of_organisation, "offer", "close"]


def named(own: identity.Identity, public_account_id: str) -> pb.PublicAccount:
    """Return one of the account's public accounts; raises HTTPNotFound."""
    for each in own.public_accounts:
        if each.profile.public_account_id == public_account_id:
            return each
    raise web.HTTPNotFound


def refusal(error: VaultError | None, words: IdentityWords) -> str:
    """Return why a change is refused, "" for nothing."""
    if error is None:
        return ""
    if error.reason == Reason.ASSURANCE_MISSING:
        return words.say("public_recent", platform=words.found.platform_title)
    return error.text(words.view.language)
