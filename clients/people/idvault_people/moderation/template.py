"""The pages of templates: what the form of a sanction begins with, kept for the whole platform."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from idvault_client.errors import NotFound, VaultError
from idvault_client.sanctions import Degree, Ground, PlatformTemplate, SanctionCategory
from idvault_people.console.visit import Answer, GoTo, NoPageError, Visit
from idvault_people.moderation import done, shown, statement, template_choice
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.form import REQUEST_ID, Form
from idvault_people.moderation.sanction_form import choices, days_field, degree_fields, redress
from idvault_people.moderation.shown import Field, Item, Link, PagePart
from idvault_people.moderation.workplace import Workplace

PATH = "/templates"
_TITLE, _RULE = 64, 200
_FULL = "template"


@dataclass(frozen=True, kw_only=True, slots=True)
class SanctionTemplatePages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show the templates, by the rules that they are of."""
        say = visit.say
        items = [self._item(each, visit) for each in template_choice.kept(self.place)]
        return CasePage(
            title=say("templates"),
            hint=say("templates_text"),
            sections=[
                PagePart(
                    title=say("templates_kept"),
                    items=items,
                    empty=say("no_templates"),
                    head=say("template_name"),
                )
            ],
            acts=[Link(f"{PATH}/new", say("new_template"))],
        ).page()

    def _item(self, template: PlatformTemplate, visit: Visit) -> Item:
        say = visit.say
        rows = self.place.rows(
            visit,
            rule_reference=template.rule_reference,
            category=shown.word("category", template.category, say),
            degree=shown.word("degree", template.degree, say),
            days=template.days or say("no_end"),
        )
        return Item(link=Link(_path(template), template.title), rows=rows)

    def new(self, visit: Visit) -> Answer:
        """Show the form of a new template."""
        return self._form(visit, None).page()

    def make(self, visit: Visit) -> Answer:
        """Keep a new template."""
        return self._keep(visit, None)

    def case(self, visit: Visit) -> Answer:
        """Show a template in the form that replaces it."""
        return self._form(visit, self._read(visit)).page()

    def change(self, visit: Visit) -> Answer:
        """Replace a template."""
        return self._keep(visit, self._read(visit))

    def deletion(self, visit: Visit) -> Answer:
        """Ask before a template is deleted."""
        return self._deletion(visit).page()

    def delete(self, visit: Visit) -> Answer:
        """Delete a template; one that a colleague deleted meanwhile is gone as well."""
        try:
            self.place.vault.sanctions.delete_template(
                visit.parts["template"], request_id=visit.given(REQUEST_ID)
            )
        except NotFound:
            # A colleague was faster: it is gone, which is what was wanted, and the list shows it.
            return GoTo(done.saved(PATH, "template_deleted"))
        except VaultError as error:
            return self._deletion(visit).refused(error, visit)
        return GoTo(done.saved(PATH, "template_deleted"))

    def _read(self, visit: Visit) -> PlatformTemplate:
        wanted = visit.parts["template"]
        found = [each for each in template_choice.kept(self.place) if each.template_id == wanted]
        if not found:
            raise NoPageError
        return found[0]

    def _keep(self, visit: Visit, former: PlatformTemplate | None) -> Answer:
        form = self._form(visit, former).refilled(visit)
        wanted, errors = _wanted(visit, former)
        if errors:
            return form.page(errors=errors, status=422)
        try:
            self.place.vault.sanctions.set_template(wanted, request_id=form.request_id)
        except VaultError as error:
            if _FULL in error.fields:
                return form.page(errors={"": visit.say("templates_full")}, status=422)
            return form.refused(error, visit)
        return GoTo(done.saved(PATH, "template"))

    def _form(self, visit: Visit, template: PlatformTemplate | None) -> Form:
        say = visit.say
        begun = template_choice.values([template], template.template_id) if template else self.place.habits
        name = template.title if template else ""
        return Form(
            title=say("template_title", name=name) if template else say("new_template"),
            texts=[say("template_text")],
            sections=[_links(template, visit)] if template else [],
            button=say("keep_template"),
            back=PATH,
            request_id=self.place.new_id(),
            fields=_fields({**begun, "title": name}, visit),
        )

    def _deletion(self, visit: Visit) -> Form:
        template, say = self._read(visit), visit.say
        return Form(
            title=say("delete_template_title", name=template.title),
            texts=[say("delete_template_text")],
            button=say("delete_template"),
            back=f"{PATH}/{visit.parts['template']}",
            request_id=self.place.new_id(),
        )


def _path(template: PlatformTemplate) -> str:
    return f"{PATH}/{template.template_id}"


def _links(template: PlatformTemplate, visit: Visit) -> PagePart:
    return PagePart(
        title=visit.say("what_you_can_do"),
        links=[
            Link(f"/sanctions/new?template={template.template_id}", visit.say("use_template")),
            Link(f"{_path(template)}/deletion", visit.say("delete_template")),
        ],
    )


def _fields(begun: Mapping[str, str], visit: Visit) -> list[Field]:
    """Return the fields, as they begin."""
    say = visit.say
    made = [
        Field(
            kind="text", id="title", label=say("template_name"), hint=say("template_name_hint"), limit=_TITLE
        ),
        Field(
            kind="text",
            id="rule_reference",
            label=say("rule_reference"),
            hint=say("rule_hint"),
            limit=_RULE,
        ),
        choices(visit, "ground", "ground", list(Ground)),
        choices(visit, "category", "category", list(SanctionCategory)),
        *degree_fields(visit),
        days_field(visit),
        *redress(visit),
    ]
    return [replace(each, value=begun.get(each.id, "")) for each in made]


def _wanted(visit: Visit, former: PlatformTemplate | None) -> tuple[PlatformTemplate, dict[str, str]]:
    """Return what the form says, and what is wrong with it by field; the vault checks the texts."""
    errors: dict[str, str] = {}
    days = visit.given("days")
    if days and not statement.is_length(days):
        errors["days"] = visit.say("not_days")
    known = {"ground": Ground, "category": SanctionCategory, "degree": Degree}
    for name, kind in known.items():
        if visit.given(name) not in kind.__members__:
            errors[name] = visit.say("choose")
    return (
        PlatformTemplate(
            title=visit.line("title"),
            rule_reference=visit.line("rule_reference"),
            ground=Ground.__members__.get(visit.given("ground")),
            category=SanctionCategory.__members__.get(visit.given("category")),
            degree=Degree.__members__.get(visit.given("degree")),
            territory=visit.line("territory"),
            redress=visit.line("redress"),
            measure=visit.line("measure"),
            days=int(days) if days and "days" not in errors else 0,
            template_id=former.template_id if former else "",
        ),
        errors,
    )
