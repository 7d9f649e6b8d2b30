"""What the pages of "my identity" say, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


TEXTS: Mapping[str, Text] = {
    "own_service": _("My identity"),
    "own_start_title": _.in_context("own_start_title", "My identity at {platform}"),
    "own_start_text": _(
        "Here you see what is stored about your account, how your verifications ended, who has opened your "
        "details and what was decided about the account; and you can appeal."
    ),
    "own_start_sees": _(
        "Your name and your number are not shown: this service alone cannot open them. First, {platform} "
        "confirms that this browser is logged in to your account."
    ),
    "own_title": _.in_context("own_title", "My identity at {platform}"),
    "own_up": _("Back to “My identity”"),
    "own_back_to": _("Back to “{page}”"),
    "own_expires": _("These pages can be read for 15 minutes after the link was made."),
    "own_state": _("State"),
    "own_valid_until": _("Valid until"),
    "own_basis": _("Based on"),
    "own_standing": _("Standing"),
    "own_STATE_UNVERIFIED": _("Not verified"),
    "own_STATE_PENDING": _("Being checked"),
    "own_STATE_VERIFIED": _.in_context("own_STATE_VERIFIED", "Verified"),
    "own_STATE_REJECTED": _("Not confirmed"),
    "own_STATE_EXPIRED": _("Verification expired"),
    "own_STATE_ERASED": _("Erased"),
    "own_STATE_REVOKED": _("Verification withdrawn"),
    "own_STANDING_GOOD": _("Good"),
    "own_STANDING_WARNED": _("Warned"),
    "own_STANDING_PUBLISHING_LIMITED": _("Publishing limited"),
    "own_STANDING_RENEWAL_SUSPENDED": _("Suspended"),
    "own_STANDING_CLOSED": _.in_context("own_STANDING_CLOSED", "Closed"),
    "own_stored_title": _("What is stored, and until when"),
    "own_stored_record": _("Your name and number, encrypted"),
    "own_stored_record_organization": _(
        "Name and code of the organisation, and its legal representative, encrypted"
    ),
    "own_stored_record_organization_until": _(
        "until the account is erased, or a new verification replaces them"
    ),
    "own_stored_record_until": _("until the account is erased, or a new verification replaces them"),
    "own_stored_result": _(
        "The provider that vouched for you, its id for you, and what it signed, encrypted"
    ),
    "own_stored_result_until": _("until the account is erased, or a new verification replaces them"),
    "own_stored_no_record": _("Your name and number"),
    "own_stored_no_record_until": _("are not stored"),
    "own_stored_withdrawn": _("What somebody verified with, encrypted"),
    "own_stored_withdrawn_until": _(
        "until 180 days after the withdrawal; whoever holds the account is not shown whose they are"
    ),
    "own_stored_status": _("State, expiry and standing"),
    "own_stored_status_until": _("as long as the account exists"),
    "own_stored_history": _("When you were verified, with what result, and which terms you agreed to"),
    "own_stored_history_until": _("as long as the account exists"),
    "own_stored_waiting": _("A name and number that wait for the registry, encrypted"),
    "own_stored_waiting_until": _("at most 48 hours"),
    "own_stored_appeals": _("What you wrote to appeal or to contest, encrypted"),
    "own_stored_appeals_until": _("90 days after the decision"),
    "own_stored_log": _("Entries in the public log"),
    "own_stored_log_until": _(
        "for ever; they show no name, no number and no account, and nobody else can see that they are yours"
    ),
    "own_stored_session": _("That you opened these pages"),
    "own_stored_session_until": _("7 days"),
    "own_verifications_title": _("Verification history"),
    "own_no_verifications": _(
        "This account was never verified. Verify it in {platform}; how it ended is then listed here."
    ),
    "own_asked": _("Asked"),
    "own_ended": _("Ended"),
    "own_result": _("Result"),
    "own_terms": _("Terms agreed to"),
    "own_terms_value": _("version {version}, {time}"),
    "own_CLAIM_STATE_PENDING": _("the registry has not answered yet"),
    "own_CLAIM_STATE_SUCCEEDED": _("confirmed"),
    "own_CLAIM_WITHDRAWN": _("confirmed, and withdrawn later"),
    "own_contest": _("You said that it was not you"),
    "own_contest_link": _("This was not me"),
    "own_contest_link_organization": _("This was not our organisation"),
    "own_contest_title": _("Was this verification not yours?"),
    "own_contest_title_organization": _("Was this verification not your organisation's?"),
    "own_contest_text_organization": _(
        "{platform} looks into it and decides; you will find the answer here. If two moderators find that it "
        "was not your organisation, and it was the newest one, the verification of this account is "
        "withdrawn. What you write is stored encrypted, and deleted 90 days after the decision."
    ),
    "own_contest_label_organization": _("Why do you think that it was not your organisation?"),
    "own_contest_text": _(
        "{platform} looks into it and decides; you will find the answer here. If two moderators find that it "
        "was not you, and it was the newest one, the verification of this account is withdrawn. What you "
        "write is stored encrypted, and deleted 90 days after the decision."
    ),
    "own_contest_label": _("Why do you think that it was somebody else?"),
    "own_contest_hint": _("At most 2,000 characters. Please give no document number."),
    "own_contest_button": _("Send"),
    "own_contest_state": _("State"),
    "own_CONTEST_STATE_FILED": _("waits for a decision"),
    "own_CONTEST_STATE_PROPOSED": _("a second moderator looks at it"),
    "own_CONTEST_STATE_UPHELD": _("upheld: it was not you"),
    "own_CONTEST_STATE_REJECTED": _("rejected: it was you"),
    "own_contest_filed": _("Sent"),
    "own_contest_due": _("Due"),
    "own_contest_decided": _.in_context("own_contest_decided", "Decided"),
    "own_contest_reason": _("Reason"),
    "own_reinstatement": _("Your appeal against the withdrawal"),
    "own_reinstatement_link": _("Appeal against the withdrawal"),
    "own_reinstatement_until": _(
        "The verification of this account was withdrawn. You can appeal until {time}."
    ),
    "own_reinstatement_title": _("Appeal against the withdrawal of the verification"),
    "own_reinstatement_text": _(
        "Two moderators of {platform} who did not decide on the withdrawal decide; you will find the answer "
        "here. If they uphold your appeal, the account has its verification back, if the person still has a "
        "free place and nobody has verified the account since. If you can prove that you are present, you "
        "can also verify the account again now. What you write is stored encrypted, and deleted 90 days "
        "after the decision."
    ),
    "own_reinstatement_label": _("Why was the verification yours?"),
    "own_REINSTATEMENT_STATE_FILED": _("waits for a decision"),
    "own_REINSTATEMENT_STATE_PROPOSED": _("a second moderator looks at it"),
    "own_REINSTATEMENT_STATE_UPHELD": _("upheld: the account has its verification back"),
    "own_REINSTATEMENT_LATE": _(
        "upheld, but the account cannot get its verification back: please verify it again"
    ),
    "own_REINSTATEMENT_STATE_REJECTED": _("rejected: the verification stays withdrawn"),
    "own_disclosures_title": _("When your details were opened"),
    "own_sealed_since": _(
        "Your details were sealed on {day}. From {told} on you see here whether they were opened."
    ),
    "own_unopened": _("not opened before {day}"),
    "own_opened_place": _("Place of the opening in the log"),
    "own_horizon": _(
        "This list goes up to {day}. What happened later is not shown to anybody yet. The day is the same "
        "for everybody, "
        "so that it does not reveal whether there is a running case."
    ),
    "own_no_disclosures": _("Before {day}, your details were never opened or released."),
    "own_releases_text": _(
        "Enough custodians have released their shares: from then on the auditor could open your "
        "details, also if "
        "no opening follows."
    ),
    "own_auditor_text": _("The published roster says to which organisation an auditor's number belongs."),
    "own_unknown": _("not recorded"),
    "own_disclosed": _("Released"),
    "own_opened": _("Opened"),
    "own_auditor": _("Auditor, by the id in the log"),
    "own_legal_basis": _("Legal basis"),
    "own_place": _("Place in the log"),
    "own_proof": _("Check it yourself"),
    "own_proof_text": _(
        "The file has the proof of each entry. Check it on your own machine instead of believing "
        "this page; KEY is "
        "the public key of the log, from another source than this page."
    ),
    "own_history_link": _("Download the list with its proofs"),
    "own_unproved": _("What this list cannot prove"),
    "own_unproved_text": _(
        "The log proves that each listed entry happened. That none is missing is this service's "
        "statement: nobody "
        "else can see which entries of the log are about you. How many openings the log has for all accounts "
        "together is public, and anybody can count them."
    ),
    "own_standing_title": _("Decisions about the account, reasons, appeals"),
    "own_follows": _(
        "No sanction names this account. The standing follows from a decision about you that was "
        "sent to another "
        "account, or from the deadline of a campaign, which verifying lifts."
    ),
    "own_stands_WARNED": _("This account was warned; you can go on using it."),
    "own_stands_PUBLISHING_LIMITED": _("Publishing from this account is limited."),
    "own_stands_RENEWAL_SUSPENDED": _(
        "This account can publish nothing new, and its verification cannot be renewed for now."
    ),
    "own_stands_CLOSED": _("This account is closed."),
    "own_stands_below": _("Why, until when, and how you can appeal is below."),
    "own_sanctions": _("Sanctions"),
    "own_no_sanctions": _("There are no sanctions."),
    "own_degree": _("Sanction"),
    "own_DEGREE_WARN": _("Warning"),
    "own_DEGREE_LIMIT": _("Publishing limited"),
    "own_DEGREE_SUSPEND": _("Suspended: nothing new is published"),
    "own_DEGREE_CLOSE": _.in_context("own_DEGREE_CLOSE", "Closed"),
    "own_target": _("Of"),
    "own_target_account": _("your account"),
    "own_sanction_state": _("State"),
    "own_SANCTION_STATE_PROPOSED": _("waits for a second moderator"),
    "own_SANCTION_STATE_IN_FORCE": _("in force"),
    "own_SANCTION_STATE_LIFTED": _("lifted"),
    "own_SANCTION_STATE_LAPSED": _("expired"),
    "own_SANCTION_STATE_OVERTURNED": _("overturned by an appeal"),
    "own_imposed": _.in_context("own_contest_decided", "Decided"),
    "own_until": _("Until"),
    "own_without_end": _("without an end"),
    "own_cause": _.in_context("own_cause", "Why"),
    "own_rule": _("Rule"),
    "own_case": _("Case"),
    "own_origin": _("How it came to light"),
    "own_ORIGIN_TIP_OFF": _("a report"),
    "own_ORIGIN_OWN_INITIATIVE": _("the platform's own work"),
    "own_ORIGIN_AUTHORITY": _("an authority"),
    "own_detection": _("Found"),
    "own_decision": _("Decided by"),
    "own_AUTOMATION_NONE": _("people"),
    "own_AUTOMATION_PARTIAL": _("people with a program"),
    "own_AUTOMATION_FULL": _("a program"),
    "own_territory": _("Where it applies"),
    "own_issuer": _("Decision of"),
    "own_redress": _("How to appeal"),
    "own_appeal": _("Your appeal"),
    "own_appeal_title": _("Appeal against this decision"),
    "own_appeal_text": _(
        "Another moderator of {platform} decides. A sanction can be appealed once. What you write is stored "
        "encrypted, and deleted 90 days after the decision."
    ),
    "own_appeal_label": _("Why is the decision wrong?"),
    "own_appeal_hint": _("At most 2,000 characters."),
    "own_appeal_button": _("Send the appeal"),
    "own_appeal_state": _("State"),
    "own_APPEAL_STATE_FILED": _("waits for a decision"),
    "own_APPEAL_STATE_UPHELD": _("upheld: the sanction is overturned"),
    "own_APPEAL_STATE_REJECTED": _("rejected"),
    "own_appeal_filed": _("Sent"),
    "own_appeal_due": _("Due"),
    "own_appeal_decided": _.in_context("own_contest_decided", "Decided"),
    "own_appeal_reason": _("Reason"),
    "own_outside": _("Where else you can go"),
    "own_outside_value": _("{body}, until {time}"),
    "own_public_accounts": _("Public accounts"),
    "own_public_account": _.in_context("own_public_account", "Number"),
    "own_PUBLIC_STATE_APPLIED": _("applied for"),
    "own_PUBLIC_STATE_ACTIVE": _("active"),
    "own_PUBLIC_STATE_GRACE": _("to be renewed; publishes nothing"),
    "own_PUBLIC_STATE_EXPIRED": _("expired"),
    "own_PUBLIC_STATE_CLOSED": _("closed"),
    "own_PUBLIC_STATE_REJECTED": _("not approved"),
    "own_rejected": _.in_context("own_rejected", "Why"),
    "own_limit": _(
        " If the reason is that you have reached the limit of public accounts, or that a sanction closed "
        "another one, only you are told, on the result page of your next verification."
    ),
    "own_disowned_title": _("Somebody says that this account is not his or hers"),
    "own_disowned_text": _(
        "The person in whose name this account was verified proved to be present, and said that it is not "
        "hers or his. {platform} decides. If nobody decides in time, the verification is withdrawn."
    ),
    "own_disowned_answer": _("It is your account?"),
    "own_disowned_answer_text": _(
        "If you are that person, prove it at {provider}, which gets your name and number from here. Then the "
        "account stays as it is, at once."
    ),
    "own_disowned_nobody": _("This service offers no such proof. Please contact {platform}."),
    "own_disowned_finish": _("When you press the button, {provider} is asked how it ended."),
    "own_disowned_state": _("State"),
    "own_disowned_told": _("The platform was told"),
    "own_disowned_due": _("Due"),
    "own_disowned_decided": _.in_context("own_contest_decided", "Decided"),
    "own_disowned_reason": _("Reason"),
    "own_DISAVOWAL_STATE_FILED": _("waits for a decision"),
    "own_DISAVOWAL_STATE_PROPOSED": _("a second moderator looks at it"),
    "own_DISAVOWAL_STATE_UPHELD": _("upheld: the account was somebody else's"),
    "own_DISAVOWAL_STATE_REJECTED": _("rejected: the account is that person's"),
    "own_DISAVOWAL_STATE_SILENT": _("nobody decided in time: the verification is withdrawn"),
    "own_DISAVOWAL_STATE_ENDED": _("ended, because there is no verification any more"),
    "own_receipt_title": _("Check a receipt"),
    "own_receipt_text": _(
        "A receipt proves that your details were sealed and entered in the public log, when, and "
        "how many custodians "
        "together can open them. The receipt of each verification is on the page of verifications."
    ),
    "own_receipt_here": _("The check runs in this browser. The receipt is not sent to anybody."),
    "own_receipt_file": _("Receipt file"),
    "own_receipt_paste": _("Or paste its content"),
    "own_receipt_file_hint": _("The file receipt.json that you downloaded."),
    "own_receipt_paste_hint": _("All of the text in the file."),
    "own_receipt_key": _("Key file of the log"),
    "own_receipt_key_hint": _(
        "A text file with the log's public key, from another source than this page, such as a witness, a "
        "newspaper or somebody you trust."
    ),
    "own_receipt_witnesses": _("Key file of the log's witnesses"),
    "own_receipt_witnesses_hint": _(
        "Not required: a text file with one key in a line. All of them must have cosigned: otherwise the "
        "log may be a copy that only you are shown."
    ),
    "own_receipt_button": _("Check"),
    "own_receipt_valid": _("The receipt is valid."),
    "own_receipt_unwitnessed": _(
        "The receipt is valid. Without a key file of the witnesses it cannot be ruled out that only you are "
        "shown this log."
    ),
    "own_receipt_epoch": _(
        "The log has lost entries and gone on since. This page cannot check what its custodians have "
        "signed about it: check the receipt with the program below."
    ),
    "own_receipt_labels": _("Sealed and logged:|Account:|Place in the log:|Who together can open it:"),
    "own_receipt_wrong": _(
        "The receipt does not verify: it was changed, or it is not of the log with this key."
    ),
    "own_receipt_wait": _("The log does not cover this receipt yet. Download it again in a minute."),
    "own_receipt_bad_key": _("The file has no public key of a log."),
    "own_receipt_code": _("Error code"),
    "own_receipt_quorum": _("{threshold} of {count} custodians: {names}"),
    "own_receipt_no_script": _(
        "To check a receipt on this page, turn on JavaScript, or use the program below."
    ),
    "own_receipt_program": _("Check it without this page"),
    "own_receipt_program_text": _(
        "This page and its script come from this service: if it were dishonest, it could call any "
        "receipt valid. To "
        "check it independently, run the public program on your own machine; KEY is the public key "
        "of the log:"
    ),
    "own_receipt_unproved": _("What a receipt cannot prove"),
    "own_receipt_unproved_text": _(
        "That what was sealed is your name and number, and that no copy of its key was kept, is "
        "this service's "
        "statement. This page does not compare the custodians and their keys with the published roster, "
        "and takes no former witnesses of it, no later keys of the log, and no statement after a loss: "
        "the program does, with --roster, --log-keys and --epochs."
    ),
    "own_erase_title": _("Erase this account"),
    "own_erase_state": _("State"),
    "own_ERASURE_STATE_REQUESTED": _("waits, and can be cancelled"),
    "own_ERASURE_STATE_CANCELLED": _("cancelled"),
    "own_ERASURE_STATE_ERASED": _("the account is erased"),
    "own_ERASURE_STATE_DESTROYED": _("your details are destroyed"),
    "own_erase_requested": _("Requested"),
    "own_erase_cancelled": _("Cancelled"),
    "own_erase_from": _("The account is erased"),
    "own_erase_destroyed": _("Your details are destroyed"),
    "own_keep_button": _("Keep the account"),
    "own_erase_told_requested": _("The erasure is requested. Until {time} you can keep the account."),
    "own_erase_told_kept": _("The erasure is cancelled. Your account stays."),
    "own_erasing": _(
        "On {asked} the erasure of your account at {platform} was requested. The account is erased for "
        "good on {time}. If that was not you, cancel it now."
    ),
    "own_erase_unproved": _(
        "The wait is 30 days, because the account was not verified within the last hour, and somebody else "
        "may be using this browser. If you verify again at {platform} first and then come back here, the "
        "wait is shorter."
    ),
    "own_erase_wait": _(
        "Your request waits for some days. Until then you can cancel it here or in the app, and nothing "
        "changes. After that the account is erased for good."
    ),
    "own_erase_text": _(
        "Once erased, your name and number can never be opened again, and the account is no longer "
        "shown as verified."
    ),
    "own_erase_stays": _("What stays"),
    "own_erase_stays_text": _(
        "The entries in the public log, which show no name, no number and no account. While a decision "
        "about the account applies, also a mark that gives no number away, so that nobody escapes it by "
        "erasing."
    ),
    "own_card_verification": _("Verification"),
    "own_card_disclosures": _("Your sealed details"),
    "own_details": _("Details"),
    "own_details_copy": _("One click selects a whole number, to copy it."),
    "own_no_sanction_now": _("No sanction applies to this account."),
    "own_sanctions_count": _("Sanctions in force: {count}"),
    "own_disclosed_text": _("Releases: {released}. Openings: {opened}. Up to {day}."),
    "own_history_later": _("The list cannot be shown now. Please try again in a few minutes."),
    "own_history_destroyed": _(
        "The keys that connect entries of the public log with this account are destroyed. So nobody can "
        "make this list any more, and nobody can open your details. A list that you downloaded before can"
        " still be checked."
    ),
    "own_timeline": _("What happened"),
    "own_timeline_title": _("Everything that happened"),
    "own_timeline_partly": _(
        "Releases and openings are missing here, because their list cannot be shown now."
    ),
    "own_no_timeline": _("Nothing yet. Verify this account in {platform}; each step is then listed here."),
    "own_at_verified": _("Verification confirmed"),
    "own_at_failed": _("Verification not confirmed"),
    "own_at_asked": _("Verification asked for"),
    "own_at_matched": _("The organisation's details were confirmed"),
    "own_matched_proved": _("its legal representative proved it afterwards"),
    "own_matched_waits": _("its legal representative must prove it before {day}"),
    "own_matched_over": _("its legal representative did not prove it in time"),
    "own_at_contested": _("You said that a verification was not you"),
    "own_at_contest_decided": _("Your contest was decided"),
    "own_at_missed": _("{platform} let the deadline pass without a decision"),
    "own_overdue": _("overdue"),
    "own_missed_contest": _("{platform} has not decided on your contest in time"),
    "own_missed_appeal": _("{platform} has not decided on your appeal in time"),
    "own_missed_text": _(
        "It was due by {time}. The public log records that, and nobody can remove it. {platform} must still "
        "decide."
    ),
    "own_missed_revoked": _(
        "That goes on although the verification of this account was withdrawn meanwhile."
    ),
    "own_at_withdrawal_appealed": _("You appealed against the withdrawal"),
    "own_at_appealed": _("You appealed"),
    "own_at_appeal_decided": _("Your appeal was decided"),
    "own_at_disowned": _("Somebody said that this account is not theirs"),
    "own_at_disowned_decided": _("That was decided"),
    "own_at_sanctioned": _("A sanction began"),
    "own_at_proposed": _("A sanction was proposed"),
    "own_at_sanction_ended": _("A sanction ended"),
    "own_at_released": _("Your details were released to an auditor"),
    "own_at_was_opened": _("Your details were opened"),
    "own_at_applied": _("You applied for a public account"),
    "own_at_opened": _("A public account was approved"),
    "own_at_taken": _("A public account changed its owner"),
    "own_at_expired": _("The verification expired"),
    "own_at_term_over": _("The term of a public account ended"),
    "own_at_closed": _("You closed a public account"),
    "own_at_offered": _("You offered a public account to another account"),
    "own_at_erasure": _("Erasure requested"),
    "own_at_erasure_cancelled": _("Erasure cancelled"),
    "own_at_erased": _("Account erased"),
    "own_at_destroyed": _("Your details destroyed"),
    "own_erasing_title": _("This account will be erased on {day}"),
    "own_erasing_public": _("Its public accounts are closed with it."),
    "own_limited_title": _("{degree} until {until}"),
    "own_limited_rule": _("Rule: {rule}."),
    "own_limited_DEGREE_LIMIT": _("This account cannot publish as usual."),
    "own_limited_DEGREE_SUSPEND": _(
        "This account can publish nothing new, and its verification cannot be renewed."
    ),
    "own_limited_DEGREE_CLOSE": _("This account cannot be used any more."),
    "own_reasons_link": _("Read the reasons"),
    "own_appeal_link": _("Appeal"),
    "own_disowned_banner": _("It is decided by {time}. If the account is yours, you can show it at once."),
    "own_disowned_link": _("Answer"),
    "own_public_closed_title": _("{name} was closed"),
    "own_public_closed_text": _("It publishes nothing any more."),
    "own_unrenewed_title": _("{name} publishes nothing until it is renewed"),
    "own_unrenewed_text": _(
        "It can be renewed here until {day}. After that it ends for good, and a new application is needed."
    ),
    "own_renewable_title": _("{name} is valid until {day}"),
    "own_renewable_text": _("It can be renewed now."),
    "own_public_verify_first": _("Verify again at {platform} first; then come back here."),
    "own_missed_link": _("See where it stands"),
    "own_revoked_text": _("You can verify again at {platform}."),
    "own_revoked_disowned": _(
        "The person in whose name this account was verified said that it is somebody else's."
    ),
    "own_expired_title": _("Your verification expired on {day}"),
    "own_expired_text": _("This account is not shown as verified. Verify again at {platform}."),
    "own_ending_title": _("Your verification is valid until {day}"),
    "own_ending_text": _("Verify again at {platform} before it expires, and the badge stays."),
    "own_erase_dates": _("If you request it now"),
    "own_erase_again": _("Request the erasure again"),
    "own_erase_ends": _("What ends with it"),
    "own_erase_ends_badge": _("The badge, and every credential of this account."),
    "own_erase_ends_public": _("Its public accounts: they are closed, and end for good."),
    "own_erase_ends_list": _(
        "Once your details are destroyed, the list of when they were opened. Download it before, if you want"
        " to keep it."
    ),
    "own_erase_confirm_title": _("Erase this account for good?"),
    "own_erase_confirm_text": _(
        "Until the first date you can cancel it here or in {platform}. After that nobody can take it back."
    ),
    "own_erase_confirm_button": _("Request the erasure"),
    "own_erase_not": _("Do not erase"),
    "own_done_contest": _("Your contest has been sent."),
    "own_done_appeal": _("Your appeal has been sent."),
    "own_limited_forever": _("{degree}, without an end"),
}
