"""The texts that the hosted pages and the consoles share, in Chinese and English."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


SHARED: Mapping[str, Text] = {
    "error_title": _("There is a problem"),
    "error_prefix": _("Error: "),
    "field_error": _("{field}: {text}"),
    "copy_code": _("Copy"),
    "copied": _("Copied"),
    "skip": _("Skip to main content"),
    "switch": _("中文"),
    "not_repeated": _("To protect you, this page does not show what you typed. Please type it again."),
    "refused_title": _("This page cannot be shown"),
    "busy": _("Too many requests. Please try again in a moment."),
    "not_found": _("There is no such page."),
    "too_large": _("What was sent is too large."),
    "too_slow": _("Sending took too long. Please try again."),
    "left_days": _("{days} days left"),
    "left_hours": _("{hours} hours left"),
    "left_minutes": _("{minutes} minutes left"),
    "left_now": _("less than two minutes left"),
    "late_days": _("{days} days overdue"),
    "late_hours": _("{hours} hours overdue"),
    "late_minutes": _("{minutes} minutes overdue"),
    "late_now": _("just overdue"),
}
