"""The pages of "my identity": which template, which title, and which words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from aiohttp import web
from babel.dates import format_date
from google.protobuf.timestamp_pb2 import Timestamp

from idvault.sanction.objection import rules as objection_rules
from idvault.web.render import View, facts, last_day
from idvault_client import reasons
from idvault_client.backend.texts import cause_text, reject_text
from idvault_client.errors import InvalidFields, NotFound, VaultError
from idvault_client.reasons import FIELD_TEXTS, FailureReason
from idvault_verify import return_address
from idvault_verify.account import Standing
from idvault_verify.public_account import RejectReason
from idvault_verify.sanction import Ground, SanctionCategory
from idvault_verify.transparency import entry
from idvault_verify.v1 import (
    common_pb2,
    contest_pb2,
    disavowal_pb2,
    erasure_pb2,
    public_account_pb2,
    reinstatement_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    verification_pb2,
)
from idvault_verify.v1 import identity_pb2 as pb

_PAGES = ("stored", "verifications", "disclosures", "standing", "receipt", "erase")
_Status = common_pb2.AccountStatus
_Claim = verification_pb2.Verification
_Sanction = sanction_pb2.Sanction
_Erasure = erasure_pb2.Erasure
Rows = Sequence[tuple[str, str]]
_BETWEEN = {"en": ", ", "zh": "、"}


@dataclass(frozen=True, kw_only=True)
class IdentityView:
    """The pages of one answer. found: the session. zone: of the operator's days."""

    view: View
    found: session_pb2.SessionPage
    zone: tzinfo

    def overview(self, own: pb.Identity) -> web.Response:
        """Return the first page."""
        names = [*_PAGES, "disowned"] if own.disavowals else _PAGES
        links = [(f"{self._here}/{page}", self._say(f"{page}_title")) for page in names]
        back = return_address.with_parameters(self.found.return_url, session_id=self.found.session_id)
        title = self._say("title", platform=self.found.platform_title)
        return self._page(own, "overview", title, rows=self._status(own.status), links=links, back=back)

    def stored(self, own: pb.Identity) -> web.Response:
        """Return what is stored and until when."""
        quorum = own.record_quorum
        pending = any(each.state == _Claim.STATE_PENDING for each in own.verifications)
        record = "record" if quorum.threshold else "no_record"
        if quorum.threshold and _Status.ASSURANCE_RESULT_ONLY in own.status.assurances:
            record = "result"
        if own.status.state == _Status.STATE_REVOKED:
            record = "withdrawn"
        kinds = [record, "status", "history", "log", "session"]
        kinds += ["waiting"] * pending + ["appeals"] * bool(own.appeals or own.contests or own.reinstatements)
        return self._page(
            own,
            "stored",
            self._say("stored_title"),
            rows=[(self._say(f"stored_{kind}"), self._say(f"stored_{kind}_until")) for kind in kinds],
            threshold=quorum.threshold,
            custodians=[each.custodian for each in quorum.custodians],
            facts=facts(own.status),
        )

    def verifications(self, own: pb.Identity) -> web.Response:
        """Return how each verification ended."""
        contests = {each.verification_id: each for each in own.contests}
        shown = [
            (self._verification(each), self._contested(contests.get(each.verification_id)), self._place(each))
            for each in own.verifications
        ]
        until = own.reinstate_until_time if own.HasField("reinstate_until_time") else None
        return self._page(
            own,
            "verifications",
            self._say("verifications_title"),
            verifications=shown,
            reinstatements=[self._reinstatement(each) for each in own.reinstatements],
            may_appeal=until and self._say("reinstatement_until", time=self._minute(_datetime(until))),
        )

    def disclosures(self, own: pb.Identity, found: status_pb2.DisclosureHistory) -> web.Response:
        """Return every disclosure and opening before the horizon."""
        disclosed = [
            (
                ("disclosed", self._minute(entry.decode_leaf(each.entry.leaf).occurred_at)),
                ("auditor", each.auditor_actor_id),
                ("legal_basis", each.legal_basis or self._say("unknown")),
                ("place", str(each.entry.proof.index)),
            )
            for each in found.disclosures
        ]
        opened = [
            (
                ("opened", self._minute(entry.decode_leaf(each.entry.leaf).occurred_at)),
                ("auditor", entry.decode_leaf(each.entry.leaf).actor_id),
                ("place", str(each.entry.proof.index)),
            )
            for each in found.openings
        ]
        return self._page(
            own,
            "disclosures",
            self._say("disclosures_title"),
            horizon=self._day(_datetime(found.horizon_time)),
            disclosed=[self._named(each) for each in disclosed],
            opened=[self._named(each) for each in opened],
        )

    def standing(self, own: pb.Identity) -> web.Response:
        """Return the standing, and what it comes from."""
        standing = _Status.Standing.Name(own.status.standing).removeprefix("STANDING_")
        appeals = {each.sanction_id: each for each in own.appeals}
        in_force = [each for each in own.sanctions if each.state == _Sanction.STATE_IN_FORCE]
        explained = standing == Standing.GOOD.value or any(not each.public_account_id for each in in_force)
        return self._page(
            own,
            "standing",
            self._say("standing_title"),
            text=reasons.standing_text(Standing(standing), language=self.view.language),
            follows="" if explained else self._say("follows"),
            sanctions=[
                (
                    self._sanction(each),
                    self._appealed(appeals.get(each.sanction_id)),
                    each.sanction_id if _may_appeal(each, appeals) else "",
                )
                for each in own.sanctions
            ],
            public_accounts=[self._public_account(each) for each in own.public_accounts],
        )

    def appeal(self, own: pb.Identity, sanction_id: str, *, error: VaultError | None = None) -> web.Response:
        """Return the form of an appeal; raises NotFound for a sanction of another account."""
        sanction = next((each for each in own.sanctions if each.sanction_id == sanction_id), None)
        if sanction is None:
            raise NotFound("SANCTION_NOT_FOUND", "NOT_FOUND")
        return self._page(
            own,
            "appeal",
            self._say("appeal_title"),
            status=422 if error else 200,
            errors=self._errors(error),
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
        return self._page(
            own,
            "contest",
            self._say("contest_title"),
            status=422 if error else 200,
            errors=self._errors(error),
            retype=isinstance(error, InvalidFields),
            rows=self._verification(found),
            verification_id=verification_id,
            limit=objection_rules.TEXT_LENGTH,
        )

    def reinstatement(self, own: pb.Identity, *, error: VaultError | None = None) -> web.Response:
        """Return the form of an appeal against the withdrawal; raises NotFound without one to appeal."""
        if error is None and not own.HasField("reinstate_until_time"):
            raise NotFound("REINSTATEMENT_NOT_FOUND", "NOT_FOUND")
        return self._page(
            own,
            "reinstatement",
            self._say("reinstatement_title"),
            status=422 if error else 200,
            errors=self._errors(error),
            retype=isinstance(error, InvalidFields),
            limit=objection_rules.TEXT_LENGTH,
        )

    def disowned(self, own: pb.Identity, *, error: VaultError | None = None) -> web.Response:
        """Return what the person in whose name the account is said of it, and how its holder answers."""
        states = disavowal_pb2.Disavowal
        undecided = any(each.state in (states.STATE_FILED, states.STATE_PROPOSED) for each in own.disavowals)
        types = common_pb2.DocumentType
        names = [types.Name(each).removeprefix("DOCUMENT_TYPE_") for each in own.proof_document_types]
        return self._page(
            own,
            "disowned",
            self._say("disowned_title"),
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
            ("disowned_state", self._say(f"DISAVOWAL_{disavowal_pb2.Disavowal.State.Name(each.state)}")),
            ("disowned_told", self._minute(_datetime(each.file_time))),
            ("disowned_due", self._minute(_datetime(each.due_time))),
        ]
        if each.HasField("decide_time"):
            rows.append(("disowned_decided", self._minute(_datetime(each.decide_time))))
        if each.reason:
            rows.append(("disowned_reason", each.reason))
        return self._named(rows)

    def _proof_errors(self, error: VaultError | None) -> dict[str, str]:
        fields = {"real_name": "name", "document.number": "number"}
        return {fields.get(name, ""): text for name, text in self._errors(error).items()}

    def check_receipt(self, own: pb.Identity) -> web.Response:
        """Return the page whose script checks a receipt; without script it names the program that does."""
        return self._page(
            own, "receipt", self._say("receipt_title"), script="strict.js receipt_check.js receipt.js"
        )

    def erase(self, own: pb.Identity) -> web.Response:
        """Return what an erasure is, the state of the newest one, and the form that can follow."""
        newest = own.erasure
        erased = own.status.state == _Status.STATE_ERASED
        requested = newest.state == _Erasure.STATE_REQUESTED
        return self._page(
            own,
            "erase",
            self._say("erase_title"),
            rows=self._erasure(newest) if own.HasField("erasure") else [],
            may_keep=requested and not erased,
            may_erase=not requested and not erased,
            possible=self._minute(_datetime(own.possible_erase_time)),
            unproved=not own.recently_verified,
        )

    def _erasing(self, each: erasure_pb2.Erasure) -> str:
        """Return what the banner says while an erasure can be cancelled, "" without one."""
        if each.state != _Erasure.STATE_REQUESTED:
            return ""
        asked, from_time = (self._minute(_datetime(time)) for time in (each.request_time, each.erase_time))
        return self._say("erasing", platform=self.found.platform_title, asked=asked, time=from_time)

    def _erasure(self, each: erasure_pb2.Erasure) -> Rows:
        rows = [
            ("erase_state", self._say(f"ERASURE_{_Erasure.State.Name(each.state)}")),
            ("erase_requested", self._minute(_datetime(each.request_time))),
        ]
        if each.state != _Erasure.STATE_CANCELLED:
            rows.append(("erase_from", self._minute(_datetime(each.erase_time))))
            rows.append(("erase_destroyed", self._minute(_datetime(each.destroy_time))))
        return self._named(rows)

    @property
    def _here(self) -> str:
        return f"/i/{self.found.session_id}"

    def _status(self, status: common_pb2.AccountStatus) -> Rows:
        rows = [("state", self._say(_Status.State.Name(status.state)))]
        if status.expire_date:
            rows.append(("valid_until", self._date(last_day(status.expire_date))))
        if status.assurances:
            names = [self.view.say(f"fact_name_{each}") for each in facts(status)]
            rows.append(("basis", _BETWEEN[self.view.language].join(names)))
        rows.append(("standing", self._say(_Status.Standing.Name(status.standing))))
        return self._named(rows)

    def _verification(self, each: pb.PastVerification) -> Rows:
        rows = [("asked", self._minute(_datetime(each.open_time)))]
        if each.HasField("end_time"):
            rows.append(("ended", self._minute(_datetime(each.end_time))))
        rows.append(("result", self._result(each)))
        agreed = self._minute(_datetime(each.agree_time))
        rows.append(("terms", self._say("terms_value", version=each.policy_version, time=agreed)))
        return self._named(rows)

    def _result(self, each: pb.PastVerification) -> str:
        if each.withdrawn:
            return self._say("CLAIM_WITHDRAWN")
        if each.state != _Claim.STATE_FAILED:
            return self._say(f"CLAIM_{_Claim.State.Name(each.state)}")
        name = _Claim.FailureReason.Name(each.failure_reason).removeprefix("FAILURE_REASON_")
        return FailureReason(name).text(self.view.language)

    def _place(self, each: pb.PastVerification) -> str:
        """Return the address of a success, which has a receipt and can be contested; "" for any other."""
        succeeded = each.state == _Claim.STATE_SUCCEEDED and not each.withdrawn
        return f"{self._here}/verifications/{each.verification_id}" if succeeded else ""

    def _contested(self, contest: contest_pb2.Contest | None) -> Rows:
        if contest is None:
            return []
        rows = [
            ("contest_state", self._say(f"CONTEST_{contest_pb2.Contest.State.Name(contest.state)}")),
            ("contest_filed", self._minute(_datetime(contest.file_time))),
            ("contest_due", self._minute(_datetime(contest.due_time))),
        ]
        if contest.HasField("decide_time"):
            rows.append(("contest_decided", self._minute(_datetime(contest.decide_time))))
            rows.append(("contest_reason", contest.reason))
        return self._named(rows)

    def _reinstatement(self, each: reinstatement_pb2.Reinstatement) -> Rows:
        states = reinstatement_pb2.Reinstatement.State
        name = states.Name(each.state)
        if each.state == states.Value("STATE_UPHELD") and not each.reinstated:
            name = "LATE"
        rows = [
            ("contest_state", self._say(f"REINSTATEMENT_{name}")),
            ("contest_filed", self._minute(_datetime(each.file_time))),
            ("contest_due", self._minute(_datetime(each.due_time))),
        ]
        if each.HasField("decide_time"):
            rows.append(("contest_decided", self._minute(_datetime(each.decide_time))))
            rows.append(("contest_reason", each.reason))
        return self._named(rows)

    def _sanction(self, each: sanction_pb2.Sanction) -> Rows:
        stated = each.statement
        kinds = sanction_pb2.StatementOfReasons
        ground = Ground(kinds.Ground.Name(stated.ground).removeprefix("GROUND_"))
        category = SanctionCategory(kinds.Category.Name(stated.category).removeprefix("CATEGORY_"))
        rows = [
            ("degree", self._say(_Sanction.Degree.Name(each.degree))),
            ("target", each.public_account_id or self._say("target_account")),
            ("sanction_state", self._say(f"SANCTION_{_Sanction.State.Name(each.state)}")),
            ("imposed", self._minute(_datetime(each.impose_time))),
            ("until", self._until(each)),
            ("cause", cause_text(ground, category, language=self.view.language)),
            ("rule", stated.rule_reference),
            ("case", stated.case_reference),
            ("origin", self._say(kinds.Origin.Name(stated.origin))),
            ("detection", self._say(kinds.Automation.Name(stated.detection))),
            ("decision", self._say(kinds.Automation.Name(stated.decision))),
            ("territory", stated.territory),
            ("issuer", self._issuer(stated)),
            ("redress", stated.redress),
        ]
        return self._named((name, value) for name, value in rows if value)

    def _issuer(self, stated: sanction_pb2.StatementOfReasons) -> str:
        if not stated.HasField("order"):
            return self.found.platform_title
        order = stated.order
        return f"{order.authority}, {order.reference}, {order.order_date}"

    def _until(self, each: sanction_pb2.Sanction) -> str:
        if each.HasField("finish_time"):
            return self._minute(_datetime(each.finish_time))
        if each.statement.HasField("end_time"):
            return self._minute(_datetime(each.statement.end_time))
        return self._say("without_end")

    def _appealed(self, appeal: sanction_pb2.Appeal | None) -> Rows:
        if appeal is None:
            return []
        rows = [
            ("appeal_state", self._say(f"APPEAL_{sanction_pb2.Appeal.State.Name(appeal.state)}")),
            ("appeal_filed", self._minute(_datetime(appeal.file_time))),
            ("appeal_due", self._minute(_datetime(appeal.due_time))),
        ]
        if appeal.HasField("decide_time"):
            rows += [("appeal_decided", self._minute(_datetime(appeal.decide_time)))]
            rows += [("appeal_reason", appeal.reason)]
        if appeal.HasField("outside_due_time"):
            until = self._minute(_datetime(appeal.outside_due_time))
            rows.append(("outside", self._say("outside_value", body=appeal.outside_body, time=until)))
        return self._named(rows)

    def _public_account(self, each: public_account_pb2.PublicAccount) -> Rows:
        kinds = public_account_pb2
        rows = [
            ("public_account", each.profile.public_account_id),
            ("state", self._say(f"PUBLIC_{kinds.PublicProfile.State.Name(each.profile.state)}")),
        ]
        if each.reject_reason:
            name = kinds.PublicAccount.RejectReason.Name(each.reject_reason)
            reason = RejectReason(name.removeprefix("REJECT_REASON_"))
            text = reject_text(reason, language=self.view.language)
            more = self._say("limit") if reason is RejectReason.OWNER_NOT_ELIGIBLE else ""
            rows.append(("rejected", f"{text}{more}"))
        return self._named(rows)

    def _errors(self, error: VaultError | None) -> dict[str, str]:
        if isinstance(error, InvalidFields):
            return {
                name: FIELD_TEXTS[code].in_language(self.view.language) for name, code in error.fields.items()
            }
        return {} if error is None else {"": error.text(self.view.language)}

    def _named(self, rows: Iterable[tuple[str, str]]) -> Rows:
        return [(self._say(name), value) for name, value in rows]

    def _minute(self, time: datetime) -> str:
        return f"{time.astimezone(self.zone):%Y-%m-%d %H:%M}"

    def _day(self, time: datetime) -> str:
        return self._date(time.astimezone(self.zone).date())

    def _date(self, day: date) -> str:
        return format_date(day, format="long", locale="zh_CN" if self.view.language == "zh" else "en")

    def _say(self, key: str, **values: object) -> str:
        return self.view.say(f"own_{key}", **values)

    def _page(
        self, own: pb.Identity, name: str, title: str, *, status: int = 200, **values: object
    ) -> web.Response:
        return self.view.page(
            f"identity_{name}.html",
            title=title,
            status=status,
            service="own_service",
            here=self._here,
            erasing=self._erasing(own.erasure),
            platform=self.found.platform_title,
            **values,
        )


def _datetime(value: Timestamp) -> datetime:
    return value.ToDatetime(UTC)


def _may_appeal(sanction: sanction_pb2.Sanction, appeals: dict[str, sanction_pb2.Appeal]) -> bool:
    return sanction.HasField("start_time") and sanction.sanction_id not in appeals
