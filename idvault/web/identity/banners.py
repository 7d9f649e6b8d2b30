"""What the owner of an account must know or do now, before everything else on the page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from idvault.web.identity import public_account
from idvault.web.identity.words import IdentityWords, Objection, appealable
from idvault.web.render import last_day
from idvault_verify.v1 import common_pb2, disavowal_pb2, erasure_pb2, public_account_pb2, sanction_pb2
from idvault_verify.v1 import identity_pb2 as pb

_Sanction = sanction_pb2.Sanction
_LIMITING = (_Sanction.DEGREE_LIMIT, _Sanction.DEGREE_SUSPEND, _Sanction.DEGREE_CLOSE)
_Public = public_account_pb2.PublicProfile
_Status = common_pb2.AccountStatus
_DISOWNED = (disavowal_pb2.Disavowal.STATE_UPHELD, disavowal_pb2.Disavowal.STATE_SILENT)
_SOON = timedelta(days=60)
"""Before the end of a verification, its owner is told."""


@dataclass(frozen=True, slots=True)
class Banner:
    """One banner. links: address and text. cancels: it has the button that cancels the erasure."""

    name: str
    title: str
    text: str
    links: Sequence[tuple[str, str]] = ()
    cancels: bool = False


def erasing(own: pb.Identity, words: IdentityWords) -> list[Banner]:
    """Return the banner of an erasure that can be cancelled, which every page has."""
    each = own.erasure
    if each.state != erasure_pb2.Erasure.STATE_REQUESTED:
        return []
    asked, from_time = words.minute(each.request_time), words.minute(each.erase_time)
    text = words.say("erasing", platform=words.found.platform_title, asked=asked, time=from_time)
    if any(one.profile.state in public_account.LIVE for one in own.public_accounts):
        text = f"{text}{words.view.gap}{words.say('erasing_public')}"
    title = words.say("erasing_title", day=words.day(each.erase_time))
    return [Banner("erasing", title, text, cancels=True)]


def of(own: pb.Identity, words: IdentityWords) -> list[Banner]:
    """Return the banners of the overview."""
    return [
        *erasing(own, words),
        *_sanctions(own, words),
        *_disowned(own, words),
        *_missed(own, words),
        *_withdrawn(own, words),
        *_ending(own, words),
        *_unrenewed(own, words),
        *_offered(own, words),
    ]


def _sanctions(own: pb.Identity, words: IdentityWords) -> Iterator[Banner]:
    """Yield what is limited until when, of the account and of each public account that is closed."""
    may = appealable(own)
    for each in own.sanctions:
        limiting = each.state == _Sanction.STATE_IN_FORCE and each.degree in _LIMITING
        if not limiting or (each.public_account_id and each.degree != _Sanction.DEGREE_CLOSE):
            continue
        if each.public_account_id:
            name = public_account.name_of_number(each.public_account_id, words)
            title, text = words.say("public_closed_title", name=name), words.say("public_closed_text")
        else:
            ends = each.statement.HasField("end_time")
            title = words.say(
                "limited_title" if ends else "limited_forever",
                degree=words.degree(each),
                **({"until": words.until(each)} if ends else {}),
            )
            text = words.say(f"limited_{_Sanction.Degree.Name(each.degree)}")
        links = [(f"{words.here}/standing", words.say("reasons_link"))]
        if each.sanction_id in may:
            links.append((f"{words.here}/sanctions/{each.sanction_id}/appeal", words.say("appeal_link")))
        rule = words.say("limited_rule", rule=each.statement.rule_reference)
        yield Banner(
            "limited",
            title,
            f"{text}{words.view.gap}{rule}" if each.statement.rule_reference else text,
            links,
        )


def _disowned(own: pb.Identity, words: IdentityWords) -> Iterator[Banner]:
    states = disavowal_pb2.Disavowal
    for each in own.disavowals:
        if each.state in (states.STATE_FILED, states.STATE_PROPOSED):
            text = words.say("disowned_banner", time=words.deadline(each.due_time))
            links = [(f"{words.here}/disowned", words.say("disowned_link"))]
            yield Banner("disowned", words.say("disowned_title"), text, links)


def _missed(own: pb.Identity, words: IdentityWords) -> Iterator[Banner]:
    """Yield each contest and appeal that should have been decided."""
    objections: Sequence[tuple[str, str, Sequence[Objection]]] = (
        ("contest", "verifications", own.contests),
        ("appeal", "verifications", own.reinstatements),
        ("appeal", "standing", own.appeals),
    )
    for kind, page, each in ((kind, page, each) for kind, page, found in objections for each in found):
        if not each.overdue:
            continue
        platform = words.found.platform_title
        text = words.say("missed_text", platform=platform, time=words.deadline(each.due_time))
        if kind == "contest" and own.status.state == _Status.STATE_REVOKED:
            text = f"{text}{words.view.gap}{words.say('missed_revoked')}"
        links = [(f"{words.here}/{page}", words.say("missed_link"))]
        yield Banner("missed", words.say(f"missed_{kind}", platform=platform), text, links)


def _withdrawn(own: pb.Identity, words: IdentityWords) -> Iterator[Banner]:
    if own.status.state != _Status.STATE_REVOKED and not own.HasField("reinstate_until_time"):
        return
    text, links = words.say("revoked_text", platform=words.found.platform_title), [words.back]
    if own.HasField("reinstate_until_time"):
        text = words.say("reinstatement_until", time=words.deadline(own.reinstate_until_time))
        links = [(f"{words.here}/withdrawal/appeal", words.say("appeal_link"))]
    elif any(each.state in _DISOWNED for each in own.disavowals):
        text = f"{words.say('revoked_disowned')}{words.view.gap}{text}"
        links.append((f"{words.here}/disowned", words.say("disowned_title")))
    yield Banner("withdrawn", words.say("STATE_REVOKED"), text, links)


def _ending(own: pb.Identity, words: IdentityWords) -> Iterator[Banner]:
    """Yield a verification that is over, or ends soon."""
    if not own.status.expire_date:
        return
    last = last_day(own.status.expire_date)
    is_over = own.status.state == _Status.STATE_EXPIRED
    left = last - words.view.now.astimezone(words.zone).date()
    if is_over or (own.status.state == _Status.STATE_VERIFIED and left <= _SOON):
        name, platform = "expired" if is_over else "ending", words.found.platform_title
        title = words.say(f"{name}_title", day=words.date(last))
        yield Banner("ending", title, words.say(f"{name}_text", platform=platform), [words.back])


def _unrenewed(own: pb.Identity, words: IdentityWords) -> Iterator[Banner]:
    """Yield the public accounts that can be renewed now: those that are over first of all must be."""
    if public_account.bar(own.status) in public_account.BY_STANDING:
        return
    obstacle = public_account.obstacle("renew", own, words)
    for each in own.public_accounts:
        profile = each.profile
        if "renew" not in public_account.actions(each, words):
            continue
        name = public_account.short_name(profile, words)
        if profile.state == _Public.STATE_GRACE:
            if not profile.next_change_date:
                continue
            title = words.say("unrenewed_title", name=name)
            text = words.say("unrenewed_text", day=words.date(last_day(profile.next_change_date)))
        else:
            day = words.date(last_day(each.expire_date))
            title, text = words.say("renewable_title", name=name, day=day), words.say("renewable_text")
        link = (f"{words.here}/public/{profile.public_account_id}/renew", words.say("public_renew_title"))
        if obstacle:
            text, link = f"{text}{words.view.gap}{obstacle.text}", obstacle.link
        yield Banner("unrenewed", title, text, [link])


def _offered(own: pb.Identity, words: IdentityWords) -> Iterator[Banner]:
    """Yield the public accounts that can be taken over."""
    for each in own.offered_public_accounts:
        text = words.say("offered_text", time=words.minute(each.expire_time))
        yield Banner(
            "offered", words.say("offered_title"), text, [(accepts(each, words), words.say("offered_link"))]
        )


def accepts(each: public_account_pb2.OfferedPublicAccount, words: IdentityWords) -> str:
    """Return the address of the page on which what is offered is taken over."""
    return f"{words.here}/public/accept?number={each.profile.public_account_id}"
