"""The moderators' console: its addresses, and which handler serves each."""

from dataclasses import replace
from pathlib import Path

from idvault_people.console.app import Console
from idvault_people.console.visit import Handler, Route
from idvault_people.moderation import merging, way_back
from idvault_people.moderation.appeal import AppealPages
from idvault_people.moderation.campaign import CampaignPages
from idvault_people.moderation.contest import ContestCasePages
from idvault_people.moderation.counts import CountedPages, QueueCounts
from idvault_people.moderation.decision import DecisionPages
from idvault_people.moderation.disavowal import DisavowalCasePages
from idvault_people.moderation.explanation import explain
from idvault_people.moderation.intake import IntakePages
from idvault_people.moderation.measure import MeasurePages
from idvault_people.moderation.merging import ChosenMergePages
from idvault_people.moderation.month import MonthPages
from idvault_people.moderation.narrowing import NarrowingPages
from idvault_people.moderation.operation import OperationPages
from idvault_people.moderation.order import OrderInboxPages
from idvault_people.moderation.overview import OverviewPages
from idvault_people.moderation.own_history_page import OwnHistoryPages
from idvault_people.moderation.public_account import PublicAccountPages
from idvault_people.moderation.reinstatement import ReinstatementCasePages
from idvault_people.moderation.reporter import ReporterStandingPages
from idvault_people.moderation.sanction import SanctionPages
from idvault_people.moderation.saved_view import SavedViewPages
from idvault_people.moderation.template import SanctionTemplatePages
from idvault_people.moderation.texts import TEXTS
from idvault_people.moderation.tip_off import ReportCasePages
from idvault_people.moderation.workplace import Workplace

TEMPLATES = Path(__file__).parent / "templates"
_ID = "[0-9a-f]{32}"
_MENU = (
    ("/", "overview"),
    ("/reports", "reports"),
    ("/sanctions", "sanctions"),
    ("/templates", "templates"),
    ("/appeals", "appeals"),
    ("/measures", "measures"),
    ("/orders", "orders"),
    ("/public-accounts", "public_accounts"),
    ("/contests", "contests"),
    ("/disavowals", "disavowals"),
    ("/reinstatements", "reinstatements"),
    ("/narrowings", "narrowings"),
    ("/reporters", "reporters"),
    ("/operations", "operations"),
    ("/campaigns", "campaigns"),
    ("/figures", "figures"),
    ("/history", "own_history"),
)


def console(place: Workplace) -> Console:
    """Return the console of a moderator."""
    counts = QueueCounts(clock=place.clock)
    return Console(
        texts=TEXTS,
        templates=TEMPLATES,
        menu=_MENU,
        routes=tuple(_routes(place, counts)),
        explain=explain,
        counts=counts.shown,
        saved=SavedViewPages(views=place.views).menu,
        head=place.head,
    )


def _routes(place: Workplace, counts: QueueCounts) -> list[Route]:
    tip_offs, sanctions = ReportCasePages(place=place), SanctionPages(place=place)
    appeals, public_accounts = AppealPages(place=place), PublicAccountPages(place=place)
    contests, narrowings = ContestCasePages(place=place), NarrowingPages(place=place)
    reinstatements, disavowals = ReinstatementCasePages(place=place), DisavowalCasePages(place=place)
    orders, measures = OrderInboxPages(place=place), MeasurePages(place=place)
    overview = OverviewPages(
        place=place,
        orders=orders,
        measures=measures,
        tip_offs=tip_offs,
        sanctions=sanctions,
        appeals=appeals,
        public_accounts=public_accounts,
        contests=contests,
        disavowals=disavowals,
        reinstatements=reinstatements,
        narrowings=narrowings,
        counts=counts,
    )
    counted = CountedPages(counts=counts, count=overview.count)
    routes = [
        Route("GET", "/", overview.show),
        Route("GET", "/figures", MonthPages(place=place).figures),
        Route("GET", "/history", OwnHistoryPages(place=place).show),
        *_of_tip_offs(tip_offs, DecisionPages(place=place), IntakePages(place=place)),
        *_of_sanctions(sanctions),
        *_of_templates(SanctionTemplatePages(place=place)),
        *_of_appeals(appeals),
        *_of_measures(measures),
        *_of_orders(orders),
        *_of_public_accounts(public_accounts),
        *_of_cases(contests),
        *_of_cases(disavowals),
        *_of_cases(reinstatements),
        *_of_narrowings(narrowings),
        *_of_reporters(ReporterStandingPages(place=place)),
        *_of_operations(OperationPages(place=place)),
        *_of_campaigns(CampaignPages(place=place)),
        *_of_views(SavedViewPages(views=place.views)),
    ]
    lists = frozenset(path for path, _ in _MENU)

    def whole(handler: Handler) -> Handler:
        kept = counted.beside(place.history.beside(handler, clock=place.clock))
        return way_back.beside(kept, lists=lists)

    beside = [replace(each, handler=whole(each.handler)) for each in routes]
    # Asked for by an open list every 20 seconds, which no count may make dearer.
    return [*beside, Route("GET", "/reports/rows", tip_offs.rows)]


def _form(path: str, show: Handler, act: Handler) -> list[Route]:
    """Return a form's page: a GET shows it, a POST acts."""
    return [Route("GET", path, show), Route("POST", path, act)]


