"""The pages of campaigns: the list, a new one, one with its figures, and its steps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from idvault_client.campaigns import Campaign, CampaignProgress, CampaignState, Plan
from idvault_client.commands.campaign import chart
from idvault_people.console.visit import Answer, ConsolePage, Download, NoPageError, Visit
from idvault_people.moderation import campaign_plan, done, listing, shown
from idvault_people.moderation import funnel as figures
from idvault_people.moderation.campaign_plan import CampaignForm
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.shown import Item, Link, PagePart, Row
from idvault_people.moderation.whole_list import every
from idvault_people.moderation.workplace import Workplace
from idvault_verify.campaign import DELIVERED

_SIZE = 1_000
_STEPS: Mapping[str, Sequence[CampaignState]] = {
    "start": (CampaignState.DRAFT,),
    "pause": (CampaignState.RUNNING,),
    "resume": (CampaignState.PAUSED,),
    "end": (CampaignState.DRAFT, CampaignState.RUNNING, CampaignState.PAUSED),
}
"""The steps of a campaign by their names in an address, and the states in which each is possible."""
_ONWARD = ("start", "resume")


@dataclass(frozen=True, kw_only=True, slots=True)
class CampaignPages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show the campaigns that are not over, or all, the newest first: the vault lists them last."""
        say = visit.say
        views = [("current", say("current_view")), ("all", say("all_view"))]
        current = listing.view_of(visit, views) == "current"
        found = list(every(self.place.vault.campaigns.list_page, "campaigns", page_size=_SIZE))
        return ListPage(
            title=say("campaigns"),
            views=views,
            items=[
                self._item(each, visit)
                for each in reversed(found)
                if not (current and each.state is CampaignState.ENDED)
            ],
            following="",
            hint=say("campaigns_text"),
            empty=say("no_campaigns"),
            links=[Link("/campaigns/new", say("new_campaign"))],
        ).page(visit)

    def _item(self, each: Campaign, visit: Visit) -> Item:
        say, plan = visit.say, each.plan
        rows = self.place.rows(
            visit,
            state=shown.word("campaign", each.state, say),
            campaign_how=", ".join(shown.word("method", method, say) for method in plan.methods),
            daily_limit=say("a_day", count=plan.daily_limit),
            started=each.started_at,
            created=each.created_at,
        )
        return Item(link=Link(_path(each), plan.title), rows=rows)

    def new(self, visit: Visit) -> Answer:
        """Show the form of a new campaign."""
        return self._making().form(visit).page()

    def create(self, visit: Visit) -> Answer:
        """Check it, show what it will do, or create it."""
        return self._making().answer(visit)

    def _making(self) -> CampaignForm:
        return CampaignForm(place=self.place, send=self._create)

    def _create(self, plan: Plan, request_id: str) -> str:
        calls = self.place.vault.campaigns
        made = calls.create(plan, key=self.place.key, request_id=request_id)
        return done.saved(_path(made), "campaign")

    def case(self, visit: Visit) -> Answer:
        """Show a campaign: what may be done, its figures, and its plan."""
        found, progress = self._read(visit), self._progress(visit)
        say = visit.say
        steps = [
            Link(f"{_path(found)}/{name}", say(f"do.{name}"), current=name in _ONWARD)
            for name in _possible(found)
        ]
        return ConsolePage(
            template="moderation_campaign.html",
            title=found.plan.title,
            values={
                "facts": self._facts(found, visit),
                "notes": _notes(found, progress, visit),
                "steps": steps,
                "tiles": _tiles(progress, visit),
                "funnel": figures.funnel(progress, visit),
                "curve": figures.curve(progress, visit),
                "stages": [say("campaign_how"), *(say(f"stage.{name}") for name in chart.STAGES)],
                "days": figures.by_day(progress, visit),
                "coverage": figures.coverage(progress, visit),
                "csv": f"{_path(found)}/figures.csv",
                "plan": campaign_plan.rows(found.plan, visit),
                "owner_told": campaign_plan.told(found.plan, visit),
            },
        )

    def _facts(self, found: Campaign, visit: Visit) -> list[Row]:
        return self.place.rows(
            visit,
            state=shown.word("campaign", found.state, visit.say),
            created=found.created_at,
            started=found.started_at,
        )

    def table(self, visit: Visit) -> Answer:
        """Return the figures by day and method as a file for spreadsheets."""
        progress = self._progress(visit)
        name = f"campaign-{progress.campaign_id[:8]}.csv"
        return Download(name=name, content=chart.table(progress).encode(), type="text/csv")

    def step(self, visit: Visit) -> Answer:
        """Ask before a campaign is started, paused, resumed or ended."""
        return self._step(visit).page()

    def take_step(self, visit: Visit) -> Answer:
        """Start, pause, resume or end it."""
        calls = self.place.vault.campaigns
        acts: Mapping[str, Callable[..., Campaign]] = {
            "start": calls.start,
            "pause": calls.pause,
            "resume": calls.resume,
            "end": calls.end,
        }
        which, act = visit.parts["campaign"], acts[visit.parts["step"]]

        def take(request_id: str) -> str:
            return done.saved(_path(act(which, key=self.place.key, request_id=request_id)), "step")

        return self._step(visit).act(visit, take)

    def _step(self, visit: Visit) -> Form:
        found, say, name = self._read(visit), visit.say, visit.parts["step"]
        if name not in _STEPS:
            raise NoPageError
        return Form(
            title=say(f"do.{name}"),
            texts=[say(f"does.{name}")],
            sections=[
                PagePart(
                    title=found.plan.title,
                    rows=[*self._facts(found, visit), *campaign_plan.rows(found.plan, visit)],
                )
            ],
            button=say("sign"),
            back=_path(found),
            request_id=self.place.new_id(),
            signs=True,
            states="campaign",
        )

    def _read(self, visit: Visit) -> Campaign:
        found: Campaign = self.place.vault.campaigns.get(visit.parts["campaign"])
        return found

    def _progress(self, visit: Visit) -> CampaignProgress:
        found: CampaignProgress = self.place.vault.campaigns.progress(visit.parts["campaign"])
        return found


def _path(found: Campaign) -> str:
    return f"/campaigns/{found.campaign_id}"


def _possible(found: Campaign) -> list[str]:
    return [name for name, states in _STEPS.items() if found.state in states]


def _notes(found: Campaign, progress: CampaignProgress, visit: Visit) -> list[str]:
    """Return what to do next, if something is missing."""
    say, notes = visit.say, []
    if found.state is CampaignState.DRAFT:
        notes.append(say("draft_text"))
    if progress.cohort_size == 0:
        notes.append(say("empty_cohort"))
    if found.state is CampaignState.RUNNING and progress.total.invited == 0:
        delivered = bool(DELIVERED & set(found.plan.methods))
        notes.append(say("nobody_fetched" if delivered else "nobody_asked"))
    return notes


def _tiles(progress: CampaignProgress, visit: Visit) -> list[Row]:
    say, total, verified = visit.say, progress.total, figures.verified(progress)
    return [
        (say("stage.cohort"), str(progress.cohort_size)),
        (say("stage.invited"), str(total.invited)),
        (say("verified_share"), figures.share(verified, progress.cohort_size)),
        (say("stage.unanswered"), str(progress.unanswered)),
    ]
