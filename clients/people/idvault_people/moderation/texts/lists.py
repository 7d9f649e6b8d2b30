"""What a list says about its rows, those that arrive while it is open, and the views that one keeps."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


_OPERATIONS = {
    "operations_open": _("Open operations"),
    "operations_closed": _("Closed operations"),
    "open_operation": _("Open an operation"),
    "operation_text": _(
        "What you do against something for a while, such as a month against fraud. Reports and sanctions may "
        "name it while it is open; its page counts them."
    ),
    "operation_title": _("Title of the operation"),
    "operation_title_hint": _("Stored in clear: it must name nobody."),
    "opened_by": _("Opened by"),
    "joint_operation": _("an authority, for several platforms"),
    "own_operation": _("your platform"),
    "opened_at": _("Opened on"),
    "closes": _("Closes by itself"),
    "closed_at": _("Closed on"),
    "close_operation": _("Close the operation"),
    "close_operation_text": _("No report or sanction can name it then. Those that do stay in it."),
    "operation_no_sanction": _("No sanction of it has come into force."),
    "operation_no_report": _("No report names it yet."),
    "operation_reports": _("Show its reports in the list"),
    "its_reports": _("Its reports"),
    "its_sanctions": _("Its sanctions"),
    "all_reports": _("All reports"),
    "empty.operations": _("No operation here. Open one, or an authority opens one for several platforms."),
}

LISTS: Mapping[str, Text] = {
    **_OPERATIONS,
    "number": _("Number"),
    "excerpt": _("Text"),
    "same_open": _("Same target"),
    "choose_rows": _("Choose all"),
    "merge_chosen": _("Merge the chosen ones"),
    "merge_chosen_title": _("Merge these {count} reports?"),
    "merge_final": _("Nobody can part them again. The one that stays is assigned to you."),
    "merge_targets": _(
        "They are not all about the same account or content: look whether they belong together."
    ),
    "merge_main": _("Which one stays"),
    "merge_few": _("Choose at least two open reports that are unassigned or assigned to you."),
    "saved.view": _("The view is saved. It stands in the side bar."),
    "saved.view_deleted": _("View deleted."),
    "saved.template": _("Template saved."),
    "saved.template_deleted": _("Template deleted."),
    "saved.note": _("Note saved."),
    "saved.reply": _("Reply sent."),
    "saved.assigned": _("It is assigned to you."),
    "saved.returned": _("It is handed back."),
    "saved.standing": _("Standing saved."),
    "saved.campaign": _("Campaign created."),
    "saved.step": _("Signed and sent."),
    "saved.narrowing": _("The narrowing is signed and sent."),
    "empty.reports": _("No report here. A new one arrives in “Reports to decide” while the list is open."),
    "empty.sanctions": _("No sanction here. One that another moderator proposes comes here to be confirmed."),
    "empty.appeals": _("No appeal here. An owner appeals on “My identity” or through your platform."),
    "empty.orders": _(
        "No order here. An authority gives one through the vault; one on paper your backend records."
    ),
    "empty.public_accounts": _(
        "No public account here. A verified owner applies on “My identity” or through your platform."
    ),
    "empty.contests": _("No contest here. An owner contests a verification on “My identity”."),
    "empty.disavowals": _("No disowned account here. A person disowns one on the operator's page."),
    "empty.reinstatements": _(
        "No appeal here. The owner of an account whose verification was withdrawn appeals on “My identity”."
    ),
    "empty.narrowings": _("No sanction has to be narrowed. One comes here when a verification is withdrawn."),
    "empty.reporters": _("No reporter here. Open one from a report, to trust or to limit."),
    "new_reports": _("New reports: {count}."),
    "no_news": _("New reports do not arrive at the moment."),
    "check_again": _("Check again"),
    "saved_views": _("Saved views"),
    "your_views": _("Your views"),
    "save_view": _("Save this view"),
    "view_name": _("Name of the view"),
    "view_name_hint": _("It stays on this machine, and stands in the side bar."),
    "save": _("Save"),
    "delete_view": _("Delete a view"),
    "delete_named": _("Delete: {name}"),
    "view_name_wrong": _("Enter a name of at most {most} characters, in one line"),
    "view_exists": _("Another view has this name"),
    "views_full": _("There are 20 views, and no more are kept. Delete one first."),
    "views_damaged": _("The file of your views ({file}) is damaged, and nothing is saved over it."),
    "no_such_list": _("This list cannot be saved"),
    "views_text": _("Each leads to a list with its filters, and stands in the side bar."),
    "no_views": _("There is none yet. Choose filters in a list, and save them there."),
}