def _of_tip_offs(pages: ReportCasePages, decision: DecisionPages, intake: IntakePages) -> list[Route]:
    case, merger = f"/reports/{{report:{_ID}}}", ChosenMergePages(place=pages.place)
    return [
        Route("GET", "/reports", pages.queue),
        *_form("/reports/new", intake.form, intake.take),
        *_form("/reports/assignment", pages.queue, pages.assign_chosen),
        *_form(merging.PATH, merger.ask, merger.merge),
        Route("GET", case, decision.show),
        Route("GET", f"{case}/copy", pages.copy),
        *_form(f"{case}/assignment", pages.assignment, pages.assign),
        *_form(f"{case}/return", pages.returning, pages.hand_back),
        *_form(f"{case}/note", pages.note, pages.add_note),
        *_form(f"{case}/reply", pages.reply, pages.answer),
        *_form(f"{case}/duplicates", pages.duplicates, pages.merge),
        *_form(f"{case}/decision", decision.show, decision.decide),
        *_form(f"{case}/sanction", decision.sanction, decision.uphold),
        *_form(f"{case}/content", decision.content, decision.uphold_content),
    ]


def _of_sanctions(pages: SanctionPages) -> list[Route]:
    case = f"/sanctions/{{sanction:{_ID}}}"
    return [
        Route("GET", "/sanctions", pages.queue),
        *_form("/sanctions/new", pages.new, pages.impose),
        Route("GET", case, pages.case),
        *_form(f"{case}/confirmation", pages.confirmation, pages.confirm),
        *_form(f"{case}/end", pages.ending, pages.lift),
        Route("GET", "/accounts/{account:acct_[0-9a-z]{26}}", pages.account),
    ]


def _of_templates(pages: SanctionTemplatePages) -> list[Route]:
    case = f"/templates/{{template:{_ID}}}"
    return [
        Route("GET", "/templates", pages.queue),
        *_form("/templates/new", pages.new, pages.make),
        *_form(case, pages.case, pages.change),
        *_form(f"{case}/deletion", pages.deletion, pages.delete),
    ]


def _of_appeals(pages: AppealPages) -> list[Route]:
    case = f"/appeals/{{appeal:{_ID}}}"
    return [
        Route("GET", "/appeals", pages.queue),
        Route("GET", case, pages.case),
        *_form(f"{case}/decision", pages.decision, pages.decide),
    ]


def _of_measures(pages: MeasurePages) -> list[Route]:
    case = f"/measures/{{measure:{_ID}}}"
    return [
        Route("GET", "/measures", pages.queue),
        Route("GET", case, pages.case),
        *_form(f"{case}/decision", pages.case, pages.decide),
        *_form(f"{case}/end", pages.case, pages.reverse),
    ]


def _of_orders(pages: OrderInboxPages) -> list[Route]:
    case = f"/orders/{{order:{_ID}}}"
    return [
        Route("GET", "/orders", pages.queue),
        Route("GET", case, pages.case),
        *_form(f"{case}/acknowledgement", pages.case, pages.acknowledge),
        *_form(f"{case}/objection", pages.case, pages.object_to),
        *_form(f"{case}/sanction", pages.sanction, pages.impose),
        *_form(f"{case}/content", pages.content, pages.impose_content),
    ]


def _of_public_accounts(pages: PublicAccountPages) -> list[Route]:
    case = f"/public-accounts/{{public_account:{_ID}}}"
    return [
        Route("GET", "/public-accounts", pages.queue),
        Route("GET", case, pages.case),
        *_form(f"{case}/decision", pages.decision, pages.decide),
        *_form(f"{case}/renewal", pages.renewal, pages.renew),
    ]


def _of_cases(pages: ContestCasePages | DisavowalCasePages | ReinstatementCasePages) -> list[Route]:
    case = f"{pages.path}/{{case:{_ID}}}"
    return [
        Route("GET", pages.path, pages.queue),
        Route("GET", case, pages.case),
        *_form(f"{case}/decision", pages.decision, pages.decide),
        *_form(f"{case}/confirmation", pages.confirmation, pages.confirm),
    ]


def _of_narrowings(pages: NarrowingPages) -> list[Route]:
    return [
        Route("GET", "/narrowings", pages.queue),
        *_form(f"/sanctions/{{sanction:{_ID}}}/narrowing", pages.narrowing, pages.narrow),
    ]


def _of_reporters(pages: ReporterStandingPages) -> list[Route]:
    return [
        Route("GET", "/reporters", pages.queue),
        *_form(f"/reporters/{{reporter:{_ID}}}/standing", pages.standing, pages.set_standing),
    ]


def _of_operations(pages: OperationPages) -> list[Route]:
    case = f"/operations/{{operation:{_ID}}}"
    return [
        Route("GET", "/operations", pages.queue),
        *_form("/operations/new", pages.new, pages.open),
        Route("GET", case, pages.case),
        *_form(f"{case}/closing", pages.case, pages.close),
    ]


def _of_campaigns(pages: CampaignPages) -> list[Route]:
    case = f"/campaigns/{{campaign:{_ID}}}"
    return [
        Route("GET", "/campaigns", pages.queue),
        *_form("/campaigns/new", pages.new, pages.create),
        Route("GET", case, pages.case),
        Route("GET", f"{case}/figures.csv", pages.table),
        *_form(f"{case}/{{step:start|pause|resume|end}}", pages.step, pages.take_step),
    ]


def _of_views(pages: SavedViewPages) -> list[Route]:
    return [
        *_form("/views", pages.show, pages.keep),
        Route("POST", "/views/deletion", pages.delete),
    ]
