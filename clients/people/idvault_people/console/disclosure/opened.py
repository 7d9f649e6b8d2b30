"""Opening a record on the auditor's console, and the record when no evidence of it was kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from idvault_client.errors import SecondFactorRefused
from idvault_people.console import explaining, shown
from idvault_people.console.disclosure import cases
from idvault_people.console.disclosure.revealing import Revealing
from idvault_people.console.disclosure.session import AuditorSession
from idvault_people.console.visit import Answer, ConsolePage, GoTo, NoPageError, Route, Visit
from idvault_people.disclosure import evidence as evidences
from idvault_people.disclosure.auditor import Auditor, DisclosedRecord, keep_nothing
from idvault_people.disclosure.evidence import KEEP_DAYS, LONGEST_DAYS
from idvault_verify.v1 import disclosure_pb2


@dataclass(kw_only=True, eq=False)
class OpenedRecords:
    """The pages of openings. The records that were opened in this session are in memory only.

    learn: takes what the vault says of a case after its opening.
    """

    session: AuditorSession
    revealing: Revealing
    learn: Callable[[disclosure_pb2.Disclosure], None]
    _opened: dict[str, DisclosedRecord] = field(default_factory=dict, repr=False)

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (
            Route("GET", "/cases/{id:[0-9a-f]{32}}/open", self.ask),
            Route("POST", "/cases/{id:[0-9a-f]{32}}/open", self.open),
            Route("GET", "/cases/{id:[0-9a-f]{32}}/record", self.show),
            Route("POST", "/cases/{id:[0-9a-f]{32}}/record", self.reveal),
        )

    def ask(self, visit: Visit) -> Answer:
        """Ask for the code, and whether evidence is kept."""
        return self._form(visit, {})

    def open(self, visit: Visit) -> Answer:
        """Open the record once; keep the evidence before the one-time key is destroyed."""
        disclosure_id, days = visit.parts["id"], visit.given("days")
        keeps = visit.given("keep") != "no"
        if keeps and days not in map(str, range(1, LONGEST_DAYS + 1)):
            return self._form(visit, {"days": visit.say("days_wrong", most=LONGEST_DAYS)})
        auditor = self.session.auditor()
        place = evidences.free_path(self.session.folder, disclosure_id) if keeps else None
        try:
            opened = self._open(auditor, visit, place, int(days) if keeps else 0)
        except SecondFactorRefused as error:
            return self._form(visit, {"code": explaining.code(error, visit)})
        self._opened[disclosure_id] = opened
        self.learn(opened.answer.disclosure)
        path = f"/evidence/{place.name}" if place else f"/cases/{disclosure_id}/record"
        return GoTo(self.session.untold.at(path, "opened"))

    def show(self, visit: Visit) -> Answer:
        """Show a record that was opened in this session, masked until the user asks."""
        disclosure_id = visit.parts["id"]
        opened, path = self._found(disclosure_id), f"/cases/{disclosure_id}/record"
        values = {
            **self.revealing.values(opened.payload, path, visit),
            "rows": [
                (visit.say("case"), opened.terms.case_reference),
                (visit.say("opened_at"), shown.time(opened.opened_at, visit)),
            ],
            "codes": cases.codes(opened.terms, visit),
            "done": self.session.untold.told(visit, "opened"),
            "notes": [visit.say("record_not_kept"), *self.notes(disclosure_id, visit)],
            "links": [(f"/cases/{disclosure_id}", visit.say("to_case"))],
        }
        return ConsolePage(
            template="record.html",
            title=visit.say("record_title"),
            values=values,
            hides=self.revealing.hiding(path),
        )

    def reveal(self, visit: Visit) -> Answer:
        """Show or mask the identity."""
        path = f"/cases/{visit.parts['id']}/record"
        self._found(visit.parts["id"])
        (self.revealing.hide if visit.given("hide") else self.revealing.show)(path)
        return GoTo(path)

    def notes(self, disclosure_id: str, visit: Visit) -> list[str]:
        """Return what the user must know of an opening in this session."""
        opened = self._opened.get(disclosure_id)
        if opened is None:
            return []
        notes = []
        if opened.wrong_shares:
            notes.append(visit.say("wrong_shares", names=", ".join(opened.wrong_shares)))
        if opened.unreported:
            notes.append(visit.say("unreported", names=", ".join(opened.unreported)))
        if opened.answer.disclosure.opened >= opened.terms.openings:
            notes.append(visit.say("was_last"))
        return notes

    def _open(self, auditor: Auditor, visit: Visit, place: Path | None, days: int) -> DisclosedRecord:
        def keep(opened: DisclosedRecord) -> None:
            if place is not None:
                proof = evidences.make(
                    opened,
                    identity=auditor.identity,
                    versions=tuple(auditor.trust.versions),
                    destroy_after=self.session.now().date() + timedelta(days=days),
                )
                evidences.write_sealed(place, proof, reader=auditor.identity.member(spki=""))

        code = visit.given("code")
        return auditor.open(visit.parts["id"], code=code, keep=keep if place else keep_nothing)

    def _form(self, visit: Visit, errors: dict[str, str]) -> Answer:
        disclosure_id = visit.parts["id"]
        left = self.session.auditor().openings_left(disclosure_id)
        values = {
            "last": left <= 1,
            "continues": left <= 0,
            "days": visit.given("days") or str(KEEP_DAYS),
            "keep": visit.given("keep") or "yes",
            "id": disclosure_id,
        }
        return ConsolePage(
            template="open.html",
            title=visit.say("open_title"),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )

    def _found(self, disclosure_id: str) -> DisclosedRecord:
        if disclosure_id not in self._opened:
            raise NoPageError
        return self._opened[disclosure_id]
