"""The pages of reporters: trusted flaggers and limited ones, how often each was right, and their standing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from idvault_client.tip_offs import ReporterPage, ReporterStanding, TipOffReporter
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import done, listing, shown
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.shown import Field, Item, Link, PagePart, Row
from idvault_people.moderation.whole_list import all_pages
from idvault_people.moderation.workplace import Workplace

_SIZE, _MOST = 50, 10_000
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
            limited_until=reporter.limit_end_time,
            total=reporter.filed,
            upheld=reporter.upheld,
            dismissed=reporter.dismissed,
            made_to_harm=reporter.abusive,
            accuracy=None if accuracy is None else f"{accuracy:.0%}",
        )

    def standing(self, visit: Visit) -> Answer:
        """Show how often a reporter was right, and the form of a standing."""
        reporter, which = self._known(visit.parts["reporter"]), visit.parts["reporter"]
        earlier = PagePart(
            title=visit.say("earlier_reports"),
            rows=self._rows(reporter, visit) if reporter else (),
            codes=self.place.rows(visit, reporter=which),
            empty="" if reporter else visit.say("reporter_beyond", most=f"{_MOST:,}"),
        )
        return replace(self._form(visit), sections=[earlier]).page()

    def _known(self, reporter_id: str) -> TipOffReporter | None:
        """Return a reporter of the first ten thousand, by id: the vault reads no single one."""

        def ask(after: str) -> tuple[Sequence[TipOffReporter], str]:
            page = self.place.vault.tip_offs.list_reporters(page_size=_MOST // 10, page_token=after)
            return page.reporters, page.next_page_token

        return next((each for each in all_pages(ask, most=_MOST) if each.reporter_id == reporter_id), None)

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

    def _form(self, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("standing_title", reporter=visit.parts["reporter"][:_DIGITS]),
            texts=[say("standing_text")],
            button=say("send"),
            back="/reporters",
            request_id=self.place.new_id(),
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
