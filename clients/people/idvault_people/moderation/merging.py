"""The page on which reports that were chosen in the list are merged: which they are, and which one stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from idvault_client.errors import NotFound
from idvault_client.tip_offs import TipOffReport
from idvault_people.console.visit import Answer, GoTo, Visit
from idvault_people.moderation import queue as queues
from idvault_people.moderation.form import REQUEST_ID, Form, part_id
from idvault_people.moderation.report_case import ReportScreen, path, target_text
from idvault_people.moderation.shown import Field
from idvault_people.moderation.workplace import Workplace

PATH = "/reports/merging"
_CHOSEN, _MAIN = "chosen", "main"


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenMergePages:
    """The handlers."""

    place: Workplace

    def ask(self, visit: Visit) -> Answer:
        """Show the list: nothing is chosen at an address."""
        return GoTo(f"/reports{queues.kept(visit)}")

    def merge(self, visit: Visit) -> Answer:
        """Show the chosen reports, and merge them into the one that stays, which is taken if it is free."""
        found = self._chosen(visit)
        if len(found) < 2:
            return GoTo(f"/reports{queues.kept(visit, merging='few')}")
        form = self._form(found, visit)
        main = next((each for each in found if each.tip_off_id == visit.given(_MAIN)), None)
        if visit.given("step") != "sign" or main is None:
            return form.page()

        def act(request_id: str) -> str:
            if main.moderator_id != self.place.me:
                one = part_id(request_id, "assign")
                self.place.vault.tip_offs.assign(main, key=self.place.key, request_id=one)
            others = [each.tip_off_id for each in found if each is not main]
            self.place.vault.tip_offs.merge(
                main.tip_off_id, others, key=self.place.key, request_id=part_id(request_id, "merge")
            )
            return f"{path(main)}{queues.kept(visit, merged=str(len(others)))}"

        return replace(form, request_id=visit.given(REQUEST_ID)).act(visit, act)

    def _chosen(self, visit: Visit) -> Sequence[TipOffReport]:
        """Return the reports that can be merged of those that were chosen, in the order of the list."""
        sent = visit.given(_CHOSEN).split()
        ids = sent or [each.partition(".")[2] for each in visit.fields if each.startswith("report.")]
        found = []
        for each in ids:
            try:
                found.append(self.place.vault.tip_offs.get(each).tip_off)
            except NotFound:
                continue
        return ReportScreen(place=self.place).mergeable(found)

    def _form(self, found: Sequence[TipOffReport], visit: Visit) -> Form:
        say, screen = visit.say, ReportScreen(place=self.place)
        several = len({each.target for each in found}) > 1
        lines = screen.lines(found, visit)
        return Form(
            title=say("merge_chosen_title", count=len(found)),
            texts=[say("merge_hint"), say("merge_final"), *([say("merge_targets")] if several else [])],
            button=say("merge"),
            back=f"/reports{queues.kept(visit)}",
            request_id=self.place.new_id(),
            step="sign",
            fields=[
                Field(kind="hidden", id=_CHOSEN, value=" ".join(each.tip_off_id for each in found)),
                Field(
                    kind="choices",
                    id=_MAIN,
                    label=say("merge_main"),
                    value=found[0].tip_off_id,
                    options=[
                        (which, f"{target_text(each, visit)} · {line}")
                        for each, (which, line) in zip(found, lines, strict=True)
                    ],
                ),
            ],
            action=f"{PATH}{queues.kept(visit)}",
        )
