"""The pages of operations: what a platform does against something for a while, its reports and sanctions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from idvault_client.sanctions import OperationState, OperationTipOffs, PlatformOperation, Scope
from idvault_people.console.visit import Answer, Visit
from idvault_people.moderation import done, history, listing, shown, way_back
from idvault_people.moderation.case_page import CasePage
from idvault_people.moderation.form import Form
from idvault_people.moderation.listing import ListPage
from idvault_people.moderation.report_case import ReportScreen
from idvault_people.moderation.shown import Field, FigureBar, Item, Link, PagePart
from idvault_people.moderation.workplace import Workplace

PATH = "/operations"
_SIZE, _BESIDE = 50, 20
_TITLE = 200
# In which view of the reports those of a state are found.
_VIEWS = {
    "received": "unassigned",
    "assigned": "open",
    "answered": "open",
    "merged": "open",
    "resolved": "closed",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationPages:
    """The handlers."""

    place: Workplace

    def queue(self, visit: Visit) -> Answer:
        """Show open operations, or closed ones."""
        say = visit.say
        views = [("open", say("operations_open")), ("closed", say("operations_closed"))]
        state = OperationState(listing.view_of(visit, views).upper())
        found = self.place.vault.sanctions.list_operations(
            state=state, page_size=_SIZE, page_token=listing.after(visit)
        )
        return ListPage(
            title=say("operations"),
            views=views,
            items=[self._item(each, visit) for each in found.operations],
            following=found.next_page_token,
            head=say("operation_title"),
            links=[Link(f"{PATH}/new", say("open_operation"))],
        ).page(visit)

    def _item(self, operation: PlatformOperation, visit: Visit) -> Item:
        rows = self.place.rows(visit, **self._times(operation, visit))
        return Item(link=Link(_path(operation), operation.title), rows=rows)

    def _times(self, operation: PlatformOperation, visit: Visit) -> dict[str, Any]:
        is_joint = bool(operation.signed_operation)
        ends = operation.end_time if operation.state is OperationState.OPEN else None
        return {
            "opened_by": visit.say("joint_operation" if is_joint else "own_operation"),
            "opened_at": operation.open_time,
            "closes": ends and self.place.deadline(ends, visit),
            "closed_at": operation.close_time,
        }

    def new(self, visit: Visit) -> Answer:
        """Show the form of a new operation."""
        return self._new_form(visit).page()

    def open(self, visit: Visit) -> Answer:
        """Sign and open an operation."""

        def act(request_id: str) -> str:
            made = self.place.vault.sanctions.open_operation(
                visit.line("title"), key=self.place.key, request_id=request_id
            )
            return done.at(_path(made))

        return self._new_form(visit).act(visit, act)

    def _new_form(self, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("open_operation"),
            texts=[say("operation_text")],
            button=say("sign"),
            back=PATH,
            request_id=self.place.new_id(),
            signs=True,
            fields=[
                Field(
                    kind="text",
                    id="title",
                    label=say("operation_title"),
                    hint=say("operation_title_hint"),
                    limit=_TITLE,
                )
            ],
        )

    def case(self, visit: Visit) -> Answer:
        """Show an operation with its figures, reports and sanctions."""
        operation, say = self.place.vault.sanctions.get_operation(visit.parts["operation"]), visit.say
        page = CasePage(
            title=operation.title,
            sections=[
                self._reports(operation, visit),
                self._sanctions(operation, visit),
                *self._lists(operation, visit),
            ],
            aside=say("operation"),
            facts=self.place.rows(
                visit,
                state=shown.word("operation_state", operation.state, say),
                **self._times(operation, visit),
            ),
            folded=[self._closing(operation, visit)] if _may_close(operation) else [],
        )
        now = say("now_it_is", state=shown.word("operation_state", operation.state, say))
        return done.told(
            page, visit, f"{say('done')} {now}", following=PATH + way_back.kept(visit), words="to_list"
        ).page()

    def _reports(self, operation: PlatformOperation, visit: Visit) -> PagePart:
        counts = operation.tip_offs or OperationTipOffs()
        states = {name: getattr(counts, name) for name in OperationTipOffs.__slots__}
        bars = [
            FigureBar(
                visit.say(f"state.{name.upper()}"),
                str(count),
                _share(count, states.values()),
                f"/reports?view={_VIEWS[name]}&operation={operation.operation_id}",
            )
            for name, count in states.items()
        ]
        return PagePart(title=visit.say("reports"), bars=bars, head=visit.say("state"))

    def _sanctions(self, operation: PlatformOperation, visit: Visit) -> PagePart:
        say, most = visit.say, [each.imposed for each in operation.figures]
        bars = []
        for each in operation.figures:
            degree = shown.word("degree", each.degree, say)
            told = say(
                "sanction_figure",
                imposed=each.imposed,
                in_force=each.in_force,
                lifted=each.lifted,
                lapsed=each.lapsed,
                overturned=each.overturned,
            )
            name = say("of_owner", degree=degree) if each.scope is Scope.PERSON else degree
            bars.append(FigureBar(name, told, _share(each.imposed, most), ""))
        return PagePart(
            title=say("sanctions"), bars=bars, head=say("degree"), empty=say("operation_no_sanction")
        )

    def _lists(self, operation: PlatformOperation, visit: Visit) -> list[PagePart]:
        """Return reports and sanctions of an operation, the first of each."""
        say, which, vault = visit.say, operation.operation_id, self.place.vault
        reports = vault.tip_offs.list_page(operation_id=which, page_size=_BESIDE).tip_offs
        sanctions = vault.sanctions.list_page(operation_id=which, page_size=_BESIDE).sanctions
        screen = ReportScreen(place=self.place)
        every = [Link(f"/reports?operation={which}", say("operation_reports"))] if reports else []
        return [
            PagePart(
                title=say("its_reports"),
                items=[screen.similar(each, visit) for each in reports],
                head=say("number"),
                links=every,
                empty=say("operation_no_report"),
            ),
            *(
                [
                    PagePart(
                        title=say("its_sanctions"),
                        items=[history.item(each, place=self.place, visit=visit) for each in sanctions],
                    )
                ]
                if sanctions
                else []
            ),
        ]

    def close(self, visit: Visit) -> Answer:
        """Close an operation."""
        operation = self.place.vault.sanctions.get_operation(visit.parts["operation"])

        def act(request_id: str) -> str:
            self.place.vault.sanctions.close_operation(
                operation.operation_id, key=self.place.key, request_id=request_id
            )
            return done.at(_path(operation))

        return self._closing(operation, visit).act(visit, act)

    def _closing(self, operation: PlatformOperation, visit: Visit) -> Form:
        say = visit.say
        return Form(
            title=say("close_operation"),
            texts=[say("close_operation_text")],
            button=say("close_operation"),
            back=_path(operation),
            request_id=self.place.new_id(),
            action=f"{_path(operation)}/closing",
            states="operation_state",
        )


def _may_close(operation: PlatformOperation) -> bool:
    """Return whether a moderator may close an operation: an authority's closes by itself."""
    return operation.state is OperationState.OPEN and not operation.signed_operation


def _share(count: int, of: Iterable[int]) -> int:
    """Return a count as a part of the largest one, in per cent."""
    return 100 * count // max(1, *of)


def _path(operation: PlatformOperation) -> str:
    return f"{PATH}/{operation.operation_id}"
