"""A template in the form of a sanction or measure: chosen in the address or form, never over what was typed.

- A template fills a field that is empty, or says what the form began with, or what the template before said.
- Every other field was typed by the moderator, or comes from the report or the order that the form answers.
  It stays as it is, and the form says which ones those are.
- A measure takes what it has of a template: neither degree nor days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from idvault_client.pages.rendering import BETWEEN_NAMES
from idvault_client.sanctions import PlatformTemplate
from idvault_people.console.visit import Visit
from idvault_people.moderation.form import Form
from idvault_people.moderation.shown import Field
from idvault_people.moderation.workplace import Workplace

FILL, TEMPLATE = "fill", "template"
_FILLED = "filled"
_MOST = 1_000


def kept(place: Workplace) -> list[PlatformTemplate]:
    """Return the platform's templates, by their names."""
    page = place.vault.sanctions.list_templates(page_size=_MOST)
    return sorted(page.templates, key=lambda each: (each.rule_reference, each.title))


def fields(templates: Sequence[PlatformTemplate], visit: Visit) -> list[Field]:
    """Return the field that chooses a template, and the one that keeps which one was chosen last."""
    if not templates:
        return []
    named = [
        (each.template_id, visit.say("named", name=each.rule_reference, what=each.title))
        for each in templates
    ]
    return [
        Field(
            kind="pick",
            id=TEMPLATE,
            label=visit.say("template"),
            hint=visit.say("template_hint"),
            options=[("", visit.say("no_template")), *named],
            required=False,
        ),
        Field(kind="hidden", id=_FILLED, required=False),
    ]


def begun(templates: Sequence[PlatformTemplate], visit: Visit) -> dict[str, str]:
    """Return what a form begins with by the template that its address names; nothing without one."""
    wanted = visit.query.get(TEMPLATE, "")
    return {TEMPLATE: wanted, _FILLED: wanted, **values(templates, wanted)}


def values(templates: Sequence[PlatformTemplate], template_id: str) -> Mapping[str, str]:
    """Return the fields that a template fills; nothing for one that is not there any more."""
    found = next((each for each in templates if each.template_id == template_id), None)
    if found is None:
        return {}
    return {
        "rule_reference": found.rule_reference,
        "ground": found.ground or "",
        "category": found.category or "",
        "degree": found.degree or "",
        "measure": found.measure,
        "days": str(found.days or ""),
        "territory": found.territory,
        "redress": found.redress,
    }


def filled(
    form: Form,
    visit: Visit,
    *,
    usual: Form,
    templates: Sequence[PlatformTemplate],
    given: Mapping[str, str],
) -> Form:
    """Return a form with the template that was chosen in it.

    usual: the form as it begins; given: what the report or order says that it answers.
    """
    wanted = visit.given(TEMPLATE)
    new, former = values(templates, wanted), values(templates, visit.given(_FILLED))
    begins = {each.id: each.value for each in usual.fields}
    changed, stayed = [], []
    for each in form.fields:
        if each.id == _FILLED:
            changed.append(replace(each, value=wanted))
        elif each.id not in new or each.kind == "hidden" or each.value == new[each.id]:
            changed.append(each)
        elif given.get(each.id) and each.value == given[each.id]:
            changed.append(each)
            stayed.append(each.label)
        elif each.value in {"", begins.get(each.id, ""), former.get(each.id, "")}:
            changed.append(replace(each, value=new[each.id]))
        else:
            changed.append(each)
            stayed.append(each.label)
    told = [visit.say("template_stayed", fields=BETWEEN_NAMES[visit.language].join(stayed))] if stayed else []
    return replace(form, fields=changed, texts=[*form.texts, *told])
