"""The evidence in an auditor's folder: the list, one file with what it proves, and its export.

A file is checked each time it is shown, with the pinned roster and without the vault.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from idvault_client.errors import VaultError
from idvault_people import local_time
from idvault_people.console import shown
from idvault_people.console.disclosure.cases import kept_facts
from idvault_people.console.disclosure.opened import OpenedRecords
from idvault_people.console.disclosure.revealing import Revealing
from idvault_people.console.disclosure.session import AuditorSession
from idvault_people.console.visit import Answer, ConsolePage, Download, GoTo, NoPageError, Route, Visit
from idvault_people.disclosure import evidence as evidences
from idvault_people.disclosure import export, order_file, search
from idvault_people.disclosure.export import CourtFiles
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.trust import FindingError
from idvault_verify import durable_file
from idvault_verify.attest.reading import RosterError
from idvault_verify.offline import witness_policy
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence import summary
from idvault_verify.offline.evidence.check import ProvedEvidence
from idvault_verify.offline.evidence.file import EvidenceError, ProofFile

_CODES = (
    *("disclosure_id", "account_token", "record_digest", "roster_hash", "log"),
    *("sealed_index", "requested_index", "opened_index"),
)
"""What is shown when somebody asks for it."""
_NAMES = ("approved_by", "quorum_custodians", "cosigned_by")
_SHORT = 8
"""How much of a request's id tells unknown cases apart in a title."""
_PERSONAL = ("real_name", "document_type", "document_number", "provider", "opaque_id")


