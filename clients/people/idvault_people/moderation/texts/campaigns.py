"""What the pages of campaigns say."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


_LIST = {
    "campaigns": _("Campaigns"),
    "campaigns_text": _(
        "A campaign invites owners to verify their accounts, or to prove more than they have proved. "
        "It locks nobody out."
    ),
    "no_campaigns": _("There is no campaign here. Create one: it invites nobody before you start it."),
    "current_view": _("Not ended"),
    "new_campaign": _("New campaign"),
    "created": _("Created"),
    "started": _("Started"),
    "a_day": _("Invitations a day: at most {count}, with reminders"),
}
_FORM = {
    "new_campaign_text": _(
        "A plan never changes once it is created. You see what it will do before you sign."
    ),
    "campaign_title": _("Title"),
    "campaign_title_hint": _("What the invitation is about, for owners."),
    "import_label": _("Accounts imported under this label"),
    "import_label_hint": _("The label of the import. Leave it empty for all accounts."),
    "opened_from": _("Opened on this day or later"),
    "opened_before": _("Opened before this day"),
    "campaign_how": _("How owners are invited"),
    "methods_hint": _("Choose one or more. Your own message and a link exclude each other."),
    "daily_limit": _("Pace"),
    "daily_hint": _("Invitations a day at most, reminders included: 1 to 1,000,000."),
    "reminders": _("Reminders"),
    "reminders_hint": _(
        "Days after the delivery before, increasing, such as: 3 7 21. Leave it empty for none."
    ),
    "quiet_start": _("No invitations from"),
    "quiet_hint": _("Optional: hours of the day in which nobody is invited."),
    "quiet_end": _.in_context("quiet_end", "Until"),
    "quiet_zone": _("Time zone of these hours"),
    "quiet_zone_hint": _("Such as Asia/Shanghai."),
    "incentive": _("What an owner gets for it"),
    "incentive_hint": _("Optional; it is in each invitation."),
    "minimum": _("What owners are asked to prove"),
    "minimum_hint": _("More than a match with the registry also invites owners who are verified with less."),
    "enforcement": _("Enforcement"),
    "enforcement_hint": _(
        "Usually empty: nothing is enforced. From this day on, whoever was shown an invitation and has not "
        "verified is limited in publishing."
    ),
    "campaign_wrong.title": _("Enter a title of 1 to 100 characters"),
    "campaign_wrong.cohort.label": _("Enter a label of at most 64 characters, as it was imported"),
    "campaign_wrong.cohort.create_date_from": _("Enter a day such as 2014-05-31"),
    "campaign_wrong.cohort.create_date_before": _("Enter a day after the first one"),
    "campaign_wrong.methods": _("Choose at least one way; your own message and a link exclude each other"),
    "campaign_wrong.daily_limit": _("Enter a number from 1 to 1000000"),
    "campaign_wrong.reminder_days": _("Enter at most ten numbers of days that increase, each at most 365"),
    "campaign_wrong.quiet_hours.start": _("Enter a time such as 22:00"),
    "campaign_wrong.quiet_hours.end": _("Enter another time than the first, such as 08:00"),
    "campaign_wrong.quiet_hours.time_zone": _("Enter a time zone such as Asia/Shanghai"),
    "campaign_wrong.incentive_text": _("Enter at most 500 characters"),
    "campaign_wrong.enforcement_date": _("Enter a day after today"),
    "campaign_check_title": _("Check the campaign"),
    "campaign_check_text": _("It is created as a draft and invites nobody before it is started."),
}
_PLAN = {
    "campaign_does": _("What it does"),
    "campaign_who": _("Who is invited"),
    "cohort_label": _("accounts imported under “{label}”"),
    "cohort_from": _("opened on {day} or later"),
    "cohort_before": _("opened before {day}"),
    "cohort_all": _("all accounts without the verification that is asked for"),
    "no_reminders": _("none"),
    "reminders_after": _("after {days} days without an answer"),
    "and_then": _(", then "),
    "quiet_hours": _("Quiet hours"),
    "no_quiet_hours": _("none"),
    "no_enforcement": _("Nothing is enforced."),
    "enforced_from": _(
        "From {day} on, owners who were shown an invitation and have not verified are limited in publishing. "
        "Verification lifts it at once; so does the end of the campaign."
    ),
    "told_enforcement": _("Enforcement from {day}"),
}
_STEPS = {
    "do.start": _("Start the campaign"),
    "do.pause": _("Pause the campaign"),
    "do.resume": _("Resume the campaign"),
    "do.end": _("End the campaign"),
    "does.start": _("It begins to invite owners as its plan says."),
    "does.pause": _(
        "It invites nobody and enforces nothing until it is resumed. What owners do with invitations that "
        "they have is still counted."
    ),
    "does.resume": _("It goes on inviting owners where it stopped."),
    "does.end": _("This is final. Nobody is invited any more, and limits that it set are lifted."),
    "draft_text": _("This is a draft: it invites nobody before you start it."),
    "empty_cohort": _(
        "No account belongs to it yet. Import accounts from your backend, under the label of the "
        "plan: see “import-legacy”."
    ),
    "nobody_fetched": _(
        "Nobody was invited yet. Your backend fetches the invitations that are due and delivers them."
    ),
    "nobody_asked": _(
        "Nobody was invited yet. Your backend asks at each login whether to show the invitation."
    ),
}
_FIGURES = {
    "funnel": _("Funnel"),
    "stage_name": _("Stage"),
    "owners": _("Owners"),
    "of_invited": _("Of the invited"),
    "funnel_text": _("An owner counts once in each stage. Whoever postponed it can still verify."),
    "funnel_by_day": _("The funnel by day, the newest first"),
    "day": _("Day"),
    "curve": _("Verified, share of the accounts"),
    "count_share": _("{count} ({share})"),
    "curve_label": _("Verified accounts by day, from {first} to {last}: {share} at the end"),
    "coverage_by_day": _("The days on which it changed, the newest first"),
    "no_figures": _("There are figures once somebody was invited or verified."),
    "verified_share": _("Verified"),
    "save_csv": _("Save the figures as a table (CSV)"),
}
_WORDS = {
    "campaign.DRAFT": _("draft"),
    "campaign.RUNNING": _("running"),
    "campaign.PAUSED": _("paused"),
    "campaign.ENDED": _.in_context("campaign_ended", "ended"),
    "method.WHEN_DUE": _("by your own message"),
    "method.HOSTED_LINK": _("by a link to the verification page"),
    "method.AT_LOGIN": _("when they log in"),
    "method.AT_SENSITIVE_ACTION": _("when they do something sensitive"),
    "minimum.ANY": _("name and number, as the registry has them"),
    "minimum.HOLDER_OR_DOCUMENT_SEEN": _("presence, or a document that was seen"),
    "minimum.HOLDER": _("presence"),
    "stage.cohort": _("Accounts"),
    "stage.invited": _("Invited"),
    "stage.shown": _("Shown the invitation"),
    "stage.opened": _("Opened it"),
    "stage.later": _("Postponed it"),
    "stage.dismissed": _("Declined"),
    "stage.completed": _("Submitted name and number"),
    "stage.verified": _("Verified after it"),
    "stage.failed": _("Not confirmed by the registry"),
    "stage.unanswered": _("No answer yet"),
}
CAMPAIGNS: Mapping[str, Text] = {**_LIST, **_FORM, **_PLAN, **_STEPS, **_FIGURES, **_WORDS}
