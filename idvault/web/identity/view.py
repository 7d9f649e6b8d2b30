"""The pages of "my identity": which template, which title, and which words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from aiohttp import web
from babel import Locale
from google.protobuf.message import Message

from idvault.erasure import rules as erasure_rules
from idvault.sanction.objection import rules as objection_rules
from idvault.web import release
from idvault.web.identity import banners, public_account, timeline
from idvault.web.identity.words import Claim, IdentityWords, Objection, appealable, utc_time
from idvault.web.release import Release
from idvault.web.render import facts, is_organization, last_day
from idvault.web.words import Rows
from idvault_client import reasons
from idvault_client.backend.texts import cause_text
from idvault_client.errors import InvalidFields, NotFound, VaultError
from idvault_client.pages.rendering import BETWEEN_NAMES, BETWEEN_PARTS
from idvault_client.reasons import FIELD_TEXTS
from idvault_verify import secret
from idvault_verify.account import Standing
from idvault_verify.sanction import Ground, SanctionCategory
from idvault_verify.transparency import entry
from idvault_verify.v1 import (
    common_pb2,
    contest_pb2,
    disavowal_pb2,
    disclosure_pb2,
    erasure_pb2,
    reinstatement_pb2,
    sanction_pb2,
    status_pb2,
)
from idvault_verify.v1 import identity_pb2 as pb

_Status = common_pb2.AccountStatus
_Sanction = sanction_pb2.Sanction
_Erasure = erasure_pb2.Erasure
_WELL = {"STATE_VERIFIED", "STANDING_GOOD"}


@dataclass(frozen=True, kw_only=True)
class IdentityView(IdentityWords):
    """The pages of one answer. done: the note of what was done before it, "" for none."""

    done: str = ""

    def overview(self, own: pb.Identity, history: status_pb2.DisclosureHistory | None) -> web.Response:
        """Return the first page. history: None if it cannot be shown now."""
        names = ["disowned"] if own.disavowals else []
        links = [(f"{self.here}/{page}", self.say(f"{page}_title")) for page in [*names, "receipt", "erase"]]
        happenings = timeline.of(own, history, self)
        state, standing = _Status.State.Name(own.status.state), _Status.Standing.Name(own.status.standing)
        return self.shown(
            own,
            "overview",
            self.say("title", platform=self.found.platform_title),
            banners=banners.of(own, self),
            state=(self.say(state), state in _WELL),
            rows=self._status(own.status),
            standing=(self.say(standing), standing in _WELL),
            sanctions=sum(each.state == _Sanction.STATE_IN_FORCE for each in own.sanctions),
            disclosed=self._disclosed(own, history),
            public_accounts=[public_account.shown_account(each, self) for each in own.public_accounts],
            may_apply=public_account.bar(own.status) is None,
            happenings=happenings[: timeline.NEWEST],
            more=len(happenings) > timeline.NEWEST,
            links=links,
            back=self.back[0],
        )

    def timeline(self, own: pb.Identity, history: status_pb2.DisclosureHistory | None) -> web.Response:
        """Return everything that happened. history: None if it cannot be shown now."""
        title = self.say("timeline_title")
        happenings = timeline.of(own, history, self)
        return self.shown(own, "timeline", title, happenings=happenings, partly=history is None)

    def _disclosed(self, own: pb.Identity, history: status_pb2.DisclosureHistory | None) -> str:
        if history is None:
            return self.say("history_destroyed" if _destroyed(own) else "history_later")
        horizon, count = self.day(history.horizon_time), len(history.disclosures)
        if count or history.openings:
            return self.say("disclosed_text", released=count, opened=len(history.openings), day=horizon)
        return self._untold(own, history)

    def stored(self, own: pb.Identity) -> web.Response:
        """Return what is stored and until when."""
        quorum = own.record_quorum
        pending = any(each.state == Claim.STATE_PENDING for each in own.verifications)
        record = "record" if quorum.threshold else "no_record"
        if quorum.threshold and is_organization(own.status):
            record = "record_organization"
        elif quorum.threshold and _Status.ASSURANCE_RESULT_ONLY in own.status.assurances:
            record = "result"
        if own.status.state == _Status.STATE_REVOKED:
            record = "withdrawn"
        kinds = [record, "status", "history", "log", "session"]
        kinds += ["waiting"] * pending + ["appeals"] * bool(own.appeals or own.contests or own.reinstatements)
        return self.shown(
            own,
            "stored",
            self.say("stored_title"),
            rows=[(self.say(f"stored_{kind}"), self.say(f"stored_{kind}_until")) for kind in kinds],
            threshold=quorum.threshold,
            custodians=[each.custodian for each in quorum.custodians],
            facts=facts(own.status),
            organization=is_organization(own.status),
        )

    def verifications(self, own: pb.Identity) -> web.Response:
        """Return how each verification ended."""
        contests = {each.verification_id: each for each in own.contests}
        shown = [
            (
                self._verification(own, each),
                self._contested(contests.get(each.verification_id)),
                self._place(each),
            )
            for each in own.verifications
        ]
        until = own.reinstate_until_time if own.HasField("reinstate_until_time") else None
        return self.shown(
            own,
            "verifications",
            self.say("verifications_title"),
            verifications=shown,
            reinstatements=[self._reinstatement(each) for each in own.reinstatements],
            contest_link=self.of_owner(own, "contest_link"),
            may_appeal=until and self.say("reinstatement_until", time=self.deadline(until)),
            acts={"contest": own.contests, "appeal": own.reinstatements},
        )

    def disclosures(self, own: pb.Identity, found: status_pb2.DisclosureHistory | None) -> web.Response:
        """Return every disclosure and opening before the horizon; None if that cannot be shown now."""
        if found is None:
            text = self.say("history_destroyed" if _destroyed(own) else "history_later")
            return self.shown(own, "disclosures", self.say("disclosures_title"), missing=text)
        return self.shown(
            own,
            "disclosures",
            self.say("disclosures_title"),
            missing="",
            horizon=self.day(found.horizon_time),
            untold=self._untold(own, found),
            disclosed=[
                release.rows_of(
                    self._release(each, found), horizon=self.day(found.horizon_time), view=self.view
                )
                for each in found.disclosures
            ],
        )

    def _release(self, each: status_pb2.RecordDisclosure, found: status_pb2.DisclosureHistory) -> Release:
        opened = [one.entry for one in found.openings if one.disclosure_id == each.disclosure_id]
        return Release(
            time=self._logged(each.entry),
            place=each.entry.proof.index,
            auditor_id=each.auditor_actor_id,
            legal_basis=each.legal_basis,
            opened=[(self._logged(one), one.proof.index) for one in opened],
        )

    def _untold(self, own: pb.Identity, found: status_pb2.DisclosureHistory) -> str:
        """Return that nothing was opened; of details that were sealed since, from when on it is told."""
        sealed = [
            utc_time(each.end_time) for each in own.verifications if each.state == Claim.STATE_SUCCEEDED
        ]
        horizon = utc_time(found.horizon_time)
        if not sealed or min(sealed) < horizon:
            return self.say("no_disclosures", day=self.day(found.horizon_time))
        first = min(sealed).astimezone(self.zone).date()
        # The horizon goes on by a day each day: it is past a day once it has come to the one after.
        today = self.view.now.astimezone(self.zone).date()
        told = today + (first - horizon.astimezone(self.zone).date()) + timedelta(days=1)
        return self.say("sealed_since", day=self.date(first), told=self.date(told))

    def _logged(self, each: disclosure_pb2.LoggedEntry) -> str:
        return self.view.minute(entry.decode_leaf(each.leaf).occurred_at)

    def standing(self, own: pb.Identity) -> web.Response:
        """Return the standing, and what it comes from."""
        standing = _Status.Standing.Name(own.status.standing).removeprefix("STANDING_")
        appeals, may = {each.sanction_id: each for each in own.appeals}, appealable(own)
        in_force = [each for each in own.sanctions if each.state == _Sanction.STATE_IN_FORCE]
        explained = standing == Standing.GOOD.value or any(not each.public_account_id for each in in_force)
        return self.shown(
            own,
            "standing",
            self.say("standing_title"),
            good=standing == Standing.GOOD.value,
            idle=not banners.of(own, self),
            text=self._standing(standing, explained=any(not each.public_account_id for each in in_force)),
            follows="" if explained else self.say("follows"),
            sanctions=[
                (
                    self._sanction(each),
                    self.named(
                        [("public_account", each.public_account_id)] if each.public_account_id else []
                    ),
                    self._appealed(appeals.get(each.sanction_id)),
                    each.sanction_id if each.sanction_id in may else "",
                )
                for each in own.sanctions
            ],
            acts={"appeal": own.appeals},
        )

    def _standing(self, standing: str, *, explained: bool) -> str:
        """Return the standing in words. explained: whether the page has its reasons, which are sent, too."""
        if explained and standing != Standing.GOOD.value:
            return f"{self.say(f'stands_{standing}')}{self.view.gap}{self.say('stands_below')}"
        return reasons.standing_text(Standing(standing), language=self.view.language)

    def appeal(self, own: pb.Identity, sanction_id: str, *, error: VaultError | None = None) -> web.Response:
        """Return the form of an appeal; raises NotFound for a sanction of another account."""
        sanction = next((each for each in own.sanctions if each.sanction_id == sanction_id), None)
        if sanction is None:
            raise NotFound("SANCTION_NOT_FOUND", "NOT_FOUND")
        return self.shown(
            own,
            "appeal",
            self.say("appeal_title"),
            status=422 if error else 200,
            errors=self.errors(error),
            retype=isinstance(error, InvalidFields),
            rows=self._sanction(sanction),
            sanction_id=sanction_id,
            limit=objection_rules.TEXT_LENGTH,
        )

    def contest(
        self, own: pb.Identity, verification_id: str, *, error: VaultError | None = None
    ) -> web.Response:
        """Return the form of a contest; raises NotFound for a verification of another account."""
        found = next((each for each in own.verifications if each.verification_id == verification_id), None)
        if found is None:
            raise NotFound("VERIFICATION_NOT_FOUND", "NOT_FOUND")
        return self.shown(
            own,
            "contest",
            self.of_owner(own, "contest_title"),
            status=422 if error else 200,
            errors=self.errors(error),
            retype=isinstance(error, InvalidFields),
            rows=self._verification(own, found),
            verification_id=verification_id,
            text=self.of_owner(own, "contest_text", platform=self.found.platform_title),
            label=self.of_owner(own, "contest_label"),
            limit=objection_rules.TEXT_LENGTH,
        )

    def reinstatement(self, own: pb.Identity, *, error: VaultError | None = None) -> web.Response:
        """Return the form of an appeal against the withdrawal; raises NotFound without one to appeal."""
        if error is None and not own.HasField("reinstate_until_time"):
            raise NotFound("REINSTATEMENT_NOT_FOUND", "NOT_FOUND")
        return self.shown(
            own,
            "reinstatement",
            self.say("reinstatement_title"),
            status=422 if error else 200,
            errors=self.errors(error),
            retype=isinstance(error, InvalidFields),
            limit=objection_rules.TEXT_LENGTH,
        )

    def disowned(self, own: pb.Identity, *, error: VaultError | None = None) -> web.Response:
        """Return what the person in whose name the account is said of it, and how its holder answers."""
        states = disavowal_pb2.Disavowal
        undecided = any(each.state in (states.STATE_FILED, states.STATE_PROPOSED) for each in own.disavowals)
        types = common_pb2.DocumentType
        names = [types.Name(each).removeprefix("DOCUMENT_TYPE_") for each in own.proof_document_types]
        return self.shown(
            own,
            "disowned",
            self.say("disowned_title"),
            status=422 if error else 200,
            errors=self._proof_errors(error),
            retype=isinstance(error, InvalidFields),
            disavowals=[self._disavowal(each) for each in own.disavowals],
            undecided=undecided,
            provider=own.proof_provider if undecided else "",
            kinds=names,
            proof=own.next_proof,
            address=own.proof_url,
        )

    def _disavowal(self, each: disavowal_pb2.Disavowal) -> Rows:
        rows = [
            ("disowned_state", self.say(f"DISAVOWAL_{disavowal_pb2.Disavowal.State.Name(each.state)}")),
            ("disowned_told", self.minute(each.file_time)),
            ("disowned_due", self.due(each)),
        ]
        if each.HasField("decide_time"):
            rows.append(("disowned_decided", self.minute(each.decide_time)))
        if each.reason:
            rows.append(("disowned_reason", each.reason))
        return self.named(rows)

    def _proof_errors(self, error: VaultError | None) -> dict[str, str]:
        fields = {"real_name": "name", "document.number": "number"}
        return {fields.get(name, ""): text for name, text in self.errors(error).items()}

    def check_receipt(self, own: pb.Identity) -> web.Response:
        """Return the page whose script checks a receipt; without script it names the program that does."""
        return self.shown(
            own,
            "receipt",
            self.say("receipt_title"),
            script="strict.js receipt_check.js receipt.js",
            zone=str(self.zone),
        )

    def erase(self, own: pb.Identity, *, again: bool = False) -> web.Response:
        """Return what an erasure is, the state of the newest one, and the way to request one.

        again: whether to show the way after a cancelled one, too.
        """
        newest = own.erasure
        requested = newest.state == _Erasure.STATE_REQUESTED
        kept = own.HasField("erasure") and newest.state == _Erasure.STATE_CANCELLED and not again
        told = self.say("erase_told_kept") if kept else ""
        if requested:
            told = self.say("erase_told_requested", time=self.minute(newest.erase_time))
        return self._erase(
            own,
            "erase",
            "erase_title",
            erasures=self._erasure(own) if own.HasField("erasure") and not again else [],
            may_keep=requested and not _is_erased(own),
            may_erase=may_erase(own),
            told=told,
            is_kept=kept,
        )

    def confirm_erasure(self, own: pb.Identity) -> web.Response:
        """Return the second page, whose button requests the erasure."""
        return self._erase(own, "erase_confirm", "erase_confirm_title")

    def _erase(self, own: pb.Identity, name: str, title: str, **values: Any) -> web.Response:
        destroyed = utc_time(own.possible_erase_time) + erasure_rules.DELAY
        dates = [
            ("erase_from", self.minute(own.possible_erase_time)),
            ("erase_destroyed", self.view.minute(destroyed)),
        ]
        return self.shown(
            own,
            name,
            self.say(title),
            dates=self.named(dates),
            unproved=not own.recently_verified,
            public=bool(own.public_accounts),
            **values,
        )

    def _erasure(self, own: pb.Identity) -> Rows:
        each = own.erasure
        rows = [
            ("erase_state", self.say(f"ERASURE_{_Erasure.State.Name(each.state)}")),
            ("erase_requested", self.minute(each.request_time)),
        ]
        if own.HasField("erasure_cancel_time"):
            rows.append(("erase_cancelled", self.minute(own.erasure_cancel_time)))
        if each.state != _Erasure.STATE_CANCELLED:
            rows.append(("erase_from", self.minute(each.erase_time)))
            rows.append(("erase_destroyed", self.minute(each.destroy_time)))
        return self.named(rows)

    def _status(self, status: common_pb2.AccountStatus) -> Rows:
        rows = []
        if status.expire_date:
            rows.append(("valid_until", self.date(last_day(status.expire_date))))
        if status.assurances:
            names = [self.view.say(f"fact_name_{each}") for each in facts(status)]
            rows.append(("basis", BETWEEN_NAMES[self.view.language].join(names)))
        return self.named(rows)

    def _verification(self, own: pb.Identity, each: pb.PastVerification) -> Rows:
        rows = [("asked", self.minute(each.open_time))]
        if each.HasField("end_time"):
            rows.append(("ended", self.minute(each.end_time)))
        rows.append(("result", self.result(own, each)))
        agreed = self.minute(each.agree_time)
        rows.append(("terms", self.say("terms_value", version=each.policy_version, time=agreed)))
        return self.named(rows)

    def _place(self, each: pb.PastVerification) -> str:
        """Return the address of a success, which has a receipt and can be contested; "" for any other."""
        succeeded = each.state == Claim.STATE_SUCCEEDED and not each.withdrawn
        return f"{self.here}/verifications/{each.verification_id}" if succeeded else ""

    def _awaited(self, state: str, each: Objection) -> str:
        """Return the state of an objection, and that its decision is overdue."""
        return f"{self.say(state)}{self.view.comma}{self.say('overdue')}" if each.overdue else self.say(state)

    def _contested(self, contest: contest_pb2.Contest | None) -> Rows:
        if contest is None:
            return []
        rows = [
            (
                "contest_state",
                self._awaited(f"CONTEST_{contest_pb2.Contest.State.Name(contest.state)}", contest),
            ),
            ("contest_filed", self.minute(contest.file_time)),
            ("contest_due", self.due(contest)),
        ]
        if contest.HasField("decide_time"):
            rows.append(("contest_decided", self.minute(contest.decide_time)))
            rows.append(("contest_reason", contest.reason))
        return self.named(rows)

    def _reinstatement(self, each: reinstatement_pb2.Reinstatement) -> Rows:
        states = reinstatement_pb2.Reinstatement.State
        name = states.Name(each.state)
        if each.state == states.Value("STATE_UPHELD") and not each.reinstated:
            name = "LATE"
        rows = [
            ("contest_state", self._awaited(f"REINSTATEMENT_{name}", each)),
            ("contest_filed", self.minute(each.file_time)),
            ("contest_due", self.due(each)),
        ]
        if each.HasField("decide_time"):
            rows.append(("contest_decided", self.minute(each.decide_time)))
            rows.append(("contest_reason", each.reason))
        return self.named(rows)

    def _sanction(self, each: sanction_pb2.Sanction) -> Rows:
        stated = each.statement
        kinds = sanction_pb2.StatementOfReasons
        ground = Ground(kinds.Ground.Name(stated.ground).removeprefix("GROUND_"))
        category = SanctionCategory(kinds.Category.Name(stated.category).removeprefix("CATEGORY_"))
        rows = [
            ("degree", self.say(_Sanction.Degree.Name(each.degree))),
            (
                "target",
                public_account.name_of_number(each.public_account_id, self)
                if each.public_account_id
                else self.say("target_account"),
            ),
            ("sanction_state", self.say(f"SANCTION_{_Sanction.State.Name(each.state)}")),
            ("imposed", self.minute(each.impose_time)),
            ("until", self.until(each)),
            ("cause", cause_text(ground, category, language=self.view.language)),
            ("rule", stated.rule_reference),
            ("case", stated.case_reference),
            ("origin", self.say(kinds.Origin.Name(stated.origin))),
            ("detection", self.say(kinds.Automation.Name(stated.detection))),
            ("decision", self.say(kinds.Automation.Name(stated.decision))),
            ("territory", self._territory(stated.territory)),
            ("issuer", self._issuer(stated)),
            ("redress", stated.redress),
        ]
        return self.named((name, value) for name, value in rows if value)

    def _territory(self, stated: str) -> str:
        """Return the name of a country for its code; whatever else is stated, as it is."""
        return str(Locale(self.view.language).territories.get(stated, stated))

    def _issuer(self, stated: sanction_pb2.StatementOfReasons) -> str:
        if not stated.HasField("order"):
            return self.found.platform_title
        order = stated.order
        day = self.date(date.fromisoformat(order.order_date))
        return BETWEEN_PARTS[self.view.language].join((order.authority, order.reference, day))

    def _appealed(self, appeal: sanction_pb2.Appeal | None) -> Rows:
        if appeal is None:
            return []
        rows = [
            ("appeal_state", self._awaited(f"APPEAL_{sanction_pb2.Appeal.State.Name(appeal.state)}", appeal)),
            ("appeal_filed", self.minute(appeal.file_time)),
            ("appeal_due", self.due(appeal)),
        ]
        if appeal.HasField("decide_time"):
            rows += [("appeal_decided", self.minute(appeal.decide_time))]
            rows += [("appeal_reason", appeal.reason)]
        if appeal.HasField("outside_due_time"):
            until = self.deadline(appeal.outside_due_time)
            rows.append(("outside", self.say("outside_value", body=appeal.outside_body, time=until)))
        return self.named(rows)

    def errors(self, error: VaultError | None) -> dict[str, str]:
        """Return what is wrong by the id of a field, "" for the form as a whole."""
        if isinstance(error, InvalidFields):
            return {
                name: FIELD_TEXTS[code].in_language(self.view.language) for name, code in error.fields.items()
            }
        return {} if error is None else {"": error.text(self.view.language)}

    def note(self, act: str, made: Message) -> str:
        """Return how an address says that an act was done, as long as what it made stays as it is.

        It is derived from the browser's key: an address that anybody else made says nothing, and neither does
        one of before a later change.
        """
        step = f"done {act} {sha256(made.SerializeToString(deterministic=True)).hexdigest()}"
        return f"{act}.{secret.request_id(self.view.key, session_id=self.found.session_id, step=step)}"

    def shown(
        self,
        own: pb.Identity,
        name: str,
        title: str,
        *,
        status: int = 200,
        acts: Mapping[str, Iterable[Message]] | None = None,
        **values: object,
    ) -> web.Response:
        """Return a page of the account; name: of its template. acts: what each made that the page shows."""
        act = self.done.partition(".")[0]
        is_done = any(self.done == self.note(act, made) for made in (acts or {}).get(act, ()))
        return self.view.page(
            f"identity_{name}.html",
            title=title,
            status=status,
            service="own_service",
            asking=self.found,
            here=self.here,
            platform=self.found.platform_title,
            **self.view.time_left(self.found),
            done=self.say(f"done_{act}", platform=self.found.platform_title) if is_done else "",
            **{
                "banners": banners.erasing(own, self),
                "keep": self.view.keep + (f"&done={self.done}" if is_done else ""),
                **values,
            },
        )


def may_erase(own: pb.Identity) -> bool:
    """Return whether the erasure of an account can be requested."""
    return own.erasure.state != _Erasure.STATE_REQUESTED and not _is_erased(own)


def _is_erased(own: pb.Identity) -> bool:
    return own.status.state == _Status.STATE_ERASED


def _destroyed(own: pb.Identity) -> bool:
    return own.erasure.state == _Erasure.STATE_DESTROYED
