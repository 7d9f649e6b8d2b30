"""The page on which reports that were chosen in the list are merged: which they are, and which one stays."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from idvault_client.pages.rendering import BETWEEN_NAMES
from idvault_client.tip_offs import TipOffReport
from idvault_people.console.visit import Answer, ConsolePage, GoTo, Visit
from idvault_people.moderation import row_facts, way_back
from idvault_people.moderation.form import REQUEST_ID, Form, part_id
from idvault_people.moderation.report_case import ReportScreen, path, target_text
from idvault_people.moderation.shown import Field
from idvault_people.moderation.workplace import Workplace

PATH = "/reports/merging"
_CHOSEN, _STAYS = "chosen", "stays"
_SIGN = "sign"
_CONFLICT = 409


@dataclass(frozen=True, kw_only=True, slots=True)
class ChosenMergePages:
    """The handlers."""

    place: Workplace

    def ask(self, visit: Visit) -> Answer:
        """Show the list: nothing is chosen at an address."""
        return GoTo(f"/reports{way_back.kept(visit)}")

    def merge(self, visit: Visit) -> Answer:
        """Show the chosen reports, and merge them into the one that stays, which is taken if it is free.

        A form that is sent again after a lost answer is the same act. Whoever merges is told what cannot be
        merged any more, before anything is signed.
        """
        ids = _chosen(visit)
        found = [each for each in row_facts.each_of(self._read, ids) if each is not None]
        main = next((each for each in found if each.tip_off_id == visit.given(_STAYS)), None)
        others = [each for each in found if each is not main]
        left = ReportScreen(place=self.place).mergeable(found)
        signs = visit.given("step") == _SIGN
        if signs and main and others and all(each.merged_into_id == main.tip_off_id for each in others):
            return self._merged(main, ids, visit)
        if len(left) < 2:
            return GoTo(f"/reports{way_back.kept(visit, merging='few')}")
        form, left_out = self._form(left, visit), self._left_out(found, left, ids, visit)
        if not signs:
            return _in_both(replace(form, texts=[*form.texts, *left_out]).page(), form)
        if left_out:
            return _in_both(form.page(errors={"": " ".join(left_out)}, status=_CONFLICT), form)
        if main is None:
            return _in_both(form.page(errors={_STAYS: visit.say("choose")}, status=422), form)
        return self._sign(form, main, ids, visit)

    def _left_out(
        self,
        found: Sequence[TipOffReport],
        left: Sequence[TipOffReport],
        ids: Sequence[str],
        visit: Visit,
    ) -> list[str]:
        """Return what says which of the chosen reports cannot be merged any more; nothing if all can."""
        say, numbers = visit.say, [each.reference for each in found if each not in left]
        told = [say("merge_left_out", numbers=BETWEEN_NAMES[visit.language].join(numbers))] if numbers else []
        return [*told, *([say("merge_not_found")] if len(found) < len(ids) else [])]

    def _sign(self, form: Form, main: TipOffReport, ids: Sequence[str], visit: Visit) -> Answer:
        def act(request_id: str) -> str:
            if main.moderator_id != self.place.me:
                one = part_id(request_id, "assign")
                self.place.vault.tip_offs.assign(main, key=self.place.key, request_id=one)
            return self._send(main, ids, request_id, visit)

        answer = form.act(visit, act)
        if isinstance(answer, ConsolePage):
            return _in_both(answer, form)
        return _about(answer, main) if isinstance(answer, GoTo) else answer

    def _merged(self, main: TipOffReport, ids: Sequence[str], visit: Visit) -> Answer:
        """Return what merging led to that was done before: by this form, or else by another one."""
        form = Form(title="", button="", back="", request_id=self.place.new_id())
        answer = form.act(visit, lambda request_id: self._send(main, ids, request_id, visit))
        return _about(answer, main) if isinstance(answer, GoTo) else GoTo(_merged_page(main, ids, visit))

    def _send(self, main: TipOffReport, ids: Sequence[str], request_id: str, visit: Visit) -> str:
        others = [each for each in ids if each != main.tip_off_id]
        # Others chosen, or another one that stays, are another act.
        one = part_id(request_id, " ".join(("merge", main.tip_off_id, *others)))
        self.place.vault.tip_offs.merge(main.tip_off_id, others, key=self.place.key, request_id=one)
        return _merged_page(main, ids, visit)

    def _read(self, tip_off_id: str) -> TipOffReport:
        report: TipOffReport = self.place.vault.tip_offs.get(tip_off_id).tip_off
        return report

    def _form(self, found: Sequence[TipOffReport], visit: Visit) -> Form:
        say, screen, stays = visit.say, ReportScreen(place=self.place), visit.given(_STAYS)
        several = len({each.target for each in found}) > 1
        lines = screen.lines(found, visit)
        return Form(
            title=say("merge_chosen_title", count=len(found)),
            texts=[say("merge_hint"), say("merge_final"), *([say("merge_targets")] if several else [])],
            button=say("merge"),
            back=f"/reports{way_back.kept(visit)}",
            # That of this page, not of the list's own form.
            request_id=(visit.given(REQUEST_ID) if visit.given(_CHOSEN) else "") or self.place.new_id(),
            step=_SIGN,
            fields=[
                Field(kind="hidden", id=_CHOSEN, value=" ".join(each.tip_off_id for each in found)),
                Field(
                    kind="choices",
                    id=_STAYS,
                    label=say("merge_main"),
                    value=stays if any(each.tip_off_id == stays for each in found) else found[0].tip_off_id,
                    options=[
                        (which, f"{target_text(each, visit)} · {line}")
                        for each, (which, line) in zip(found, lines, strict=True)
                    ],
                ),
            ],
            action=f"{PATH}{way_back.kept(visit)}",
        )


def _chosen(visit: Visit) -> list[str]:
    """Return the ids of the reports that were chosen: as the page hides them, or in the order of the list."""
    hidden = visit.given(_CHOSEN).split()
    boxes = (name.partition(".")[2] for name in visit.fields if name.startswith("report."))
    return list(dict.fromkeys(hidden or boxes))


def _merged_page(main: TipOffReport, ids: Sequence[str], visit: Visit) -> str:
    return f"{path(main)}{way_back.kept(visit, merged=str(len(ids) - 1))}"


def _about(answer: GoTo, main: TipOffReport) -> GoTo:
    """Return an answer that says what was merged, for the moderator's own history."""
    return replace(answer, about=[path(main)])


def _in_both(page: ConsolePage, form: Form) -> ConsolePage:
    """Return a page that another language shows, too: by a form that only asks for it, as no address does."""
    (chosen,) = [each.value for each in form.fields if each.id == _CHOSEN]
    return replace(page, resend={_CHOSEN: chosen, REQUEST_ID: form.request_id})
