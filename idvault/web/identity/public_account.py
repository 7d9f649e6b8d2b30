"""The public accounts of an account, as its owner sees them."""

from idvault.web.identity.words import IdentityWords
from idvault.web.render import last_day
from idvault_client.backend.texts import reject_text
from idvault_verify.public_account import RejectReason
from idvault_verify.v1 import public_account_pb2 as pb


def card(each: pb.PublicAccount, words: IdentityWords) -> dict[str, object]:
    """Return what a card shows of a public account: its state, rows, and the ids behind "details"."""
    profile = each.profile
    rows = [("category", words.say(pb.PublicProfile.Category.Name(profile.category)))]
    if each.expire_date and profile.state == pb.PublicProfile.STATE_ACTIVE:
        rows.append(("term", words.date(last_day(each.expire_date))))
    if each.reject_reason:
        name = pb.PublicAccount.RejectReason.Name(each.reject_reason)
        reason = RejectReason(name.removeprefix("REJECT_REASON_"))
        text = reject_text(reason, language=words.view.language)
        more = words.say("limit") if reason is RejectReason.OWNER_NOT_ELIGIBLE else ""
        rows.append(("rejected", f"{text}{more}"))
    return {
        "state": words.say(f"PUBLIC_{pb.PublicProfile.State.Name(profile.state)}"),
        "well": profile.state == pb.PublicProfile.STATE_ACTIVE,
        "rows": words.named(rows),
        "ids": words.named([("public_account", profile.public_account_id)]),
    }
