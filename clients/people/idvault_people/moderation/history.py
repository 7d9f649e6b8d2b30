"""What else is known about a target: an account's standing and sanctions, the measures on a content."""

from collections.abc import Iterable, Sequence

from idvault_client.errors import NotFound
from idvault_client.sanctions import AccountSanction, Degree, SanctionState
from idvault_client.tip_offs import TargetKind, TipOffTarget
from idvault_people.console.visit import Visit
from idvault_people.moderation import measure_item, shown
from idvault_people.moderation.shown import Item, Link, PagePart
from idvault_people.moderation.whole_list import every
from idvault_people.moderation.workplace import Workplace
from idvault_verify.account import Standing
from idvault_verify.sanction import STANDINGS

_CODES = {TargetKind.ACCOUNT: "account", TargetKind.PUBLIC_ACCOUNT: "public_account_id"}
_BESIDE = 20


def codes_of(target: TipOffTarget) -> dict[str, str]:
    """Return the token or id of a target by the key of what it is called; nothing of a piece of content."""
    return {_CODES[target.kind]: target.key} if target.kind in _CODES else {}


def of_target(target: TipOffTarget, *, place: Workplace, visit: Visit) -> list[PagePart]:
    """Return what is known about the target of a report or an order."""
    if target.kind is TargetKind.CONTENT:
        return [_of_content(target.key, place=place, visit=visit)]
    if target.kind is TargetKind.ACCOUNT:
        return [of_account(target.key, place=place, visit=visit)]
    try:
        owner = place.vault.public_accounts.get(target.key).account_token
    except NotFound:
        return []
    link = Link(f"/public-accounts/{target.key}", visit.say("see"))
    about = PagePart(title=visit.say("section_public_account"), links=[link])
    return [about, of_account(owner, place=place, visit=visit)]


def _of_content(content: str, *, place: Workplace, visit: Visit) -> PagePart:
    """Return measures on a piece of content, at most twenty."""
    found = place.vault.content_measures.list_page(content=content, page_size=_BESIDE).measures
    items = [measure_item.item(each, place=place, visit=visit) for each in found]
    return PagePart(title=visit.say("measures"), items=items, empty=visit.say("no_measure"))


def of_account(account_token: str, *, place: Workplace, visit: Visit) -> PagePart:
    """Return the standing that an account's sanctions give it, and the sanctions, the newest first."""
    found = sanctions_of(account_token, place=place)
    return PagePart(
        title=visit.say("history"),
        rows=place.rows(
            visit,
            account=shown.short_key(account_token),
            standing=shown.word("standing", standing(found), visit.say),
        ),
        codes=place.rows(visit, account=account_token),
        items=[_short(each, place=place, visit=visit) for each in reversed(found)],
        empty=visit.say("no_sanction"),
    )


def summary(
    account_token: str,
    found: Sequence[AccountSanction],
    *,
    place: Workplace,
    visit: Visit,
    public_account_id: str = "",
) -> PagePart:
    """Return in a few rows on whom a sanction falls: the account, its standing, its earlier sanctions.

    found: those sanctions.
    """
    return PagePart(
        title=visit.say("falls_on"),
        rows=place.rows(
            visit,
            account=shown.short_key(account_token),
            public_account_id=shown.short_key(public_account_id),
            standing=shown.word("standing", standing(found), visit.say),
            earlier_sanctions=len(found),
        ),
        codes=place.rows(visit, account=account_token, public_account_id=public_account_id),
    )


def _short(sanction: AccountSanction, *, place: Workplace, visit: Visit) -> Item:
    """Return a sanction as it stands beside a case."""
    say, statement = visit.say, sanction.statement
    rows = place.rows(
        visit,
        state=word_of(sanction, visit),
        category=statement and shown.word("category", statement.category, say),
        imposed_at=sanction.impose_time,
    )
    degree = shown.word("degree", sanction.degree, say)
    return Item(link=Link(f"/sanctions/{sanction.sanction_id}", degree), rows=rows)


def sanctions_of(account_token: str, *, place: Workplace) -> list[AccountSanction]:
    """Return an account's sanctions, and those of its public accounts, as they were imposed."""
    return list(every(place.vault.sanctions.list_page, "sanctions", account_token=account_token))


def standing(sanctions: Iterable[AccountSanction], *more: Degree, public_account_id: str = "") -> Standing:
    """Return what the sanctions in force give an account, or one of its public accounts, and more degrees.

    A desk does not read its status.
    """
    degrees = list(Degree)
    of_it = [each for each in sanctions if each.public_account_id == public_account_id]
    in_force = [each.degree for each in of_it if each.state is SanctionState.IN_FORCE and each.degree]
    given = [degrees.index(each) for each in (*in_force, *more)]
    return STANDINGS[degrees[max(given)]] if given else Standing.GOOD


def word_of(sanction: AccountSanction, visit: Visit) -> str:
    """Return the state in words."""
    return shown.word("proposal" if was_withdrawn(sanction) else "state", sanction.state, visit.say)


def words_of(sanction: AccountSanction) -> str:
    """Return the list of words for a state that a sanction has meanwhile.

    A proposal that was never in force is withdrawn, not lifted; its other states have the usual words.
    """
    return "proposal" if sanction.start_time is None else "state"


def was_withdrawn(sanction: AccountSanction) -> bool:
    """Return whether a sanction ended as a proposal, by a moderator."""
    return sanction.state is SanctionState.LIFTED and sanction.start_time is None


def title(sanction: AccountSanction, visit: Visit) -> str:
    """Return degree and target, and whether it was only proposed."""
    target = shown.short_key(sanction.public_account_id or sanction.account_token)
    if sanction.start_time is None and sanction.degree:
        what = shown.word("proposed", sanction.degree, visit.say)
        return str(visit.say("proposed_title", what=what, account=target))
    degree = shown.word("degree", sanction.degree, visit.say)
    return str(visit.say("sanction_title", degree=degree, account=target))


def item(sanction: AccountSanction, *, place: Workplace, visit: Visit) -> Item:
    """Return a sanction as it stands in a list."""
    say, statement = visit.say, sanction.statement
    is_proposed = sanction.start_time is None and sanction.finish_time is None
    mine = place.me in (sanction.impose_moderator_id, sanction.confirm_moderator_id)
    rows = place.rows(
        visit,
        state=word_of(sanction, visit),
        due=place.left(sanction.lapse_time, visit) if is_proposed and sanction.lapse_time else None,
        category=statement and shown.word("category", statement.category, say),
        scope=shown.word("scope", sanction.scope, say),
        imposed_at=sanction.impose_time,
        proposed_by=place.who(sanction.impose_moderator_id, visit),
    )
    link = Link(f"/sanctions/{sanction.sanction_id}", title(sanction, visit))
    marks = [say("yours")] if mine else []
    return Item(link=link, rows=rows, marks=marks, spent=spent(sanction, place=place))


def spent(sanction: AccountSanction, *, place: Workplace) -> int | None:
    """Return how much of the time for its confirmation has passed, in per cent; None if it does not wait."""
    if sanction.state is not SanctionState.PROPOSED or sanction.lapse_time is None:
        return None
    return place.spent(sanction.impose_time, sanction.lapse_time)
