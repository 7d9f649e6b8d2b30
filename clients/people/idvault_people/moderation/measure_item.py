"""A measure on content as it stands in a list: the list of measures, and what is known about a content."""

from idvault_client.sanctions import AppealState, PlatformContentMeasure
from idvault_people.console.visit import Visit
from idvault_people.moderation import shown
from idvault_people.moderation.shown import Item, Link
from idvault_people.moderation.workplace import Workplace


def item(measure: PlatformContentMeasure, *, place: Workplace, visit: Visit) -> Item:
    """Return a measure as it stands in a list."""
    say, appeal, passed = visit.say, measure.appeal, spent(measure, place)
    rows = place.rows(
        visit,
        due=place.left(appeal.due_time, visit) if appeal and passed is not None else None,
        content_kind=shown.word("content_kind", measure.kind, say),
        state=shown.word("measure_state", measure.state, say),
        imposed_at=measure.impose_time,
    )
    marks = [say("yours")] if measure.impose_moderator_id == place.me else []
    return Item(link=Link(path(measure), measure.content), rows=rows, marks=marks, spent=passed)


def spent(measure: PlatformContentMeasure, place: Workplace) -> int | None:
    """Return how much of the time of its appeal has passed, in per cent; None if none waits."""
    appeal = measure.appeal
    if appeal is None or appeal.state is not AppealState.FILED:
        return None
    return place.spent(appeal.file_time, appeal.due_time)


def path(measure: PlatformContentMeasure) -> str:
    """Return the address of a measure's page."""
    return f"/measures/{measure.measure_id}"
