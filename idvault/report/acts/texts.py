"""The texts of the published pages, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


TEXTS: Mapping[str, Text] = {
    "report": _("Transparency report"),
    "period": _("{first} to {last}, both included ({zone})"),
    "made": _("made on {made} UTC"),
    "counted": _(
        "Numbers marked ✓ are counted from the public log, up to its entry {size}: anybody can recompute"
        " them. The other numbers are the operator's statement."
    ),
    "suppressed": _(
        "Numbers from 1 to 4 that are not in the log are withheld, sometimes with others of the same "
        "list, so that nobody can compute them. Current numbers are rounded down to a multiple of 5."
    ),
    "hidden": _("withheld"),
    "no_breakdown": _("published for whole months only"),
    "at_least": _("{count} or more"),
    "fewer": _("fewer than 5"),
    "hours": _("median {median} h, nine of ten within {p90} h"),
    "missed": _("Missed deadlines"),
    "missed_are": _(
        "Each missed deadline is shown in the month in which it fell due, whenever its case was filed; if "
        "the service stood still then, in the month in which it was entered. "
        "Its entry in the public log names the platform, so anybody can count the numbers marked ✓. In "
        "which month the cases were filed is the operator's statement. To count by the month of filing, "
        "add up the pages of {month} and of the months after it."
    ),
    "fell_due": _("✓ Missed, fell due in {month}"),
    "filed_in": _("Of these, filed in {month}"),
    "filed_before": _("Of these, filed before {month}"),
    "acts": _("Entries by the platform"),
    "acts_are": _(
        "The entries of the public log with the ids of this platform: its programs and its moderators, "
        "{actors} ids in this month. The operator states whose an id is; anybody can count the entries. "
        "What people did on the hosted pages, and what the service did by itself, has other ids."
    ),
    "check_platforms": _(
        "Take the JSON files of the report and of the platforms, their notes and the log's public key, "
        "and run:"
    ),
    "platforms": _("Platforms"),
    "platforms_are": _(
        "A page for each platform that has entries in the log of this month, or missed a deadline. A "
        "missed deadline is shown in the month in which it fell due."
    ),
    "figure": _("Figure"),
    "number": _.in_context("number", "Number"),
    "check": _("Check it yourself"),
    "check_how": _("Take the JSON file of this report and the log's public key, and run:"),
    "other_language": _("中文"),
    "data": _("data (JSON)"),
    "supervision": _("Public supervision"),
    "what_it_is": _(
        "This service verifies the identities of its users and seals them: it cannot open them itself. "
        "Every verification, every sanction and every opening is entered in a public log. This page says"
        " who watches over the service, and how anybody can check it."
    ),
    "supervision_of": _("Public supervision: {name}"),
    "hosted_pages": _("Verification pages"),
    "run_by": _("Run by {name}"),
    "help": _("Help"),
    "privacy": _("Privacy"),
    "authority_of": _("{organisation} ({name})"),
    "said": _("{month}: {sentence}"),
    "said_untold": _("The report does not tell this number."),
    "said_withheld": _("The number is so small that it is withheld."),
    "said_verified": _("Verified, people and organisations together: {count}."),
    "said_verified_none": _("Nobody was verified."),
    "said_disclosed": _("Sealed identities released to auditors, who could then open them: {count}."),
    "said_disclosed_none": _("No sealed identity was released to an auditor."),
    "said_sanctions": _("Sanctions imposed: {count}."),
    "said_sanctions_none": _("No sanction was imposed."),
    "said_answered": _("Reports received: {count}, all of them answered in time."),
    "said_answered_late": _("Reports received: {count}. Not answered in time: {late}."),
    "said_answered_none": _("No report was received."),
    "said_appeals": _("Appeals decided: {count}. Upheld: {upheld}."),
    "said_appeals_none": _("No appeal was decided."),
    "headline_verified": _("People and organisations verified"),
    "headline_disclosed": _("Identities released to auditors ✓"),
    "headline_sanctions": _("Sanctions imposed ✓"),
    "headline_answered": _("Reports answered in time ✓"),
    "headline_appeals": _("Appeals upheld, of those decided ✓"),
    "headlines_are": _(
        "These numbers are those of the published monthly reports; each bar is a month. Reports answered in "
        "time are those received in a month less those whose deadline passed in it without a reply. Numbers "
        "marked ✓ are counted from the public log."
    ),
    "by_month": _("By month"),
    "twelve_months": _("{title}, {first} to {last}"),
    "month_without_report": _("no report"),
    "months_without_report": _("Months without a report: {count}"),
    "no_report_yet": _("no report yet"),
    "late": _("Deadlines that platforms let pass"),
    "late_are": _(
        "How many deadlines passed at each platform before it had replied, decided or acted. This is not "
        "what is late at this moment: whether the platform has acted since, the log does not tell, and a "
        "deadline that passed stays in it."
    ),
    "platform": _("Platform"),
    "late_so_far": _("✓ Deadlines passed, {month} so far"),
    "late_in": _("✓ Deadlines passed, {month}"),
    "answered_in": _("✓ Reports answered, {month}"),
    "unnamed": _("Platforms that no entry names"),
    "nobody_late": _("No platform has missed a deadline in {month} so far."),
    "watching": _("Who watches"),
    "witnesses": _("Witnesses"),
    "authorities_named": _("Authorities that may give orders"),
    "kind_missed": _("{kind} (missed: {count})"),
    "kinds_met": _("No deadline missed: {count}"),
    "between": _(", "),
    "platform_named": _("{title} ({name})"),
    "of_matter": _("{matter}: {title}"),
    "zeros": _("Figures that are 0: {count}"),
    "folded": _("0 or withheld: {count}"),
    "the_log": _("The log"),
    "log_is": _(
        "The log only grows. Witnesses are independent organisations that sign only a continuation of "
        "what they have seen. No entry has a name or a document number."
    ),
    "entries": _("Entries"),
    "as_of": _("As of"),
    "root": _("Root hash"),
    "witness": _("Witness"),
    "cosigned": _("Last signed"),
    "no_witness": _("No witness has signed it."),
    "people": _("Who can open an identity"),
    "quorum": _(
        "A sealed identity opens only if at least {threshold} of {size} custodians agree to the request "
        "of an auditor, who must name the legal basis."
    ),
    "custodians": _("Organisations of the custodians"),
    "auditors": _("Organisations of the auditors"),
    "authorities": _("Who may give orders"),
    "authorities_are": _(
        "An authority orders a platform to act on an account or a piece of content. Each order is signed by "
        "the key below, whose fingerprint the authority tells; platforms refuse any other. An authority "
        "reads no identity and no name."
    ),
    "roster": _(
        "All members are in the roster with this SHA-256, which the custodians signed and the log has:"
    ),
    "public_key": _("Public key"),
    "check_order": _(
        "Whoever has an order, as its platform or its authority gives it on, checks it with the key alone:"
    ),
    "tip_offs": _("Reports of rumours"),
    "tip_offs_are": _(
        "Anybody can report rumours to a platform, without an account and without a name. The platform "
        "must reply and decide within seven days. The reply is read with a number and a secret."
    ),
    "tip_off_forms": _("Report something, or read a reply"),
    "deadlines": _("Deadlines"),
    "deadlines_are": _(
        "The service itself enters a missed deadline in the public log, and anybody can count it. The "
        "entry names the platform that missed it; that of a request for a disclosure names none. It is "
        "shown in the month in which it fell due, whenever its case was filed; if the service stood still "
        "then, in the month in which it was entered."
    ),
    "so_far": _("{month} so far"),
    "month": _("Month"),
    "reports": _("Transparency reports"),
    "reports_are": _(
        "One for each month and each quarter, signed by the log's key. Figures marked ✓ can be "
        "recomputed from the public log."
    ),
    "no_report": _("The first report is published after the end of the month."),
    "signature": _("signature"),
    "step_key": _("Compare the fingerprint of the log's key."),
    "step_key_text": _(
        "Ask somebody else for it, such as a witness or a newspaper: this page alone might be a forged copy "
        "that only you are shown."
    ),
    "step_signed": _("Look when a witness last signed the log."),
    "step_signed_text": _(
        "An old day means that nothing was entered since, or that you are shown an old copy."
    ),
    "step_ask": _("Ask a witness what it signed."),
    "step_ask_text": _(
        "It tells you the number of entries and the root hash. Both must be those below, if the log has "
        "not grown since."
    ),
    "with_program": _("Check everything with a program (commands)"),
    "key_is": _("The log's public key, of which the fingerprint above is the SHA-256, its first 16 bytes:"),
    "get_client": _("Install the checking tool:"),
    "mirror": _(
        "Copy all public files; the log is verified on the way. It continues after an interruption, and "
        "can be repeated at any time:"
    ),
    "recompute": _("Recompute a report from the copy:"),
    "follow": _(
        "Watch that the log only grows, and demand the witnesses' signatures (ask the witnesses for "
        "their keys):"
    ),
    "all_files": _("index of all public files"),
}
