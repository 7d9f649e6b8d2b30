"""What a list says about its rows, those that arrive while it is open, and the views that one keeps."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


LISTS: Mapping[str, Text] = {
    "excerpt": _("Text"),
    "same_open": _("Same target"),
    "new_reports": _("New reports: {count}."),
    "no_news": _("New reports do not arrive at the moment."),
    "check_again": _.in_context("check_again", "Check again"),
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
