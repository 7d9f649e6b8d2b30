"""The form of a measure on a piece of content, which needs no account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idvault_client.sanctions import ContentMeasureKind, UpheldContentMeasure
from idvault_people.console.visit import Visit
from idvault_people.moderation import readers, sanction_form, shown, statement, template_choice
from idvault_people.moderation.sanction_form import StatementForm
from idvault_people.moderation.shown import Field, PagePart, Row


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentMeasureForm(StatementForm[UpheldContentMeasure]):
    """One page of a measure on content."""

    def about(self, visit: Visit, wanted: UpheldContentMeasure | None = None) -> list[PagePart]:
        """Return the content, once it is known."""
        content = wanted.content if wanted else self.given.get("content", "")
        if not content:
            return []
        return [PagePart(title=visit.say("falls_on"), rows=[(visit.say("content"), content)])]

    def fields(self, visit: Visit) -> list[Field]:
        """Return the fields: a measure has no end and belongs to no operation."""
        say = visit.say
        return [
            *template_choice.fields(template_choice.kept(self.place), visit),
            Field(kind="text", id="content", label=say("content"), hint=say("content_hint")),
            sanction_form.choices(visit, "content_kind", "content_kind", list(ContentMeasureKind)),
            *sanction_form.grounds(visit),
            *sanction_form.redress(visit),
            *sanction_form.issuer(visit),
        ]

    def read(self, visit: Visit, *, now: datetime) -> tuple[UpheldContentMeasure, Mapping[str, str]]:
        """Return the measure, and what is wrong with it by field."""
        return statement.read_measure(visit, origin=self.origin, tip_off=self.tip_off, now=now)

    def rows(self, wanted: UpheldContentMeasure, visit: Visit) -> list[Row]:
        """Return everything that is about to be signed."""
        return statement.preview_measure(wanted, place=self.place, visit=visit)

    def owner_reads(self, wanted: UpheldContentMeasure, visit: Visit) -> list[Row]:
        """Return what the platform tells whoever published the content."""
        kind = shown.word("content_kind", wanted.kind, visit.say)
        told = readers.owner(wanted.statement, place=self.place, visit=visit)
        return [(visit.say("content"), wanted.content), (visit.say("content_kind"), kind), *told]

    def public_reads(self, wanted: UpheldContentMeasure, visit: Visit) -> list[Row]:
        """Return the entry of the public log."""
        return readers.public_of_measure(wanted, visit)

    def needs_two(self, wanted: UpheldContentMeasure) -> bool:
        """Return whether another moderator must confirm it: never."""
        return False
