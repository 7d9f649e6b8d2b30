"""The pages of reporters: trusted flaggers and limited ones, how often each was right, and their standing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from idvault_client import reasons
from idvault_client.tip_offs import ReporterPage, ReporterStanding, TipOffReporter
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import done, listing, shown
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.shown import Field, Item, Link, PagePart, Row
from idvault_people.moderation.workplace import Workplace
from idvault_verify.error import Reason

_SIZE = 50
_DIGITS = 8
_ORDER = (
    ReporterStanding.TRUSTED,
    ReporterStanding.WARNED,
    ReporterStanding.LIMITED,
    ReporterStanding.ORDINARY,
)
# A warning follows from an abusive report; nobody gives one by hand.
_GIVEN = (ReporterStanding.ORDINARY, ReporterStanding.TRUSTED, ReporterStanding.LIMITED)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReporterStandingPages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show reporters of a standing, by their ids."""
        say = visit.say
        views = [(each.value.lower(), say(f"reporter.{each.value}")) for each in _ORDER]
        standing = ReporterStanding(listing.view_of(visit, views).upper())
        found: ReporterPage = self.place.vault.tip_offs.list_reporters(
            standing=standing, page_size=_SIZE, page_token=listing.after(visit)
        )
        return ListPage(
            title=say("reporters"),
            views=views,
            items=[self._item(each, visit) for each in found.reporters],
            following=found.next_page_token,
        ).page(visit)

    def _item(self, reporter: TipOffReporter, visit: Visit) -> Item:
        link = Link(path(reporter.reporter_id), reporter.reporter_id[:_DIGITS])
        return Item(link=link, rows=self._rows(reporter, visit))

    def _rows(self, reporter: TipOffReporter, visit: Visit) -> list[Row]:
        accuracy = reporter.accuracy
        return self.place.rows(
            visit,
            reporter_level=shown.word("reporter", reporter.standing, visit.say),
            limited_until=reporter.limit_end_time and self._last_day(reporter.limit_end_time, visit),
            total=reporter.filed,
            upheld=reporter.upheld,
            dismissed=reporter.dismissed,
            made_to_harm=reporter.abusive,
            accuracy=None if accuracy is None else f"{accuracy:.0%}",
        )

    def standing(self, visit: Visit) -> Answer:
        """Show how often a reporter was right, and the form of a standing."""
        return self._form(visit).page()

    def _earlier(self, visit: Visit) -> PagePart:
        """Return how often a reporter was right, and the id."""
        which = visit.parts["reporter"]
        page = self.place.vault.tip_offs.list_reporters(reporter_id=which, page_size=1)
        # A vault of an earlier version lists others, too.
        found = next((each for each in page.reporters if each.reporter_id == which), None)
        unknown = reasons.reason_text(Reason.REPORTER_NOT_FOUND, language=visit.language)
        return PagePart(
            title=visit.say("earlier_reports"),
            rows=self._rows(found, visit) if found else (),
            codes=self.place.rows(visit, reporter=which),
            empty="" if found else unknown,
        )

    def set_standing(self, visit: Visit) -> Answer:
        """Make a reporter a trusted flagger, limit one, or end either."""
        form, given, end = self._form(visit), visit.given("standing"), None
        errors = {}
        if given not in [each.value for each in _GIVEN]:
            errors["standing"] = visit.say("choose")
        if given == ReporterStanding.LIMITED:
            try:
                end = self._midnight(date.fromisoformat(visit.given("limited_until")))
            except ValueError:
                errors["limited_until"] = visit.say("not_a_day")
        if errors:
            return form.refilled(visit).page(errors=errors, status=422)

        def act(request_id: str) -> str:
            self.place.vault.tip_offs.set_reporter_standing(
                visit.parts["reporter"],
                ReporterStanding(given),
                key=self.place.key,
                limit_end=end,
                request_id=request_id,
            )
            return done.saved(f"/reporters?view={given.lower()}", "standing")

        return form.act(visit, act)

    def _midnight(self, last: date) -> datetime:
        """Return the end of a day where the moderator is."""
        following = datetime.combine(last + timedelta(days=1), time(), tzinfo=self.place.zone)
        return following.astimezone(UTC)

    def _last_day(self, end: datetime, visit: Visit) -> str:
        """Return the last day of a limit that ends with a day of the moderator's zone; else when it ends."""
        local = end.astimezone(self.place.zone)
        if local.time() != time():
            return self.place.time(end, visit)
        return shown.last_day(local.date(), language=visit.language)

    def _form(self, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("standing_title", reporter=visit.parts["reporter"][:_DIGITS]),
            texts=[say("standing_text")],
            button=say("send"),
            back="/reporters",
            request_id=self.place.new_id(),
            sections=[self._earlier(visit)],
            fields=[
                Field(
                    kind="choices",
                    id="standing",
                    label=say("reporter_level"),
                    options=shown.options("reporter", _GIVEN, say),
                ),
                Field(
                    kind="date",
                    id="limited_until",
                    label=say("limited_until"),
                    hint=say("limited_hint"),
                    required=False,
                ),
            ],
        )


def path(reporter_id: str) -> str:
    """Return the address of a reporter's standing."""
    return f"/reporters/{reporter_id}/standing"
