"""The forms of what the operator decides: callers' keys, what platforms state, service keys, moderators."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from idvault_people import fingerprint
from idvault_people.console.operator import platforms
from idvault_people.console.operator.decisions import OperatorDecision, OutdatedPreviewError, PreviewPages
from idvault_people.console.operator.keys import URGENT, RegisteredName
from idvault_people.console.operator.parts import RED, OperatorNote, OperatorSection
from idvault_people.console.operator.platforms import PATH_OF_NAME, NamePages
from idvault_people.console.operator.session import OperatorSession
from idvault_people.console.operator.storage import purpose_name
from idvault_people.console.visit import Answer, ConsolePage, NoPageError, Route, Visit
from idvault_people.member import random_request_id
from idvault_people.operator_client import ROLES
from idvault_verify import return_address
from idvault_verify.attest import certificate
from idvault_verify.attest.certificate import Certificate, CertificateError
from idvault_verify.attest.people import roster_member
from idvault_verify.attest.registration import Registration, RegistrationFileError
from idvault_verify.error import InvalidError
from idvault_verify.return_address import ColourError, UnseenColourError
from idvault_verify.session import ACCEPTED, REVIEWS, Proof

_FORM = "operator_form.html"
_LASTING = frozenset({"reference", "pairwise", "intake"})
"""The purposes whose keys nobody rotates, or that rotate by themselves (docs/operations.md)."""
_NOTES_OF_KEYS = {"log": "rotate_log", "status-list": "rotate_signature", "status-token": "rotate_signature"}
"""What the announcement of a signing key asks of the operator; other keys are used an hour later."""


@dataclass(kw_only=True, eq=False)
class FormPages:
    """The forms; each leads to the preview of its decision."""

    session: OperatorSession
    names: NamePages
    decisions: PreviewPages

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        forms: Mapping[str, tuple[Callable[[Visit], Answer], Callable[[Visit], Answer]]] = {
            "/register": (self.ask_certificate, self.register),
            f"{PATH_OF_NAME}/presentation": (self.ask_presentation, self.present),
            f"{PATH_OF_NAME}/proofs": (self.ask_proofs, self.accept),
            "/keys/rotate": (self.ask_purpose, self.rotate),
            "/moderator": (self.ask_registration, self.name_moderator),
        }
        asked = [
            route
            for path, (ask, take) in forms.items()
            for route in (Route("GET", path, ask), Route("POST", path, take))
        ]
        return (*asked, Route("GET", f"{PATH_OF_NAME}/revoke/{{spki:[0-9a-f]{{64}}}}", self.revoke))

    def ask_certificate(self, visit: Visit, wrong: str = "") -> ConsolePage:
        """Ask for the certificate of a caller."""
        return self._file(visit, wrong, title="register_title", text="register_text", back="/platforms")

    def register(self, visit: Visit) -> Answer:
        """Show what a certificate would allow."""
        upload = visit.files.get("file")
        pem = upload.content if upload else b""
        try:
            found = certificate.read(pem)
        except CertificateError:
            return self.ask_certificate(visit, platforms.no_certificate(pem, visit))
        if found.role not in ROLES or found.trust_domain != self.session.trust_domain:
            wrong = visit.say("other_vault", id=found.spiffe_id, vault=self.session.trust_domain)
            return self.ask_certificate(visit, wrong)
        now = self.session.now()
        if found.not_after <= now:
            return self.ask_certificate(visit, visit.say("certificate_over"))
        state = self.session.state(visit)
        zone = self.session.zone(state)
        known = next((each for each in self.names.names(state) if each.name == found.name), None)
        request_id = random_request_id()

        def act(code: str) -> None:
            self.session.operator().register(found, request_id=request_id, code=code)
            self.session.certificates.keep(pem)

        def preview(visit: Visit) -> OperatorSection:
            day = platforms.last_day(found.not_after, visit, zone)
            remaining = platforms.left(found.not_after, now, visit, zone)
            rows = [
                (visit.say("name"), found.name),
                (visit.say("kind"), visit.say(f"role.{found.role}")),
                (visit.say("last_day"), visit.say("in_brackets", text=day, more=remaining)),
                (visit.say("keys_so_far"), number_of_keys(known, visit)),
            ]
            notes = [OperatorNote(text=visit.say("register_note"))]
            if found.not_after - now <= URGENT:
                notes.insert(0, OperatorNote(text=visit.say("register_short", day=day), colour=RED))
            compared = [(visit.say("fingerprint"), roster_member.grouped(found.spki))]
            return OperatorSection(rows=rows, compared=compared, notes=notes)

        return self.decisions.propose(
            OperatorDecision(
                title="register_check",
                done=lambda visit: self._registered(found, known, visit),
                button="register_button",
                shown=preview,
                act=act,
                after=f"/platforms/{found.name}",
                back="/register",
            )
        )

    @staticmethod
    def _registered(found: Certificate, known: RegisteredName | None, visit: Visit) -> str:
        """Return what was done, and what comes next."""
        key = "registered_more" if known is not None and known.valid else "registered_new"
        if found.role != "platform" and key == "registered_new":
            key = "registered_done"
        return visit.say(key, name=found.name, start=found.spki[:8])

    def revoke(self, visit: Visit) -> Answer:
        """Show what the end of a key would end."""
        each, spki = self._name(visit), visit.parts["spki"]
        key = next((one for one in each.valid if one.spki == spki), None)
        if key is None:
            raise NoPageError
        is_last, state, known = len(each.valid) == 1, self.session.state(visit), key.certificate
        request_id = random_request_id()

        def ends(visit: Visit) -> str:
            if known is None:
                return visit.say("not_known")
            return platforms.last_day(known.not_after, visit, self.session.zone(state))

        def act(code: str) -> None:
            self.session.operator().revoke(each.name, spki, request_id=request_id, code=code)

        def preview(visit: Visit) -> OperatorSection:
            text = visit.say("revoke_last" if is_last else "revoke_note", name=each.name)
            rows = [
                (visit.say("name"), each.name),
                (visit.say("kind"), visit.say(f"role.{each.role}")),
                (visit.say("registered_at"), self.session.time(key.registered, visit, state)),
                (visit.say("last_day"), ends(visit)),
                (visit.say("keys_left"), str(len(each.valid) - 1)),
            ]
            compared = [(visit.say("fingerprint"), roster_member.grouped(spki))]
            return OperatorSection(rows=rows, compared=compared, notes=[OperatorNote(text=text, colour=RED)])

        return self.decisions.propose(
            OperatorDecision(
                title="revoke_check",
                done=lambda visit: visit.say("revoked_done", name=each.name, start=spki[:8]),
                button="revoke_button",
                shown=preview,
                act=act,
                after=f"/platforms/{each.name}",
                back=f"/platforms/{each.name}",
                is_final=True,
            )
        )

    def ask_presentation(self, visit: Visit) -> ConsolePage:
        """Ask how the hosted pages call a platform, and where they may send a browser."""
        each = self._platform(visit)
        pages = self.session.state(visit).table("pages").get(each.name, {})
        typed = {
            "title": pages.get("title", ""),
            "colour": pages.get("colour", ""),
            "origins": "\n".join(pages.get("return_origins", ())),
        }
        return self._presentation(each, typed, visit, {})

    def present(self, visit: Visit) -> Answer:
        """Show what the hosted pages would do instead."""
        each, title, colour = self._platform(visit), visit.line("title"), visit.line("colour").strip()
        former = self.session.state(visit).table("pages").get(each.name, {})
        origins = [line.strip() for line in visit.given("origins").splitlines() if line.strip()]
        errors: dict[str, str] = {}
        try:
            return_address.check_title(title)
        except InvalidError:
            errors["title"] = visit.say("title_wrong")
        try:
            origins = [*dict.fromkeys(return_address.check_origin(origin) for origin in origins)]
        except InvalidError:
            errors["origins"] = visit.say("origins_wrong")
        try:
            colour = return_address.check_colour(colour)
        except UnseenColourError as error:
            least = f"{return_address.LEAST_CONTRAST:g}"
            errors["colour"] = visit.say(f"colour_{error.scheme}", contrast=error.contrast, least=least)
        except ColourError:
            errors["colour"] = visit.say("colour_wrong")
        if errors:
            typed = {"title": title, "colour": colour, "origins": "\n".join(origins)}
            return self._presentation(each, typed, visit, errors)
        words = ["platform", "present", each.name, f"--title={title}", f"--colour={colour}"]
        words += [f"--return-origin={origin}" for origin in origins]

        def preview(visit: Visit) -> OperatorSection:
            rows = [
                (visit.say("name"), each.name),
                (visit.say("title_now"), former.get("title") or visit.say("registered_name")),
                (visit.say("title_then"), title or visit.say("registered_name")),
                (visit.say("colour_now"), former.get("colour") or visit.say("none_set")),
                (visit.say("colour_then"), colour or visit.say("none_set")),
                (
                    visit.say("origins_now"),
                    "\n".join(former.get("return_origins", ())) or visit.say("none_set"),
                ),
                (visit.say("origins_then"), "\n".join(origins) or visit.say("none_set")),
            ]
            notes = [] if origins else [OperatorNote(text=visit.say("no_origins_note"))]
            return OperatorSection(rows=rows, notes=notes)

        return self._command(words, each.name, "present_check", preview)

    def ask_proofs(self, visit: Visit) -> ConsolePage:
        """Ask which proofs of a person a platform accepts."""
        each = self._platform(visit)
        return self._proofs(each, each.proofs, False, visit, {})

    def accept(self, visit: Visit) -> Answer:
        """Show which proofs a platform would accept instead."""
        each = self._platform(visit)
        chosen = [proof.value for proof in Proof if visit.given(f"proof.{proof.value}")]
        separate = bool(visit.given("separate"))
        if errors := _wrong_proofs(chosen, separate, visit):
            return self._proofs(each, chosen, separate, visit, errors)
        words = ["platform", "accept", each.name, *(f"--proof={proof}" for proof in chosen)]
        words += ["--separate-persons"] if separate else []

        def preview(visit: Visit) -> OperatorSection:
            rows = [
                (visit.say("name"), each.name),
                (visit.say("accepts_now"), "\n".join(visit.say(f"proof.{proof}") for proof in each.proofs)),
                (visit.say("accepts_then"), "\n".join(visit.say(f"proof.{proof}") for proof in chosen)),
            ]
            notes = [OperatorNote(text=visit.say("separate_persons"))] if separate else []
            return OperatorSection(rows=rows, notes=notes)

        return self._command(words, each.name, "accept_check", preview)

    def ask_purpose(self, visit: Visit) -> ConsolePage:
        """Ask which key of the service gets another version."""
        return self._purpose(visit, "")

    def rotate(self, visit: Visit) -> Answer:
        """Show what the announcement of a key asks of the operator."""
        purpose, known = visit.given("purpose"), self._rotated()
        if purpose not in known:
            return self._purpose(visit, visit.say("required"))
        note = _NOTES_OF_KEYS.get(purpose, "rotate_note")

        def preview(visit: Visit) -> OperatorSection:
            rows = [
                (visit.say("purpose_of_key"), purpose_name(purpose, visit)),
                (visit.say("newest_version"), known[purpose]),
            ]
            return OperatorSection(rows=rows, notes=[OperatorNote(text=visit.say(note))])

        def act(code: str) -> None:
            # A command without a request id: a try whose answer was lost may have added the version.
            self.session.commands.forget()
            if self._rotated().get(purpose) != known[purpose]:
                raise OutdatedPreviewError
            self.session.run(code, "keys", "rotate", purpose)

        return self.decisions.propose(
            OperatorDecision(
                title="rotate_check",
                done=lambda visit: visit.say("rotated_done", purpose=purpose_name(purpose, visit)),
                button="rotate_button",
                shown=preview,
                act=act,
                after="/keys",
                back="/keys/rotate",
            )
        )

    def ask_registration(self, visit: Visit, wrong: str = "") -> ConsolePage:
        """Ask for the file that a platform's first moderators send."""
        return self._file(
            visit, wrong, title="moderator_title", text="moderator_text", back="/platforms",
            label="registration_file", hint="registration_hint",
        )  # fmt: skip

    def name_moderator(self, visit: Visit) -> Answer:
        """Show whose key would decide for a platform."""
        upload = visit.files.get("file")
        try:
            found = Registration.from_bytes(upload.content if upload else b"")
            found.paper(now=self.session.now())
        except (RegistrationFileError, InvalidError):
            return self.ask_registration(visit, visit.say("no_registration" if upload else "choose_file"))
        known = {each.name for each in self.names.names(self.session.state(visit))}
        party, named = found.relying_party, list[str]()

        def preview(visit: Visit) -> OperatorSection:
            compared = [(visit.say("fingerprint"), fingerprint.of_moderator(found.public_key))]
            return OperatorSection(
                rows=[(visit.say("role.platform"), party)],
                compared=compared,
                notes=[OperatorNote(text=visit.say("moderator_note"))],
            )

        def act(code: str) -> None:
            named[:] = [self.session.operator().name_moderator(found, code=code)]

        return self.decisions.propose(
            OperatorDecision(
                title="moderator_check",
                done=lambda visit: visit.say("named_done", name=party, id=named[0]),
                button="moderator_button",
                shown=preview,
                act=act,
                after=f"/platforms/{party}" if party in known else "/platforms",
                back="/moderator",
                next_step=("/register", "register_desk"),
            )
        )

    def _command(
        self, words: list[str], name: str, title: str, preview: Callable[[Visit], OperatorSection]
    ) -> Answer:
        return self.decisions.propose(
            OperatorDecision(
                title=title,
                done=lambda visit: visit.say("replaced_done", name=name),
                button="replace_button",
                shown=preview,
                act=lambda code: self.session.run(code, *words),
                after=f"/platforms/{name}",
                back=f"/platforms/{name}",
            )
        )

    def _name(self, visit: Visit) -> RegisteredName:
        return self.names.found(visit, self.session.state(visit))

    def _platform(self, visit: Visit) -> RegisteredName:
        found = self._name(visit)
        if found.role != "platform":
            raise NoPageError
        return found

    def _rotated(self) -> dict[str, str]:
        """Return the newest version of each purpose in the key file that can be rotated."""
        found: dict[str, str] = {}
        for each in self.session.commands.key_versions():
            if each["purpose"] not in _LASTING:
                found[str(each["purpose"])] = str(each["version"])
        return found

    def _file(
        self,
        visit: Visit,
        wrong: str,
        *,
        title: str,
        text: str,
        back: str,
        label: str = "certificate_file",
        hint: str = "register_hint",
    ) -> ConsolePage:
        values: dict[str, Any] = {"form": "file", "told": visit.say(text), "label": label, "hint": hint}
        values["labels"] = {"file": visit.say(label)}
        return self._form(visit, title, values, back, {"file": wrong} if wrong else {})

    def _presentation(
        self, each: RegisteredName, typed: Mapping[str, str], visit: Visit, errors: Mapping[str, str]
    ) -> ConsolePage:
        values = {"form": "presentation", "told": visit.say("present_text"), "typed": typed}
        values["labels"] = {
            "title": visit.say("title_of_pages"),
            "colour": visit.say("colour_of_pages"),
            "origins": visit.say("return_origins"),
        }
        return self._form(visit, "present_title", values, f"/platforms/{each.name}", errors)

    def _proofs(
        self,
        each: RegisteredName,
        typed: Sequence[str],
        separate: bool,
        visit: Visit,
        errors: Mapping[str, str],
    ) -> ConsolePage:
        options = [(proof.value, visit.say(f"proof.{proof.value}")) for proof in Proof]
        values = {
            "form": "proofs",
            "told": visit.say("accept_text"),
            "typed": typed,
            "separate": separate,
            "options": options,
            "labels": {"proofs": visit.say("accepts_proofs"), "separate": visit.say("separate_persons")},
        }
        return self._form(visit, "accept_title", values, f"/platforms/{each.name}", errors)

    def _purpose(self, visit: Visit, wrong: str) -> ConsolePage:
        options = [
            (purpose, visit.say("purpose_version", purpose=purpose_name(purpose, visit), version=version))
            for purpose, version in self._rotated().items()
        ]
        values: dict[str, Any] = {"form": "purpose", "told": visit.say("rotate_text"), "options": options}
        values["labels"] = {"purpose": visit.say("purpose_of_key")}
        return self._form(visit, "rotate_title", values, "/keys", {"purpose": wrong} if wrong else {})

    def _form(
        self, visit: Visit, title: str, values: Mapping[str, Any], back: str, errors: Mapping[str, str]
    ) -> ConsolePage:
        page = partial(self.session.page, visit, visit.say(title), (), back=back, template=_FORM)
        return page(errors=errors, **values)


def number_of_keys(known: RegisteredName | None, visit: Visit) -> str:
    """Return how many valid keys a name has, in words for one that is new."""
    return visit.say("name_is_new") if known is None else str(len(known.valid))


def _wrong_proofs(chosen: Sequence[str], separate: bool, visit: Visit) -> Mapping[str, str]:
    """Return what the vault would refuse: no proof, both reviews, several kinds without the last tick."""
    if not chosen:
        return {"proofs": visit.say("required")}
    if REVIEWS.issubset(chosen):
        return {"proofs": visit.say("one_review")}
    if len(chosen) > 1 and not separate and not ACCEPTED.issuperset(chosen):
        return {"separate": visit.say("several_kinds")}
    return {}
