"""The methods of SanctionService about templates, and their messages."""

from dataclasses import dataclass

from idvault.core.act import Vault
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.moderator import api as moderator_api
from idvault.sanction.api import CATEGORIES, DEGREES, GROUNDS, chosen, page
from idvault.sanction.sanction_template import acts, rules
from idvault.sanction.sanction_template.rules import SanctionTemplate, TemplateContent
from idvault_verify.clock import ClockReading
from idvault_verify.error import InvalidError, Reason, Violation
from idvault_verify.v1 import sanction_pb2 as pb

_FIELD = "template"


def message(value: SanctionTemplate) -> pb.SanctionTemplate:
    """Return the message of a template."""
    content = value.content
    return pb.SanctionTemplate(
        template_id=value.template_id,
        title=content.title,
        rule_reference=content.rule_reference,
        ground=GROUNDS[content.ground],
        category=CATEGORIES[content.category],
        degree=DEGREES[content.degree],
        measure=content.measure,
        days=content.days,
        territory=content.territory,
        redress=content.redress,
    )


def content(given: pb.SanctionTemplate) -> TemplateContent:
    """Return what a template says; raises InvalidError (INVALID_MESSAGE), which names every invalid field."""
    missing: list[Violation] = []
    read = TemplateContent(
        title=given.title,
        rule_reference=given.rule_reference,
        ground=chosen(GROUNDS, given.ground, f"{_FIELD}.ground", missing),
        category=chosen(CATEGORIES, given.category, f"{_FIELD}.category", missing),
        degree=chosen(DEGREES, given.degree, f"{_FIELD}.degree", missing),
        measure=given.measure,
        days=given.days,
        territory=given.territory,
        redress=given.redress,
    )
    unread = {each.field for each in missing}
    for name, code in rules.wrong(content=read).items():
        # Whether a measure fits a degree that was not chosen is not known.
        if name != "measure" or f"{_FIELD}.degree" not in unread:
            missing.append(Violation(f"{_FIELD}.{name}", code))
    if missing:
        raise InvalidError(Reason.INVALID_MESSAGE, *missing)
    return read


@dataclass(kw_only=True, eq=False, repr=False)
class TemplateMethods:
    """The methods about templates, which no moderator signs."""

    vault: Vault

    async def SetSanctionTemplate(
        self,
        request: pb.SetSanctionTemplateRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.SanctionTemplate:
        """Keep a template: a new one, or in place of one."""
        call, wanted = repetition.asked(request, caller), content(request.template)
        if not request.template.template_id:
            return message(await acts.make(self.vault, call, now, self.vault.new_id(), wanted))
        which = moderator_api.an_id(request.template.template_id, f"{_FIELD}.template_id")
        return message(await acts.change(self.vault, call, now, which, wanted))

    async def DeleteSanctionTemplate(
        self,
        request: pb.DeleteSanctionTemplateRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.DeleteSanctionTemplateResponse:
        """Delete a template."""
        template_id = moderator_api.an_id(request.template_id, "template_id")
        await acts.remove(self.vault, repetition.asked(request, caller), now, template_id)
        return pb.DeleteSanctionTemplateResponse()

    async def ListSanctionTemplates(
        self,
        request: pb.ListSanctionTemplatesRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListSanctionTemplatesResponse:
        """Return a page of templates."""
        after, limit = page(request)
        found, following = await acts.page(self.vault, caller.name, after=after, limit=limit)
        return pb.ListSanctionTemplatesResponse(
            templates=[message(each) for each in found], next_page_token=following
        )
