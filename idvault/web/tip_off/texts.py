"""What the pages of reports say, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


TEXTS: Mapping[str, Text] = {
    "report_service": _("Reports"),
    "report_list_title": _("Which platform is your report about?"),
    "report_list_empty": _(
        "No platform takes reports here at present. Please report it in the platform's app, or to the "
        "authority in charge."
    ),
    "report_start_title": _("Report something to {platform}"),
    "report_start_text": _(
        "Anybody can report, without an account and without a name. {platform} must reply and "
        "decide within seven days."
    ),
    "report_start_asks": _("You are asked, one after the other:"),
    "report_start_what": _("what it is"),
    "report_start_where": _("where it is"),
    "report_start_contact": _("whether you want to be contacted"),
    "report_start_why": _("what is wrong with it, and what shows that"),
    "report_start_end": _("At the end you get a number and a secret, with which you read state and reply."),
    "report_start_seen": _(
        "What you write is stored encrypted and read by the staff of {platform}. Whoever you "
        "report does not learn who reported."
    ),
    "report_back": _("Back"),
    "report_start_button": _("Start a report"),
    "report_start_reply": _("Read the reply to a report"),
    "report_continue": _("Continue"),
    "report_what_title": _("What do you want to report?"),
    "report_what_missing": _("Choose one"),
    "report_other": _("Something else"),
    "report_where_title": _("Where is it in {platform}?"),
    "report_where": _("Place"),
    "report_where_hint": _(
        "The link of the post, or the name of the account or group; up to 200 characters."
    ),
    "report_contact_title": _("Do you want to be contacted?"),
    "report_contact": _("How you can be reached (optional)"),
    "report_contact_hint": _(
        "An e-mail address or telephone number. Nobody checks it, and it serves to reach you and nothing "
        "else. Leave it empty to report anonymously; the report counts all the same."
    ),
    "report_contact_hint_prove": _(
        "An e-mail address or telephone number. It serves to reach you and nothing else. Leave it empty to "
        "report anonymously; the report counts all the same. If you prove an e-mail address with a code, "
        "{platform} knows your reports as those of one person, and how often they were right."
    ),
    "report_contact_prove": _("Send me a code to this e-mail address"),
    "report_contact_no_mail": _(
        "A code can be sent to an e-mail address only, such as name@example.org. Continue without a code, or "
        "change it."
    ),
    "report_code_title": _("Which code did you get?"),
    "report_code": _("Code"),
    "report_code_hint": _(
        "8 digits, in a mail to the address that you typed, within a minute or two. They are valid for 10 "
        "minutes and five tries. There are at most five codes a day for an address; if no mail comes, "
        "continue without proof."
    ),
    "report_code_button": _("Prove the address"),
    "report_code_skip": _("Continue without proof"),
    "report_code_new": _("Change the address, or get a new code"),
    "report_proof_over": _(
        "The address is not proved: the code is wrong, too old or used, or was tried too often. Get a new "
        "one, or continue without proof."
    ),
    "report_limit": _(
        "With this address you have filed as many reports as one day allows. File this one tomorrow, or go "
        "back and continue without proof."
    ),
    "report_why_title": _("What is wrong with it, and what shows that?"),
    "report_why": _("What is wrong"),
    "report_why_hint": _("Say what is untrue or forbidden and how you know; up to 5,000 characters."),
    "report_evidence": _("A file as evidence (optional)"),
    "report_evidence_hint": _("A screenshot or file of up to 64 KB."),
    "report_evidence_smaller": _("Larger pictures are made smaller by the page."),
    "report_evidence_title": _("The report was not sent"),
    "report_evidence_unread": _(
        "The file is larger than 64 KB, and nothing was sent. Choose a smaller file, or send the report "
        "without one."
    ),
    "report_evidence_back": _("Your text is on the page before: go back to it, and send it from there."),
    "report_evidence_onward": _("Write the text again"),
    "report_evidence_large": _("The file is larger than 64 KB."),
    "report_many": _(
        "There are too many reports from your network, or to this platform, at present. Please try again "
        "in some minutes. A report that you make in the app, signed in, does not have this limit."
    ),
    "report_check_title": _("Check your answers before you send them"),
    "report_change": _("Change"),
    "report_what_row": _("What you report"),
    "report_where_row": _("Where it is"),
    "report_contact_row": _("How you can be reached"),
    "report_contact_none": _("No contact: the report is anonymous"),
    "report_contact_proved": _("{contact} (proved)"),
    "report_why_row": _("What is wrong with it"),
    "report_submit": _("Send the report"),
    "report_done_title": _("Your report has been sent"),
    "report_done_text": _(
        "Write number and secret down, take a screenshot, or print this page. They are shown here only and "
        "cannot be sent again."
    ),
    "report_reference": _.in_context("report_reference", "Number"),
    "report_secret": _("Secret"),
    "report_copy": _("To copy"),
    "report_copy_hint": _("Select all of it, and keep it where nobody else reads."),
    "report_copy_reference": _("Number: {number}"),
    "report_copy_secret": _("Secret: {number}"),
    "report_done_due": _("{platform} must reply and decide by {day}."),
    "report_done_reply": _("Read state and reply"),
    "report_finish": _("I have both: clear this page"),
    "report_finish_hint": _(
        "Do this on a device that others use. Otherwise the page is cleared after two hours."
    ),
    "report_lost_title": _("This report is not in this browser"),
    "report_lost_text": _(
        "It is too old, was cleared, or was written in another browser. A report that was sent is "
        "read with its number and secret."
    ),
    "report_again": _("Back to the start"),
    "report_reply_title": _("Read the reply of {platform}"),
    "report_reference_hint": _("12 digits, with or without spaces."),
    "report_secret_hint": _("16 digits, with or without spaces."),
    "report_read": _("Show"),
    "report_unknown": _(
        "The number or the secret is not correct. Please check both and try again. After ten wrong "
        "tries in a day a number is locked until {time}, and then the right secret is refused, too."
    ),
    "report_state_title": _("Your report to {platform}"),
    "report_state": _("State"),
    "report_due": _("Reply due by"),
    "report_no_reply": _("There is no reply yet."),
    "report_thread": _("What happened"),
    "report_thread_filed": _("You reported: {category}"),
    "report_thread_replied": _("{platform} replied"),
    "report_thread_answered": _("You answered"),
    "report_thread_overdue": _("The deadline passed"),
    "report_overdue_title": _("This report is overdue"),
    "report_late_title": _("This report was decided late"),
    "report_overdue_text": _("{platform} had to reply and decide by {time}."),
    "report_misses": _("The public log shows it, and nobody can remove it:"),
    "report_misses_wait": _("The service writes this into the public log within some minutes."),
    "report_miss_codes": _("How the log names it"),
    "report_miss_reply": _("No reply in time"),
    "report_miss_solution": _("No decision in time"),
    "report_miss_flood": _("No decision in time, of a form that was flooded with reports"),
    "report_answer_title": _("Answer the reply"),
    "report_answer": _("Your answer to {platform}"),
    "report_answer_hint": _(
        "You can answer once, while the report is open; up to 2,000 characters. The deadline stays the same."
    ),
    "report_answer_send": _("Send the answer"),
    "report_answer_taken": _("Your answer has arrived. It cannot be changed."),
    "report_answer_over": _(
        "Your answer was not sent: the report has one already, or was decided meanwhile. This is how it "
        "stands."
    ),
    "report_RECEIVED": _("Received"),
    "report_ASSIGNED": _("Somebody works on it"),
    "report_ANSWERED": _("Answered; a decision is outstanding"),
    "report_MERGED": _("Somebody works on it"),
    "report_RESOLVED": _.in_context("report_RESOLVED", "Decided"),
    "report_UPHELD": _("Decided: the report was right, and something was done"),
    "report_DUPLICATE": _("Decided together with a report of the same matter"),
    "report_ABUSIVE": _("Decided: found to be an abusive report"),
    "report_REFERRED": _("Decided: passed on to the competent authority, which has accepted it"),
    "report_DISMISSED_NO_VIOLATION": _("Decided: it breaks no rule"),
    "report_DISMISSED_NOT_ESTABLISHED": _("Decided: it could not be established"),
    "report_DISMISSED_NOT_COMPETENT": _("Decided: somebody else decides about such matters"),
    "report_DISMISSED_GONE": _("Decided: it no longer exists"),
    "report_DISMISSED_OTHER": _("Decided: the reply says why"),
}
