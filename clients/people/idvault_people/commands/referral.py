"""`idvault-people authority referral`: reports that platforms refer, and the signed answers."""

from typing import Annotated

import typer

from idvault_people.authority.referral import GivenReferral
from idvault_people.commands import listing
from idvault_people.commands.next_step import NextStep
from idvault_people.commands.session import MemberOptions, as_json, confirm, open_session
from idvault_verify.error import InvalidError, Reason
from idvault_verify.tip_off import ReferralState

_REFUSED = {
    Reason.REFERRAL_NOT_FOUND.value: "no report was referred to you under this id",
    Reason.ILLEGAL_TRANSITION.value: "the referral is answered already, or its last day has passed",
}
_ROLE = "authority"
app = typer.Typer(no_args_is_help=True, help="Reports that platforms refer to you.")
ReferralId = Annotated[str, typer.Argument(metavar="ID", help="The referral's id, as shown by `list`.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


@app.command("list", short_help="List the reports that were referred to you.")
def list_(
    context: typer.Context,
    state: Annotated[ReferralState | None, typer.Option(help="Only referrals in this state.")] = None,
) -> None:
    """List the reports that were referred to you: category, target, platform and day.

    What you declined, or did not answer by its last day, has no target any more.
    """
    with open_session(_ROLE, context.obj, next_=ReferralNextStep) as session:
        listing.tell(context, "referrals", map(_shown, session.referral_officer().every(state=state)))


@app.command(short_help="Take a report over: its platform decides nothing more.")
def accept(context: typer.Context, referral_id: ReferralId, yes: Yes = False) -> None:
    """Sign that you take a report over; needs a code of your second factor.

    The report is then decided at its platform, as referred, and its reporter is told.
    """
    _answer(context, referral_id, ReferralState.ACCEPTED, yes)


@app.command(short_help="Leave a report to its platform.")
def decline(context: typer.Context, referral_id: ReferralId, yes: Yes = False) -> None:
    """Sign that you do not take a report over; needs a code of your second factor.

    The report is open again at its platform, with its old deadline.
    """
    _answer(context, referral_id, ReferralState.DECLINED, yes)


def _answer(context: typer.Context, referral_id: str, answer: ReferralState, yes: bool) -> None:
    given: MemberOptions = context.obj
    with open_session(_ROLE, given, next_=ReferralNextStep) as session:
        officer = session.referral_officer()
        found = officer.get(referral_id)
        if not as_json(context):
            listing.show(_shown(found))
        verb = "Accept" if answer is ReferralState.ACCEPTED else "Decline"
        confirm(yes, f"{verb} this referral?", otherwise="nothing was signed")
        answered = officer.answer(found, answer, code=given.asked_code())
    listing.tell(context, "referrals", [_shown(answered)])


class ReferralNextStep(NextStep):
    """Suggests the next command after a refused answer."""

    def after_mistake(self, error: InvalidError) -> str:
        """Return the text for a referral that can be answered no more."""
        if any(each.field == "referral" for each in error.violations):
            return self.after_refusal(f"{error}", Reason.ILLEGAL_TRANSITION.value, "")
        return super().after_mistake(error)

    def after_refusal(self, text: str, reason: str | None, field: str) -> str:
        """Return the text for what the vault did not take."""
        if reason in _REFUSED:
            return f"{text}\nwhy: {_REFUSED[reason]}\nnext: {self.command} referral list"
        return super().after_refusal(text, reason, field)


def _shown(referral: GivenReferral) -> dict[str, object]:
    target, answered = referral.target, referral.answer_time
    return {
        "referral_id": referral.referral_id,
        "platform": referral.platform,
        "category": referral.category,
        "target_kind": None if target is None else target.kind.value,
        "target": None if target is None else target.key,
        "refer_date": referral.refer_date.isoformat(),
        "last_date": referral.last_date.isoformat(),
        "state": referral.state,
        "answered": None if answered is None else answered.isoformat(),
    }
