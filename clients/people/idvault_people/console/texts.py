"""The texts that every console has, in Chinese and English."""

from collections.abc import Mapping

from idvault_client.pages.texts import SHARED
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


CONSOLE: Mapping[str, Text] = {
    **SHARED,
    "menu": _("Menu"),
    "head_until": _("certificate until {day}"),
    "continue": _.in_context("continue", "Continue"),
    "back": _("Back"),
    "in_brackets": _("{text} ({more})"),
    "technical": _("Technical details"),
    "pair": _("{name}: {text}"),
    "comma": _(", "),
    "try_again": _("Try again"),
    "enter": _("Open the console"),
    "end": _("End the session"),
    "ended_title": _("The session has ended"),
    "ended_text": _("Your keys are no longer in memory. To go on, run the command again."),
    "failed_title": _("This was not done"),
    "failed_text": _(
        "Something unexpected failed. Go back and try again; if it fails again, use the command."
    ),
    "outside": _(
        "This console is open only to the browser that opened it, and its entrance works once. Run the "
        "command again, and open the file that it names."
    ),
    "required": _("Enter this"),
}

# For translators: a day and a time, in the letters of Unicode's date patterns.
TIME = _("d MMM y, HH:mm")
