"""What the pages of public accounts say to their owner, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


TEXTS: Mapping[str, Text] = {
    "own_category": _("Category"),
    "own_term": _("Term ends on"),
    "own_CATEGORY_PERSONAL": _("Person"),
    "own_CATEGORY_STATE_ORGAN": _("State organ"),
    "own_CATEGORY_INSTITUTION": _("Public institution"),
    "own_CATEGORY_MASS_ORGANIZATION": _("Mass organisation"),
    "own_CATEGORY_SOCIAL_ORGANIZATION": _("Social organisation"),
    "own_CATEGORY_COMPANY": _("Company"),
    "own_CATEGORY_SOLE_TRADER": _("Sole trader"),
    "own_CATEGORY_COOPERATIVE": _("Farmers' co-operative"),
    "own_CATEGORY_OTHER": _("Other organisation"),
    "own_CATEGORY_MEDIA": _("News"),
    "own_CATEGORY_GOVERNMENT": _("Government affairs"),
    "own_CATEGORY_EDUCATION": _("Education"),
    "own_CATEGORY_HEALTH": _("Health"),
    "own_CATEGORY_FINANCE": _("Finance"),
    "own_public_title": _("My public accounts"),
    "own_no_public": _("You have no public account at {platform}."),
    "own_no_public_yet": _("Apply for one, or take over one that its owner offers you."),
    "own_public_barred": _(
        "Until that ends, you cannot apply for a public account, renew or take over one, or name an operator."
    ),
    "own_no_public_short": _("None yet."),
    "own_public_may_apply": _("You can apply for one under “My public accounts”."),
    "own_public_name": _("Public account …{tail}"),
    "own_public_number_of_it": _("Number of the public account"),
    "own_public_open": _("Manage {name}"),
    "own_public_apply_link": _("Apply for a public account"),
    "own_public_offers": _("Offered to you"),
    "own_offer_until": _("Can be taken over until"),
    "own_offered_title": _("A public account is offered to you"),
    "own_offered_text": _(
        "Its owner offers it to this account until {time}. Nothing changes if you do nothing."
    ),
    "own_offered_link": _("Look at it"),
    "own_public_number": _("Number of this account"),
    "own_public_number_text": _(
        "Whoever is to name this account as an operator, or to offer it a public account, needs this "
        "number from you."
    ),
    "own_own_account": _("Account"),
    "own_public_offered": _(
        "It is offered to another account until {time}. Until it is accepted, it is yours."
    ),
    "own_public_readers": _("What readers see"),
    "own_public_readers_where": _(
        "Readers see this in {platform}, at the public account. This service has no page on which anybody "
        "could look it up."
    ),
    "own_public_operators": _("Operators"),
    "own_public_operator": _("Operator {number}"),
    "own_no_operators": _("Nobody may publish for it yet. Name a verified person's account as an operator."),
    "own_may_publish": _("may publish"),
    "own_may_not_publish": _("may not publish now"),
    "own_public_remove": _("Remove operator {number}"),
    "own_public_actions": _("What you can do"),
    "own_receiver": _("Number of the other account"),
    "own_receiver_hint": _("Its owner finds it on “My identity” under “My public accounts”."),
    "own_kind": _("Owner"),
    "own_KIND_INDIVIDUAL": _("a person"),
    "own_KIND_COMPANY": _("a company"),
    "own_KIND_OTHER_ORGANIZATION": _("another organisation"),
    "own_licence": _("Licence"),
    "own_licence_value": _("{name}, until {day}"),
    "own_since": _("Public since"),
    "own_owner_since": _("Owner changed on"),
    "own_closed_by_you": _("Closed by you on"),
    "own_grace": _("Can be renewed until"),
    "own_public_renew_title": _("Renew for another term"),
    "own_public_renew_text": _(
        "Another term begins when the present one ends, or today if it has ended. The category stays."
    ),
    "own_public_renew_button": _("Renew"),
    "own_public_close_title": _("Close for good"),
    "own_public_close_text": _("It publishes nothing any more, and nobody can open it again."),
    "own_public_close_button": _("Close this public account"),
    "own_public_offer_title": _("Offer it to another account"),
    "own_public_offer_text": _(
        "The other account has 14 days to accept. It must be verified, and its owner of the same kind. "
        "When it accepts, you lose the public account, its operators lose their right to publish, and its"
        " licence ends. This page then shows nothing of it any more. A new offer replaces this one."
    ),
    "own_public_offer_button": _("Offer it"),
    "own_public_operator_title": _("Name an operator"),
    "own_public_operator_text": _(
        "A verified person's account may then publish for you. You can remove it at any time."
    ),
    "own_public_operator_button": _("Name as operator"),
    "own_public_apply_title": _("Apply for a public account"),
    "own_public_apply_text": _(
        "{platform} decides on the application. If it approves, the public account begins on that day, "
        "for a term that you can renew. Readers see what kind of owner it has and its category, never "
        "its owner's name."
    ),
    "own_public_apply_category": _("Without a licence, its category is that of its owner: {category}."),
    "own_public_apply_licences": _("Categories that need a licence"),
    "own_public_apply_licence": _(
        "Apply for one of these at {platform}, which looks at the licence and decides whether it suffices. "
        "Its reference, and until when it is valid, are shown to readers."
    ),
    "own_licence_for_MEDIA": _("Licence for an internet news information service"),
    "own_licence_for_GOVERNMENT": _("Statement of the state organ for which it publishes"),
    "own_licence_for_EDUCATION": _("Licence to run a school, or the permit of the education authority"),
    "own_licence_for_HEALTH": _("Practice licence of a medical institution"),
    "own_licence_for_FINANCE": _("Financial licence, or the permit for securities or insurance"),
    "own_public_renew_licence": _(
        "Its licence stays as it is. If you have a new one, renew at {platform}, which looks at it."
    ),
    "own_public_apply_button": _("Send the application"),
    "own_public_accept_title": _("Take over a public account"),
    "own_public_gone": _(
        "It is not offered to this account, or not any more. What is offered now is on the list."
    ),
    "own_public_accept_text": _(
        "It becomes yours at once, with its term and its standing. Its licence and its operators end. "
        "Readers see the day on which its owner changed."
    ),
    "own_public_accept_button": _("Agree to the terms and take it over"),
    "own_public_no_terms": _(
        "{platform} gave no terms to agree to with this page. Please take it over in its app."
    ),
    "own_public_recent": _(
        "This cannot be undone. So that nobody else does it with your phone, verify again at {platform} "
        "first, and come back here within an hour."
    ),
    "own_done_apply": _("Your application has been sent. {platform} decides."),
    "own_done_accept": _("You have taken it over: the public account is yours."),
    "own_done_renew": _("The public account has been renewed."),
    "own_done_close": _("The public account has been closed."),
    "own_done_offer": _("It has been offered. Until it is accepted, the public account is yours."),
    "own_done_operator": _("The operator has been named."),
    "own_done_remove": _("The operator has been removed."),
}
