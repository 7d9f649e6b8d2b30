"""The public accounts of an account, as its owner sees them, and what may be done with each."""

from collections.abc import Sequence
from datetime import date, timedelta

from aiohttp import web

from idvault.public_account.rules import public_account as rules
from idvault.web.identity.words import IdentityWords
from idvault.web.render import Rows, is_organization, last_day
from idvault_client.backend.texts import reject_text
from idvault_client.errors import VaultError
from idvault_verify.error import Reason
from idvault_verify.public_account import DECLARED, PublicAccountCategory, RejectReason
from idvault_verify.v1 import common_pb2
from idvault_verify.v1 import identity_pb2 as identity
from idvault_verify.v1 import public_account_pb2 as pb

CHANGES = {"renew": "RENEW", "close": "CLOSE", "offer": "OFFER", "operator": "ADD_OPERATOR"}
"""What is asked for on a page of its own, by the last part of its address."""
NAMING = frozenset({"offer", "operator"})
"""Those that name another account."""
FINAL = frozenset({"close", "offer", "accept"})
"""Those that take a verification within the last hour."""
VERIFIED = frozenset({"apply", "renew"})
"""Those that take a verification that is valid."""
_TAIL = 6
"""Characters of a number that tell an owner's public accounts apart, as bank cards are."""
_Profile = pb.PublicProfile
LIVE = (_Profile.STATE_ACTIVE, _Profile.STATE_GRACE)


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


def may_apply(status: common_pb2.AccountStatus) -> bool:
    """Return whether an owner's application would be taken (`rules.admit`)."""
    states = common_pb2.AccountStatus
    refused = (states.STANDING_CLOSED, states.STANDING_RENEWAL_SUSPENDED)
    return status.state == states.STATE_VERIFIED and status.standing not in refused


def unlicensed(status: common_pb2.AccountStatus, words: IdentityWords) -> str:
    """Return the category that readers see of an owner's public account without a licence."""
    category = PublicAccountCategory.PERSONAL.value
    if is_organization(status):
        name = common_pb2.OrganizationCategory.Name(
            status.organization_category or common_pb2.ORGANIZATION_CATEGORY_OTHER
        )
        category = name.removeprefix("ORGANIZATION_CATEGORY_")
    return words.say(f"CATEGORY_{category}")


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
