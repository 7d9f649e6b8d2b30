"""What the pages of templates say, and their field in the form of a sanction."""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


TEMPLATES: Mapping[str, Text] = {
    "templates": _("Templates"),
    "templates_text": _(
        "The form of a sanction can begin with a template: choose it there, read it, and change what differs."
    ),
    "templates_kept": _("Templates of your platform"),
    "no_templates": _("There is none yet. Make one for each rule that you apply often."),
    "new_template": _("New template"),
    "template": _("Template"),
    "template_title": _("Template: {name}"),
    "template_text": _("All moderators of your platform use it. It is not signed, and must name nobody."),
    "template_name": _("Name of the template"),
    "template_name_hint": _("Such as: rumour, first time."),
    "template_hint": _("It fills the fields below. What you have typed stays."),
    "no_template": _.in_context("no_template", "none"),
    "fill_in": _("Fill in"),
    "template_stayed": _("Left as it was: {fields}."),
    "keep_template": _("Save the template"),
    "use_template": _("Impose a sanction with it"),
    "delete_template": _("Delete the template"),
    "delete_template_title": _("Delete the template: {name}"),
    "delete_template_text": _("No moderator can choose it any more. Sanctions stay as they are."),
    "templates_full": _("There are 100 templates, and no more are kept. Delete one first."),
}