@dataclass(kw_only=True, eq=False)
class KeptEvidence:
    """The pages of evidence. _dates: when the files must be destroyed, of the folder as _seen had it.

    _references: of cases, by the request's id, as the vault or an opened file told them; "" for one that is a
    colleague's.
    """

    session: AuditorSession
    revealing: Revealing
    records: OpenedRecords
    _seen: frozenset[tuple[str, int]] = frozenset()
    _dates: Sequence[date] = ()
    _references: dict[str, str] = field(default_factory=dict, repr=False)

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        one = r"/evidence/{name:[0-9a-f]{32}-[0-9a-z]+\.json}"
        return (
            Route("GET", "/evidence", self.list),
            Route("POST", "/evidence", self.receive),
            Route("GET", one, self.show),
            Route("POST", one, self.reveal),
            Route("GET", f"{one}/export", self.ask_export),
            Route("GET", f"{one}/page", self.page),
            Route("GET", f"{one}/proof", self.proof),
            Route("POST", f"{one}/export", self.export),
            Route("GET", f"{one}/destroy", self.ask_destroy),
            Route("POST", f"{one}/destroy", self.destroy),
        )

    def list(self, visit: Visit) -> Answer:
        """List the kept files, the one to be destroyed next first, by what is known without opening any."""
        return self._list(visit, {})

    def receive(self, visit: Visit) -> Answer:
        """Keep a file that a colleague exported for this auditor."""
        file = visit.files.get("file")
        if file is None:
            return self._list(visit, {"file": visit.say("required")})
        try:
            proof = evidences.parse(file.content, identity=self._identity(), name=file.name)
            self._checked(proof)
        except EvidenceError as error:
            text = f"{visit.say('evidence_wrong')} {visit.say('detail', text=error)}"
            return self._list(visit, {"file": text})
        place = evidences.free_path(self.session.folder, proof.terms.disclosure_id)
        evidences.write_sealed(place, proof, reader=self._identity().member(spki=""))
        return GoTo(self.session.untold.at(f"/evidence/{place.name}", "received"))

    def overdue(self) -> int:
        """Return how many kept files must be destroyed by now; one that cannot be read hides no other."""
        today, folder = self.session.now().date(), self.session.folder
        # A command may add and destroy files beside the console: each page asks, and few have changed. A file
        # that goes just now is left to the next page.
        with suppress(OSError):
            seen = evidences.file_times(folder)
            if seen != self._seen:
                self._dates, self._seen = evidences.destroy_dates(folder), seen
        return sum(today > each for each in self._dates)

    def show(self, visit: Visit) -> Answer:
        """Show what a file proves, with the identity masked until the user asks."""
        evidence, path = self._checked(self._read(self._place(visit))), f"/evidence/{visit.parts['name']}"
        found = {
            name: value
            for name, value in summary.of(evidence).items()
            if value is not None and name not in _PERSONAL
        }
        rows = [
            (visit.say(f"proved_{name}"), self._fact(name, value, found, visit))
            for name, value in found.items()
            if name not in _CODES
        ]
        codes = [(visit.say(f"proved_{name}"), str(found[name])) for name in _CODES if name in found]
        if digest := order_file.digest_in(evidence.terms.legal_basis):
            codes.append((visit.say("order_digest"), digest))
        values = {
            **self.revealing.values(evidence.payload, path, visit),
            "done": self.session.untold.told(visit, "opened", "received"),
            "rows": rows,
            "codes": [*codes, (visit.say("file"), visit.parts["name"])],
            "notes": self.records.notes(evidence.terms.disclosure_id, visit),
            "links": [
                (f"{path}/export", visit.say("export_title")),
                (f"/cases/{evidence.terms.disclosure_id}", visit.say("to_case")),
                (f"{path}/destroy", visit.say("destroy_title")),
            ],
        }
        return ConsolePage(
            template="record.html",
            title=visit.say("record_title"),
            values=values,
            hides=self.revealing.hiding(path),
        )

    def reveal(self, visit: Visit) -> Answer:
        """Show or mask the identity."""
        self._place(visit)
        path = f"/evidence/{visit.parts['name']}"
        (self.revealing.hide if visit.given("hide") else self.revealing.show)(path)
        return GoTo(path)

    def ask_export(self, visit: Visit) -> Answer:
        """Offer the page and the proof file for a court, or one file for a named reader."""
        return self._export(visit, {})

    def page(self, visit: Visit) -> Answer:
        """Send the page for a court, with times in a zone."""
        try:
            zone = local_time.zone_named(visit.query.get("zone", "").strip())
        except ValueError:
            return self._export(visit, {"zone": visit.say("zone_wrong")})
        files = self._court(visit, zone)
        return Download(name=files.page_name, content=files.page, type="text/html")

    def proof(self, visit: Visit) -> Answer:
        """Send the proof file that anybody can check."""
        files = self._court(visit)
        return Download(name=files.proof_name, content=files.proof, type="application/json")

    def export(self, visit: Visit) -> Answer:
        """Send the evidence sealed for one member of the roster."""
        proof = self._read(self._place(visit))
        self._checked(proof)
        try:
            reader = self.session.auditor().trust.roster.member(visit.given("reader"))
        except RosterError:
            return self._export(visit, {"reader": visit.say("required")})
        try:
            content = evidences.sealed(proof, reader=reader)
        except EvidenceError as error:
            if error.reason != "OTHER_ROLE":
                raise
            return self._export(visit, {"reader": visit.say("reader_other")})
        name = f"{proof.terms.disclosure_id}.{reader.name}.json"
        return Download(name=name, content=content, type="application/json")

    def ask_destroy(self, visit: Visit) -> Answer:
        """Ask whether a file is to be destroyed."""
        self._place(visit)
        values = {
            "texts": [visit.say("destroy_text")],
            "button": visit.say("destroy_button"),
            "back": f"/evidence/{visit.parts['name']}",
        }
        return ConsolePage(template="confirm.html", title=visit.say("destroy_title"), values=values)

    def destroy(self, visit: Visit) -> Answer:
        """Destroy a file; its copies must be destroyed by hand."""
        durable_file.destroy(self._place(visit))
        return GoTo(self.session.untold.at("/evidence", "destroyed"))

    def _list(self, visit: Visit, errors: dict[str, str]) -> Answer:
        now = self.session.now()
        found = sorted(evidences.kept(self.session.folder), key=lambda each: each[1].destroy_after)
        self._learn({outside.disclosure_id for _, outside in found})
        files = [
            {
                "name": path.name,
                "title": self._title(outside.disclosure_id, path, visit),
                "rows": kept_facts(path, outside, visit, now=now),
                "codes": [
                    (visit.say("file"), path.name),
                    (visit.say("disclosure_id"), outside.disclosure_id),
                ],
                "overdue": now.date() > outside.destroy_after,
            }
            for path, outside in found
        ]
        return ConsolePage(
            template="kept.html",
            title=visit.say("evidence"),
            values={
                "files": files,
                "folder": str((self.session.folder / evidences.FOLDER).absolute()),
                "done": self.session.untold.told(visit, "destroyed"),
            },
            errors=errors,
            status=422 if errors else 200,
        )

    def _learn(self, disclosure_ids: Set[str]) -> None:
        """Ask the vault for the references of cases that are not known yet; it has none of a colleague's."""
        if disclosure_ids <= self._references.keys():
            return
        # The files are there without the vault and the roster, too.
        with suppress(FindingError, RosterError, VaultError):
            own = {each.disclosure_id: search.case_reference(each) for each in self.session.auditor().list()}
            self._references = {**dict.fromkeys(disclosure_ids, ""), **own, **self._references}

    def _title(self, disclosure_id: str, path: Path, visit: Visit) -> str:
        """Return how a file is called: by its case, and which of the case's openings it is of.

        A case is unknown if it is a colleague's and none of its files was opened in this session, or if the
        vault was away.
        """
        case = self._references.get(disclosure_id) or visit.say(
            "in_brackets", text=visit.say("case_elsewhere"), more=disclosure_id[:_SHORT]
        )
        return visit.say("evidence_of", case=case, number=evidences.number(path))

    def _fact(self, name: str, value: object, found: Mapping[str, object], visit: Visit) -> str | shown.Due:
        if name != "destroy_after":
            return proved(name, value, visit)
        opened_at = datetime.fromisoformat(str(found["opened_at"]))
        last = date.fromisoformat(str(value))
        return shown.due_day(opened_at, last, visit, now=self.session.now())

    def _export(self, visit: Visit, errors: dict[str, str]) -> Answer:
        evidence = self._checked(self._read(self._place(visit)))
        trust = self.session.auditor().trust
        readers = [(each.name, each.name) for each in trust.roster.people if each.role in evidences.READERS]
        values = {
            "path": f"/evidence/{visit.parts['name']}",
            "day": shown.utc_day(evidence.destroy_after, visit),
            "readers": readers,
            "log_key": str(trust.log_key),
            "file": self._court(visit).proof_name,
            "zone": visit.query.get("zone", ""),
            "here_zone": local_time.offset(self.session.now().astimezone()),
        }
        return ConsolePage(
            template="export.html",
            title=visit.say("export_title"),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )

    def _court(self, visit: Visit, zone: ZoneInfo | None = None) -> CourtFiles:
        proof = self._read(self._place(visit))
        log_key, now = self.session.auditor().trust.log_key, self.session.now()
        return export.for_court(proof, self._checked(proof), log_key=log_key, exported_at=now, zone=zone)

    def _place(self, visit: Visit) -> Path:
        path = self.session.folder / evidences.FOLDER / visit.parts["name"]
        if not path.is_file():
            raise NoPageError
        return path

    def _read(self, path: Path) -> ProofFile:
        return evidences.read(path, identity=self._identity())

    def _identity(self) -> PersonalIdentity:
        return self.session.auditor().identity

    def _checked(self, proof: ProofFile) -> ProvedEvidence:
        trust = self.session.auditor().trust
        policy = witness_policy.of_log(trust.log_key, *trust.more_keys)
        evidence = evidence_check.check(proof, policy=policy, published=trust.versions)
        self._references[evidence.terms.disclosure_id] = evidence.terms.case_reference
        return evidence


def proved(name: str, value: object, visit: Visit) -> str:
    """Return a value that evidence proves, as people write it."""
    text = str(value)
    if name.endswith(("_at", "_time")):
        return shown.time(datetime.fromisoformat(text), visit)
    if name in _NAMES:
        return shown.listed(text.split(", "), visit)
    if isinstance(value, bool):
        return visit.say("yes" if value else "no")
    member, _, organisation = text.partition(", ")
    threshold, _, count = text.partition(" of ")
    told: dict[str, Callable[[], str]] = {
        "auditor": lambda: visit.say("in_brackets", text=member, more=organisation),
        "legal_basis": lambda: order_file.without(text),
        "log_epoch": lambda: visit.say("log_epoch_is", number=text.partition(":")[0]),
        "quorum": lambda: visit.say("of_needed", threshold=threshold, count=count),
        "registry_outcome": lambda: visit.say("MATCH"),
    }
    return told[name]() if name in told else text
