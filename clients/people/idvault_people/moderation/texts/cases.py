"""What the pages of cases say: reports, sanctions, appeals, public accounts and figures."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


_OVERVIEW = {
    "open_reports": _("Reports to decide"),
    "unassigned_reports": _("Unassigned"),
    "my_reports": _("Assigned to you"),
    "overdue_reports": _("Overdue reports"),
    "closed_reports": _("Decided reports"),
    "to_confirm": _("Sanctions to confirm"),
    "appeals_to_decide": _("Appeals to decide"),
    "overdue_appeals": _("Overdue appeals"),
    "applications": _.in_context("applications", "Applications for public accounts"),
    "expiring": _("Public accounts that expire within 60 days"),
    "count": _("How many"),
    "start_here": _("Overdue: start here"),
    "waiting_lists": _("To do"),
    "nothing_waits": _("Nothing waits for you. New reports arrive in the list while it is open."),
    "empty_lists": _("Lists in which nothing waits: {count}"),
}
_REPORTS = {
    "queue_order": _("Trusted flaggers come first, then what is due first."),
    "search_reports": _("Number, account, content or own note"),
    "sort": _("Sort by"),
    "search_takes": _(
        "Nothing is found. Enter the whole number of a report, the whole token of an account, the id of a "
        "public account, your own reference of the content as it was reported, or words of a note of yours."
    ),
    "search_cases": _("Account, id or number of a report"),
    "search_cases_takes": _(
        "Nothing is found. Enter the whole token of an account, the id of a case or of a public account, or "
        "the whole number of a report."
    ),
    "search_account_cases_takes": _(
        "Nothing is found. Enter the whole token of an account, the id of a case, or the whole number of a "
        "report."
    ),
    "search_measures": _("Content, id or number of a report"),
    "search_measures_takes": _(
        "Nothing is found. Enter your own reference of the content as it was reported, the id of a measure, "
        "or the whole number of a report."
    ),
    "search_orders": _("Reference of the order"),
    "search_orders_takes": _(
        "No order that waits is found. Enter its reference or a part of it; those that wait no longer are "
        "under “All”."
    ),
    "search_now": _("Search"),
    "report_line": _("{reference}: {excerpt} ({category}, {time})"),
    "about_the_same": _("About the same: {target}"),
    "same_category": _("Others of this category"),
    "sort.queue": _("as in the queue"),
    "sort.newest": _("newest first"),
    "sort.oldest": _("oldest first"),
    "sort.due": _("due first"),
    "sort.target": _("by what they are about"),
    "take_chosen": _("Assign the chosen ones to me"),
    "assigned_all": _("Assigned to you: {count}."),
    "assigned_missed": _("Assigned to you: {count}. Somebody else was faster: {missed}."),
    "report_title": _("Report {reference}"),
    "due": _("Due"),
    "about": _("About"),
    "category": _("Category"),
    "all_categories": _("All categories"),
    "arrived": _("Arrived"),
    "state": _("State"),
    "assignee": _("Assigned to"),
    "filed": _("Filed"),
    "reporter": _("Reporter"),
    "anonymous": _("anonymous"),
    "contact": _("Contact"),
    "contact_proved": _("{contact} (proved with a code)"),
    "answered": _("Answered"),
    "decided": _.in_context("decided", "Decided"),
    "outcome": _("Outcome"),
    "dismissal": _.in_context("dismissal", "Reason"),
    "outcome_with": _("{outcome} ({what})"),
    "due_left": _("{time} ({left})"),
    "merged_into": _("Merged into {reference}"),
    "its_sanction": _("Sanction"),
    "its_proposal": _("Proposed sanction"),
    "decision_proposed": _("waits for a second moderator"),
    "decision_referred": _("waits for the authority"),
    "proposed_reply": _("Reply once the sanction is confirmed"),
    "see": _.in_context("see", "Open"),
    "see_report": _("View the report"),
    "walk": _("The list"),
    "to_list": _("Back to the list"),
    "previous_report": _("Previous report"),
    "next_report": _("Next report"),
    "happened_decided": _("Report {reference} is decided: {outcome}."),
    "happened_merged": _("Reports merged into this one: {count}."),
    "happened_replied": _("The reporter of {reference} has a reply. It is not decided."),
    "happened_proposed": _("Report {reference} waits for a second moderator."),
    "happened_referred": _("Report {reference} waits for {authority}."),
    "show_picture": _("Show the picture"),
    "which": _.in_context("which", "Case"),
    "taken_by_deciding": _("Nobody has this report: it is assigned to you when you send a decision."),
    "together": _("Decide these together with it"),
    "send_next": _("Sign and next"),
    "dismiss_as": _("Dismiss: {reason}"),
    "only_reply": _("Only reply, decide later"),
    "usual_reply": _("Unless you write another reply: “{reply}”"),
    "reply_language": _("Language of the usual reply"),
    "reply_in.zh": _("Chinese"),
    "reply_in.en": _("English"),
    "reply_or_usual": _("Leave it empty for the usual reply. The reporter reads it with number and secret."),
    "reply_usual": _("Leave it empty for the usual reply, if the decision shows one."),
    "reply_missing": _("Enter a reply"),
    "reply_needed": _("There is no usual reply: write one."),
    "details": _("The report"),
    "told": _("What the reporter says"),
    "texts_deleted": _("The texts were deleted on {day}."),
    "copy": _("Copy of the content"),
    "copy_bytes": _("{size} bytes, not a text."),
    "save_copy": _("Save the copy"),
    "evidence": _("Preserved evidence"),
    "reply": _.in_context("reply", "Reply to the reporter"),
    "supplement": _("Answer of the reporter"),
    "supplement_at": _("Answer of the reporter, {time}"),
    "notes": _("Notes"),
    "same_target": _("Other reports about the same"),
    "history": _("Sanctions of the account"),
    "take": _("Assign to me"),
    "take_title": _("Assign report {reference} to me?"),
    "take_over": _("Take it over from {moderator}"),
    "decided_by": _("Meanwhile it was decided by {moderator}: {outcome}."),
    "merged_meanwhile": _("Meanwhile it was merged into another report."),
    "nothing_sent": _("Nothing of yours was sent: the reporter reads none of it."),
    "your_words": _("What you had typed"),
    "taken_from": _("It is assigned to {moderator} now."),
    "hand_back": _("Hand it back"),
    "hand_back_title": _("Hand report {reference} back?"),
    "hand_back_text": _("It is then unassigned, and any moderator can take it."),
    "write_note": _("Write a note"),
    "note": _("Note"),
    "note_by": _("Note, {moderator}, {time}"),
    "note_hint": _("Only your staff read it."),
    "write_reply": _.in_context("write_reply", "Reply to the reporter"),
    "reply_hint": _("The reporter reads it with number and secret."),
    "reply_again": _("The reporter has a reply; what you write here is added to it."),
    "merge": _("Merge duplicates"),
    "merge_title": _("Which reports are about the same as {reference}?"),
    "merge_left_out": _("Left out, because you cannot merge them any more: {numbers}."),
    "merge_not_found": _("A report that you had chosen is not there any more."),
    "merge_hint": _("One decision, and every reporter is answered."),
    "merge_none": _("There is no report to merge."),
    "uphold": _("Uphold and sanction"),
    "uphold_title": _("Uphold and sanction: {reference}"),
    "uphold_content_title": _("Uphold with a measure on content: {reference}"),
    "uphold_text": _("The decision and the sanction take effect together."),
    "uphold_content": _("Uphold with a measure on content"),
    "uphold_content_text": _(
        "It needs no account, and is in force at once. You do it to the content yourself."
    ),
    "refer": _("Refer to an authority"),
    "refer_text": _(
        "Somebody else decides about this matter: name the authority. It reads the category and the target "
        "of the report, the platform and the day, but no text and no evidence. The report is decided once it "
        "accepts, within seven days; else it is open again. The deadline stays."
    ),
    "referred_to": _("Referred to"),
    "authority_hint": _("Its name, as on the page of public supervision."),
    "abusive": _("Abusive report"),
    "abusive_text": _("The reporter is warned, and the second time limited to one report a day for 30 days."),
    "abusive_nobody": _("The reporter is anonymous: nobody is warned."),
}
_INTAKE = {
    "intake": _("Record a report"),
    "intake_text": _(
        "For somebody on the telephone or at a counter, or a letter. "
        "You then read number and secret out, or print them."
    ),
    "said": _("What the reporter says or writes"),
    "target_key": _("Which account, public account or content"),
    "target_hint": _("The account's token, the public account's id, or your own reference of the content."),
    "contact_hint": _("Optional: how the reporter can be reached. It is stored encrypted."),
    "slip_title": _("Number and secret"),
    "slip_number": _("Number"),
    "slip_secret": _("Secret"),
    "slip_platform": _("Platform"),
    "slip_keep": _("Keep the secret to yourself: whoever has number and secret reads state and reply."),
    "shown_once": _(
        "The secret is shown here once. With both the reporter reads state and reply, without an account."
    ),
    "reply_until": _("Reply until"),
    "read_at": _("Read it at"),
    "after_slip": _("Once the reporter has both:"),
    "take_another": _("Record another report"),
    "print": _("Print"),
}
_ORDERS = {
    "content_appeals": _("Appeals about content to decide"),
    "overdue_content_appeals": _("Overdue appeals about content"),
    "no_late_content_appeals": _(
        "Nothing is overdue. Decide the appeals that wait before their deadlines, the first one first."
    ),
    "no_measures": _(
        "No measure on content here. One comes from the decision about a report, or from an order, "
        "about content."
    ),
    "no_content_appeals": _(
        "No appeal about content waits for a decision. Whoever is concerned by a measure appeals through "
        "your platform; it comes here by itself."
    ),
    "measure_title": _("Measure on {content}"),
    "reverse": _("Reverse it"),
    "orders_open": _("Orders to carry out"),
    "next_order": _("Next order"),
    "target_reports": _("Reports about its target"),
    "order_sanctions": _("Sanctions by this order"),
    "orders_one": _("Order"),
    "overdue_orders": _("Overdue orders"),
    "order_title": _("{authority}: {reference}"),
    "source": _("Received as"),
    "recorded": _("Recorded"),
    "ordered": _("Ordered"),
    "ordered_target": _("Target of the order"),
    "legal_basis": _("Legal basis"),
    "document_digest": _("SHA-256 of the document"),
    "acknowledged": _("Read by you"),
    "objected": _("Objected"),
    "objection": _("Objection"),
    "objection_hint": _("The authority reads it; it must name nobody. The deadline runs on."),
    "carried_out": _("Carried out"),
    "withdrawn": _("Withdrawn"),
    "carry_out": _("Carry it out by a sanction"),
    "carry_out_content": _("Carry it out on content"),
    "carry_out_title": _("Carry out: {reference}"),
    "order_proposed": _("A sanction for this order waits for a second moderator."),
    "acknowledge": _("Tell the authority that you have read it"),
    "object_to": _("Object"),
    "order_needs_roster": _(
        "An authority signed this order. To check it, start the desk with --roster FILE, the published "
        "roster. Follow no order that was not checked."
    ),
    "order_unverified": _("This order does not verify: {why}. Do not follow it."),
}
_OTHERS = {
    "next_to_confirm": _("Next one to confirm"),
    "next_to_decide": _("Next one to decide"),
    "confirm_order": _("What was proposed first comes first."),
    "proposed_view": _("To confirm"),
    "in_force_view": _("In force"),
    "all_view": _("All"),
    "sanction_title": _("{degree}: {account}"),
    "proposed_title": _("Proposed {what}: {account}"),
    "withdrawn_at": _("Proposal withdrawn"),
    "withdrawn_by": _("Withdrawn by"),
    "withdraw_reason": _("Why it was withdrawn"),
    "lapses": _("Ends if nobody acts"),
    "proposed_by": _("First moderator"),
    "confirmed_by": _("Confirmed by"),
    "imposed_at": _("Imposed or proposed"),
    "since": _("In force since"),
    "ended_at": _("Ended"),
    "ended_by": _("Ended by"),
    "lift_reason": _("Why it was ended"),
    "another_must": _("You proposed it: another moderator must confirm it."),
    "confirm_sign": _("Confirm and sign"),
    "confirm_title": _("Confirm this sanction?"),
    "lift": _("Lift it"),
    "withdraw": _("Withdraw it"),
    "lift_title": _("End this sanction?"),
    "withdraw_title": _("Withdraw this proposal?"),
    "why": _.in_context("why", "Reason"),
    "why_hint": _("Stored in clear: it must name nobody."),
    "account": _("Account"),
    "account_title": _("Account {account}"),
    "appeal_title": _("Appeal against: {degree}"),
    "appeal_text": _.in_context("appeal_text", "What the owner writes"),
    "decide_appeal_title": _("What do you decide about this appeal?"),
    "not_own_appeal": _("You imposed or confirmed the sanction: another moderator must decide."),
    "verdict": _("Decision"),
    "outside_body": _("Where the owner can go"),
    "outside_due": _.in_context("outside_due", "Until"),
    "open_appeals": _("To decide"),
    "overdue_view": _("Overdue"),
    "decided_view": _("All"),
    "applied_view": _("Applications"),
    "expiring_view": _("Expiring"),
    "section_public_account": _.in_context("target.PUBLIC_ACCOUNT", "Public account"),
    "public_account_title": _("Public account {id}"),
    "owner": _("Owner's account"),
    "kind": _("Owner"),
    "shown_category": _("Shown category"),
    "licence": _("Licence"),
    "licence_until": _("{reference}, valid through {day}"),
    "applied": _("Applied"),
    "approved_on": _.in_context("approved_on", "Approved"),
    "expires": _("Term ends on"),
    "standing": _("Standing"),
    "operators": _("Operators"),
    "decide_public": _("Decide the application"),
    "decide_public_title": _("Open this public account?"),
    "approve": _("Approve"),
    "reject": _("Reject"),
    "decision": _("Decision"),
    "reject_reason": _("Why it is rejected"),
    "reject_hint": _("Needed to reject."),
    "renew": _("Renew"),
    "renew_title": _("Renew this public account?"),
    "renew_text": _("Another term begins."),
    "new_licence": _("A new licence"),
    "keep_licence": _("as it is"),
    "licence_reference": _("Reference of the licence"),
    "licence_day": _("First day without it"),
    "month_title": _("Figures of {month}"),
    "month_text": _(
        "What has become, by now, of everything that began in this month. What was late stays late, and "
        "counts in the month in which it began. The transparency report shows it in the month in which it "
        "fell due."
    ),
    "month_lists": _("A figure leads to its list as it is now, not to that of the month alone."),
    "by_month": _("Month by month"),
    "figure_of": _("{name}: {count}"),
    "month": _("Month"),
    "all_figures": _("All figures of the month"),
    "earlier": _("The month before"),
    "later": _("The month after"),
    "total": _("In all"),
    "still_open": _("Not decided"),
    "upheld": _("Upheld"),
    "dismissed": _("Dismissed"),
    "referred": _("Accepted by an authority"),
    "duplicate": _("Duplicates"),
    "made_to_harm": _("Abusive"),
    "reply_late": _("Late replies"),
    "solution_late": _("Late decisions"),
    "not_late": _("Not late"),
    "rejected": _("Rejected"),
    "approved": _.in_context("approved", "Approved"),
    "month_applications": _.in_context("month_applications", "Applications for public accounts"),
    "proposals_open": _("Wait for a second moderator"),
    "proposals_ended": _("Ended as proposals"),
    "sanction_figure": _(
        "{imposed} (in force {in_force}, lifted {lifted}, ended {lapsed}, overturned {overturned})"
    ),
    "month_content_appeals": _("Appeals about content"),
    "measure_figure": _("{imposed} (in force {in_force}, reversed {reversed}, overturned {overturned})"),
    "of_owner": _("{degree}, of all accounts of the owner"),
}
_CONTESTS = {
    "contests_to_decide": _("Contests to decide"),
    "overdue_contests": _("Overdue contests"),
    "contest": _("Contest"),
    "contest_title": _("Contest: {account}"),
    "contest_text": _.in_context("contest_text", "What the owner writes"),
    "verification": _.in_context("verification", "Verification"),
    "decide_contest": _("Decide it"),
    "decide_contest_title": _("Was it the owner?"),
    "contest_follows": _(
        "If you uphold it, another moderator must confirm that within 72 hours. Then the account's newest "
        "verification is withdrawn: its credentials end, and so does what it took from the person."
    ),
    "confirm_contest": _("Confirm that it was not the owner"),
    "confirm_contest_title": _("Withdraw this verification?"),
    "proposal_lapses": _("To be confirmed until"),
    "referral": _("Referral"),
    "referral_lapses": _("Authority accepts until"),
    "to_narrow": _("Sanctions to narrow"),
    "narrowing_hint": _(
        "The verification of these accounts was withdrawn. Each sanction still falls on the person until two "
        "moderators who neither imposed nor confirmed it make it one of the account alone."
    ),
    "narrowing_title": _("Make this sanction one of the account alone?"),
    "not_own_sanction": _("You imposed or confirmed it: two others must narrow it."),
}
_DISAVOWALS = {
    "disavowals_to_decide": _("Disowned accounts to decide"),
    "overdue_disavowals": _("Overdue disowned accounts"),
    "disavowal": _("Disowned account"),
    "disavowal_title": _("Disowned account: {account}"),
    "disavowal_text": _("What the person says"),
    "disavowal_said": _(
        "The person in whose name this account was verified proved to be present, on a page of no platform, "
        "and said that the account is not hers or his. Who it is, and which other accounts there are, nobody "
        "here is told. The account's holder can prove to be that person, which rejects it at once."
    ),
    "decide_disavowal": _("Decide it"),
    "decide_disavowal_title": _("Is the account that person's?"),
    "disavowal_follows": _(
        "If you uphold it, another moderator must confirm that within 72 hours. Then the account's "
        "verification is withdrawn. If nobody decides in time, it is withdrawn as well, unless something of "
        "the account is open: then it stays overdue, in public."
    ),
    "confirm_disavowal": _("Confirm that the account is not that person's"),
    "confirm_disavowal_title": _("Withdraw this verification?"),
}
_REINSTATEMENTS = {
    "reinstatements_to_decide": _("Appeals against withdrawals to decide"),
    "overdue_reinstatements": _("Overdue appeals against withdrawals"),
    "reinstatement": _("Appeal against a withdrawal"),
    "reinstatement_title": _("Appeal against a withdrawal: {account}"),
    "reinstatement_text": _("What the account's holder writes"),
    "decide_reinstatement": _("Decide it"),
    "decide_reinstatement_title": _("Was the withdrawal right?"),
    "reinstatement_follows": _(
        "Nobody who withdrew the verification decides here. If you uphold the appeal, another moderator must "
        "confirm that within 72 hours. Then the account has its verification back, if the person still has a "
        "free place and nobody has verified the account since."
    ),
    "confirm_reinstatement": _("Confirm that the withdrawal was wrong"),
    "confirm_reinstatement_title": _("Take this withdrawal back?"),
    "why_withdrawn": _("Why the verification was withdrawn"),
    "reinstated": _("The account"),
    "reinstated_yes": _("has its verification back"),
    "reinstated_no": _("stays as it is: it was too late, or the person has no free place"),
}
_REPORTERS = {
    "reporters": _("Reporters"),
    "reporter_standing": _("The reporter's standing"),
    "earlier_reports": _("Earlier reports"),
    "reporter_level": _.in_context("reporter", "Standing"),
    "standing_title": _("Reporter {reporter}"),
    "standing_text": _(
        "Reports of trusted flaggers come first, without a limit. A limited reporter has one report a day."
    ),
    "limited_until": _("Last day of the limit"),
    "limited_hint": _("Only for a limit."),
    "accuracy": _("Share upheld"),
}

CASES: Mapping[str, Text] = {
    **_OVERVIEW,
    **_REPORTS,
    **_INTAKE,
    **_ORDERS,
    **_OTHERS,
    **_CONTESTS,
    **_DISAVOWALS,
    **_REINSTATEMENTS,
    **_REPORTERS,
}
