"""What the pages say, in Chinese and English; reasons and field errors come from the client package."""

from collections.abc import Mapping

from idvault.web.identity.public_account_texts import TEXTS as PUBLIC_ACCOUNT_TEXTS
from idvault.web.identity.texts import TEXTS as IDENTITY_TEXTS
from idvault.web.inquiry.texts import TEXTS as INQUIRY_TEXTS
from idvault.web.tip_off.texts import TEXTS as TIP_OFF_TEXTS
from idvault_client.pages.texts import SHARED
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


TEXTS: Mapping[str, Text] = {
    **SHARED,
    **TIP_OFF_TEXTS,
    **IDENTITY_TEXTS,
    **PUBLIC_ACCOUNT_TEXTS,
    **INQUIRY_TEXTS,
    "supervision": _("Public supervision"),
    "nothing_to_do": _("There is nothing that you have to do."),
    "minute": _("{day}, {time} {zone}"),
    "zone_beijing": _("UTC+8"),
    "whole_day": _("the end of {day}"),
    "due_left": _("{time} ({left})"),
    "busy_minutes": _("Too many requests. Please try again in {minutes} minutes."),
    "service": _("Identity verification"),
    "step": _("Step {number} of {count}"),
    "start_title": _("{platform} asks you to verify your identity"),
    "SIGN_UP": _("You are signing up for an account."),
    "RENEWAL": _("The verification of your account is due for renewal."),
    "INVITATION": _("You are invited to verify your existing account."),
    "INVITATION_proof": _(
        "You are invited to prove that it is you. If your account is verified, it stays so whatever you "
        "decide; if you prove it, only what the verification is based on changes."
    ),
    "INVITATION_answers": _(
        "Once {platform} has confirmed that this browser is yours, your answer is recorded."
    ),
    "answer_title": _("Not now?"),
    "answer_text": _("You do not have to verify now. You can still do so at any time."),
    "LATER_button": _("Ask me later"),
    "DISMISSED_button": _("Do not ask me again"),
    "LATER_title": _("You will be asked later"),
    "LATER_text": _("{platform} is told that you want to be asked later."),
    "DISMISSED_title": _("You will not be asked again"),
    "DISMISSED_text": _("{platform} is told that you do not want to be asked, and sends no more reminders."),
    "LATER_confirm_title": _("Please confirm: ask me later"),
    "DISMISSED_confirm_title": _("Please confirm: do not ask me again"),
    "LATER_confirm_text": _("You chose this at the beginning. {platform} is then told to ask you later."),
    "DISMISSED_confirm_text": _(
        "You chose this at the beginning. {platform} is then told not to ask you again; you can still verify "
        "at any time."
    ),
    "answer_leave_title": _("First, confirm your choice in {platform}: {answer}"),
    "answer_leave_text": _(
        "{platform} confirms that this browser is logged in to your account, and brings you back here. Then "
        "your choice is recorded. No verification begins."
    ),
    "answer_confirm": _("Confirm"),
    "answer_onward": _("Verify now instead"),
    "REPRESENTATIVE": _(
        "Your organisation is to be verified, and you represent it by law: prove that it is you. None of "
        "your own accounts takes part."
    ),
    "representative_start_title": _("Prove that you are the legal representative"),
    "representative_title": _("One step is left"),
    "representative_waits": _(
        "The registry has confirmed your organisation. Before {day} its legal representative must prove "
        "that it is him or her, by a link that {platform} gives you for it."
    ),
    "holder_required": _(
        "Somebody else was verified here as you, and that was withdrawn. For 180 days after it, this "
        "way of verifying does not suffice. Go back to {platform} and verify with a proof of presence, if it "
        "offers one; otherwise contact its support to prove that it is you."
    ),
    "representative_wrong": _(
        "You are not confirmed as the legal representative: {provider} did not confirm you, or your name and "
        "number are not those that were given for the organisation. Please check both."
    ),
    "representative_done_title": _("Your organisation is verified"),
    "checked": _("What is checked"),
    "checked_NUMBER_MATCH": _(
        "A national registry answers only whether your name and your document number belong together."
    ),
    "checked_HOLDER": _(
        "{provider} confirms on its own page that your name and your document number belong together, and "
        "that it is you. For that it gets what you type here, and nothing about your account."
    ),
    "checked_RESULT_ONLY": _(
        "{provider} vouches on its own page for a person that it knows, by an id that it makes for this "
        "service alone. It learns nothing about your account, and this service learns neither your name nor "
        "your number."
    ),
    "identity_HOLDER": _("{provider} gets your name and number, and asks you there to prove that it is you."),
    "proof_title": _("Now prove at {provider} that it is you"),
    "proof_text": _(
        "{provider} has your name and number and waits for you. It brings you back here when you have "
        "finished."
    ),
    "proof_text_RESULT_ONLY": _("{provider} waits for you. It brings you back here when you have finished."),
    "result_title": _("{provider} will ask you who you are"),
    "result_text": _(
        "You type nothing here. {provider} asks you on its own page; your name does not come here."
    ),
    "result_again": _("Begin again"),
    "proof_back_title": _("You are back from {provider}"),
    "proof_result": _("See the result"),
    "proof_unfinished": _("Not finished there? Go to {provider}"),
    "proof_back": _("You come back from there?"),
    "proof_back_text": _(
        "When you press the button, {provider} is asked how it ended, and {platform} gets the result."
    ),
    "proof_button": _("I have finished there"),
    "proof_wait_text": _("{provider} has answered, and the answer is being stored. Please check again."),
    "proof_again": _("Type name and number again"),
    "facts_title": _("What your verification is based on"),
    "facts_text": _(
        "{platform} sees this. Others see neither it nor which document you have: at most whether it is "
        "enough for what they ask for."
    ),
    "fact_REGISTRY_MATCH": _("A registry confirmed that your name and number belong together."),
    "fact_DOCUMENT_SEEN": _("Somebody entrusted with it saw you and your document."),
    "fact_HOLDER": _("A provider confirmed your name, your number, and that it was you who was there."),
    "fact_RESULT_ONLY": _(
        "A provider vouches that you are a person that it knows. Your name and number are not stored here."
    ),
    "organization_fact_REGISTRY_MATCH": _(
        "The registry confirmed that the organisation's name, its unified social credit code and its legal "
        "representative belong together."
    ),
    "organization_fact_HOLDER": _("A provider confirmed that it was its legal representative who was there."),
    "organization_fact_more_REGISTRY_MATCH": _(
        "At the next renewal its legal representative must also prove to be present."
    ),
    "organization_fact_more_HOLDER": _(
        "Nobody asks for more than this. Each renewal asks the legal representative to prove it again."
    ),
    "fact_name_REGISTRY_MATCH": _("Registry match"),
    "fact_name_DOCUMENT_SEEN": _("Document seen"),
    "fact_name_HOLDER": _("Proof of presence"),
    "fact_name_RESULT_ONLY": _("Proof without a name"),
    "fact_more_REGISTRY_MATCH": _(
        "It does not say that you were there yourself. For that you prove it at a provider, on a link that "
        "{platform} gives you; if it has not asked you, ask for the link."
    ),
    "fact_more_DOCUMENT_SEEN": _(
        "Some ask for a proof of presence instead. {platform} can tell you whether one is possible with your "
        "document."
    ),
    "fact_more_HOLDER": _(
        "Nobody asks for more than this. If you renew by name and number only, it is lost: then prove it "
        "again."
    ),
    "fact_more_RESULT_ONLY": _("Nothing can be added to it: this account is renewed in the same way only."),
    "facts_others": _("Who sees this"),
    "facts_badge": _("The badge shows none of it: it is the same for everybody who is verified."),
    "facts_credential": _(
        "A credential that you show to others states only the minimum that they asked for, also if you have "
        "proved more."
    ),
    "platform_sees": _("What {platform} will see"),
    "platform_sees_text": _(
        "Whether you are verified, until when, what that is based on, and whether you are a person or an "
        "organisation."
    ),
    "platform_never": _("What {platform} will never see"),
    "platform_never_text": _(
        "Your name and your number. You type them only on this page, and they are stored encrypted."
    ),
    "platform_never_RESULT_ONLY": _(
        "Your name and your number, which this page does not ask for either, and the id by which {provider} "
        "knows you. The id is stored encrypted."
    ),
    "custodians": _("Who can open what is stored"),
    "custodians_text": _(
        "Only {threshold} of these {count} custodians together, and every opening leaves a public trace:"
    ),
    "custodians_RESULT_ONLY": _(
        "They find no name and no number there: only {provider}, its id for you, and what it signed. Who you "
        "are, {provider} alone can say."
    ),
    "start_button": _("Continue"),
    "leave_title": _("First, confirm in {platform}"),
    "leave_text": _(
        "{platform} confirms that this browser is logged in to your account, and brings "
        "you back here. Continue only "
        "for your own account: if somebody else sent you the link, close this page."
    ),
    "representative_leave_text": _(
        "{platform} confirms that this browser is used by whoever acts for your organisation, and brings you "
        "back here. The link comes from your organisation: if you do not know who sent it, close this page."
    ),
    "leave_link": _("Go to {platform}"),
    "terms_title": _("Terms of {platform} (version {version})"),
    "terms_button": _("Agree and continue"),
    "document_title": _("Which document do you use?"),
    "RESIDENT_ID": _("Resident identity card"),
    "RESIDENCE_PERMIT": _("Residence permit (Hong Kong, Macau, Taiwan)"),
    "FOREIGN_PERMANENT_RESIDENT": _("Foreign permanent resident identity card"),
    "UNIFIED_SOCIAL_CREDIT_CODE": _("Organisation: unified social credit code"),
    "identity_title": _("Enter your name and ID number"),
    "name": _("Name"),
    "name_hint": _("Exactly as on the document, with any middle dot."),
    "organization_name": _("Registered name"),
    "representative": _("Legal representative"),
    "representative_text": _(
        "The registry answers only whether all of this belongs together, and whether the organisation "
        "operates."
    ),
    "representative_document": _("Document of the legal representative"),
    "number": _("Document number"),
    "number_hint": _("Usually 18 characters; the last may be X."),
    "closed_title": _("It was not you?"),
    "closed_text": _(
        "Somebody may have verified an account with your name and number. See which accounts stand in your "
        "name, and say of each that is not yours that it is not. If it is your own account and only a "
        "verification was not yours, choose “My identity” in {platform}'s app and, beside that verification, "
        "“This was not me”."
    ),
    "pairing_title": _("Your document number never replaced another one?"),
    "pairing_text": _(
        "The registry may have said by mistake that your document replaced another person's, who is closed "
        "here. Say so: unless the registry confirms it with a second key within 15 days, it counts no more."
    ),
    "pairing_button": _("My document number never replaced another one"),
    "pairing_done_title": _("Your objection is recorded"),
    "pairing_done_text": _(
        "If such a notice exists and the registry does not confirm it within 15 days, it ends then. Please "
        "try again after that."
    ),
    "former": _("Former document number (leave empty unless your number was replaced)"),
    "former_hint": _(
        "{provider} is asked whether both document numbers are yours. Then your accounts under both count "
        "together."
    ),
    "guardian_title": _("A parent or responsible adult"),
    "guardian_text": _(
        "This person is under 14, so an adult must take part: a parent or whoever is responsible enters "
        "their own name and number. The registry is asked once whether they belong together, and neither is "
        "kept."
    ),
    "guardian_document": _("Which document does the adult use?"),
    "guardian_name": _("Name of the adult"),
    "guardian_number": _("Document number of the adult"),
    "guardian_needed": _("A parent or responsible adult must also enter their name and number."),
    "guardian_wrong": _("The name and number of the adult do not belong together."),
    "guardian_age": _("This is not the number of an adult other than the child."),
    "unmatched": _("The name and the document number do not belong together. Please check both."),
    "organization_unmatched": _(
        "The registered name and the credit code do not belong together. Please check both."
    ),
    "unmatched_too": _("Please check this as well."),
    "left": _("You have {left} more attempts."),
    "submit": _("Verify"),
    "field_empty": _("Please fill in: {field}"),
    "sending": _("Sending…"),
    "again_title": _("Not confirmed: please check and try again"),
    "wait_title": _("Your details are being checked"),
    "wait_text": _(
        "The registry has not answered yet. You can close this page: {platform} will get "
        "the result, and you need not "
        "type anything again."
    ),
    "wait_link": _("Check again"),
    "done_title": _("You are verified"),
    "done_text": _("Your verification is valid until {day}."),
    "badge": _.in_context("badge", "Verified"),
    "receipt_title": _("Your receipt"),
    "receipt_link": _("Download your receipt"),
    "receipt_text": _(
        "The receipt proves that your details were sealed and entered in the public log. "
        "It has no name and no number."
    ),
    "full_title": _("You can have no further public account now"),
    "full_text": _(
        "Counting those of your other accounts, you have as many public accounts at {platform} as one owner "
        "may have, or one of them is closed by a sanction in force: another application will not be "
        "approved. Only you are told, and only here; {platform} is not."
    ),
    "back": _("Back to {platform}"),
    "failed_title": _("You could not be verified"),
    "expired_title": _("This link has expired"),
    "forbidden": _(
        "This form did not come from this page, or the page is too old. Please open your link again."
    ),
    "run_by": _("Run by {name}"),
    "unproven_title": _("The provider did not confirm you"),
    "front_link": _("To the front page"),
    "front_title": _("Identity verification by {name}"),
    "front_text": _(
        "Platforms send people here to be verified. Name and number are typed here, sealed, and never given "
        "to a platform. To verify yourself, use the link that your platform gives you. Without one you find "
        "here:"
    ),
    "help_title": _("Help"),
    "about_back": _("Go back"),
    "privacy_link": _("Privacy"),
    "privacy_title": _("What is kept about you, and who can open it"),
    "help_name": _("My name or number is not confirmed"),
    "help_name_text": _(
        "Type the name exactly as it is on the document, with any middle dot; spaces in the number do not "
        "matter. An organisation types its registered name and its unified social credit code."
    ),
    "help_again_text": _(
        "Up to five different wrong names can be typed for a number in an hour. If the document was changed "
        "lately, the registry may not know it yet: try again some days later, or ask the authority that "
        "issued it."
    ),
    "help_wait": _("The result does not come"),
    "help_wait_text": _(
        "If the registry does not answer, your details wait encrypted, for at most 48 hours. You can "
        "close the page: your platform gets the result."
    ),
    "help_link": _("The link does not work"),
    "help_link_text": _("A link is valid for 15 minutes, in one browser. Ask your platform for a new one."),
    "help_not_me": _("Somebody used my name"),
    "help_not_me_text": _(
        "See which accounts stand in your name, and say which are not yours. For a verification of your "
        "own account that you did not make, choose “My identity” in your platform's app."
    ),
    "help_lost": _("I have lost the number or the secret of a report"),
    "help_lost_text": _(
        "Neither can be sent again: nobody could tell who reported. The report is decided all the same. To "
        "read a reply, report it again."
    ),
    "help_receipt": _("Where do receipt and key come from?"),
    "help_receipt_text": _(
        "The receipt of each verification is on “My identity”, under “Verification history”. The public key "
        "of the log must come from somewhere else than this service: ask a witness. Public supervision "
        "names the witnesses."
    ),
    "help_contact": _("Other questions"),
    "help_contact_text": _("For everything else about your account, ask the support of your platform."),
    "operator_contact": _("{name} can be reached here: {contact}"),
    "help_report": _("Report an account or a post"),
    "privacy_who": _("Who is responsible"),
    "privacy_who_text": _(
        "{name} runs this service. Your platform sent you here and gets the result of a verification, "
        "never your name or number."
    ),
    "privacy_kept": _("What is kept"),
    "privacy_record_text": _(
        "Your name and number, sealed; when you were verified and with what result; which terms you "
        "agreed to."
    ),
    "privacy_else_text": _(
        "A verification needs no picture and none is kept, nor a name or number that did not match, nor your "
        "internet address. These pages keep nothing of what you type for a verification, and set cookies "
        "only for the session."
    ),
    "privacy_reports": _("Reports"),
    "privacy_reports_text": _(
        "What you write in a report, how you can be reached and your file are stored encrypted, read by "
        "moderators of the platform, and deleted 90 days after the report is decided. An authority to which "
        "it is referred also reads where the content is. Answers that are not sent yet are kept encrypted "
        "in your browser, for two hours."
    ),
    "privacy_open": _("Who can open it"),
    "privacy_open_text": _(
        "Nobody alone: only custodians together, for an auditor who names a legal basis. Each opening is "
        "in the public log, and “My identity” tells you of it later, from a day on that is the same for "
        "everybody."
    ),
    "privacy_end": _("Until when, and what you can do"),
    "privacy_end_text": _(
        "As long as the account exists. “My identity” in your platform's app shows everything with its "
        "end, and lets you appeal and have the account erased."
    ),
    "decline": _("Not now: back to {platform}"),
    "decline_hint": _("Your name and number are not stored then."),
    "incentive": _("What {platform} offers you for it:"),
    "enforced": _("From {day} on, accounts that are not verified can publish only in a limited way."),
    "not_enforced": _("There is no deadline, and nothing changes for your account if you do not verify."),
    "organization_title": _("Enter the organisation's name and credit code"),
    "organization_name_hint": _("As on the business licence or the certificate of registration, in full."),
    "organization_number": _("Unified social credit code"),
    "organization_number_hint": _(
        "18 digits and capital letters, without I, O, S, V and Z. It begins like 91 or 12."
    ),
    "spent_title": _("All five attempts are used"),
    "limited_title": _("Too many attempts for now"),
    "spent_now": _("You can ask {platform} for a new link now."),
    "spent_limit": _(
        "If five different names were tried for one number within an hour, the next attempt is refused, and "
        "the page then says until when to wait."
    ),
    "spent_wait": _("Wait until {time}."),
    "spent_then": _("Then {platform} can give you a new link. You need not do anything here until then."),
    "spent_else": _("What else you can do"),
    "spent_check": _(
        "Compare name and number with the document itself, and try with another document of yours."
    ),
    "spent_compare": _("Compare name and number with the document itself."),
    "spent_changed": _(
        "If your name or number was changed lately, ask the authority that issued the document whether "
        "the registry knows it."
    ),
    "spent_presence": _("Ask {platform} whether it offers a proof of presence."),
    "wait_until": _("Please wait until {time}."),
    "spent_text": _("Name and number were not confirmed as belonging together."),
}
