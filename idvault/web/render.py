"""Turns what the edge says into a page: which template, which title, and which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from idvault.claim.representative import rules as representative_rules
from idvault.session import rules as session_rules
from idvault.web.words import Words
from idvault_client import reasons
from idvault_client.errors import TooManyAttempts, VaultError
from idvault_client.pages import rendering
from idvault_client.reasons import FailureReason
from idvault_verify import return_address, secret
from idvault_verify.account import SubjectKind
from idvault_verify.claim import kind_of
from idvault_verify.document import DocumentType
from idvault_verify.error import Reason
from idvault_verify.v1 import common_pb2, verification_pb2
from idvault_verify.v1 import session_pb2 as pb

_TEMPLATES = rendering.templates(Path(__file__).parent / "templates")
_WORTH_ANOTHER = frozenset(each.value for each in session_rules.WORTH_ANOTHER)
_MISMATCHES = (FailureReason.MISMATCH, FailureReason.ELEMENT_MISMATCH)
_MISMATCHED = "name"
"""The field that the error of a pair names, whose other half is marked as well."""
ANSWERS = ("LATER", "DISMISSED")
"""What an owner may answer to an invitation."""
States = pb.VerificationSession.State
_CREDIT_CODE = DocumentType.UNIFIED_SOCIAL_CREDIT_CODE.value
CHECKED = ("LENGTH", "CHARACTER", "REGION", "BIRTH_DATE", "FUTURE_DATE", "CHECK_DIGIT")
"""What the script says of a field: in the words of the rules, by the lower-case name of the code."""


@dataclass(frozen=True, kw_only=True)
class View(Words):
    """What all pages of one answer share.

    key: the browser's. keep: what a change of language must keep. came_from: the address of this page, to
    which help and privacy lead back; on these that of the page before. supervision: the address of the page
    of public supervision, empty for none. run_by: who runs the service, the host of these pages if no name is
    known. contact: how people reach the operator, empty if that is not known.
    """

    key: str = field(default="", repr=False)
    keep: str = ""
    came_from: str = field(default="", repr=False)
    supervision: str = ""
    run_by: str = ""
    contact: str = ""

    def page(
        self,
        template: str,
        *,
        title: str,
        status: int = 200,
        asking: pb.SessionPage | None = None,
        **values: Any,
    ) -> web.Response:
        """Return a page. asking: the session whose platform asks, and stands in the head; None for none."""
        shared: dict[str, Any] = {
            "brand": asking.platform_title if asking else "",
            "stripe": asking.platform_colour if asking else "",
            "answers": (),
            "organization": False,
            "gap": self.gap,
            "decline": "",
            "supervision": self.supervision,
            "run_by": self.run_by,
            "came": f"?from={quote(self.came_from, safe='')}" if self.came_from else "",
            "form": secret.form_token(self.key) if self.key else "",
            "keep": self.keep,
            "title": title,
            "t": self.say,
        }
        body = rendering.render(_TEMPLATES, template, language=self.language, **{**shared, **values})
        return web.Response(text=body, content_type="text/html", charset="utf-8", status=status)

    def refusal(
        self,
        text: str,
        *,
        status: int,
        links: Sequence[tuple[str, str]] = (),
        title: str = "refused_title",
        service: str = "service",
        asking: pb.SessionPage | None = None,
    ) -> web.Response:
        """Return a page that says why nothing is shown. links: where to go on, address and text."""
        return self.page(
            "message.html",
            title=self.say(title),
            service=service,
            status=status,
            asking=asking,
            texts=[text],
            links=links,
        )

    def time_left(self, found: pb.SessionPage) -> dict[str, Any]:
        """Return how long a session is still open, in words and in per cent."""
        due = found.expire_time.ToDatetime(UTC)
        # The clock of this host may be another than the vault's.
        if not timedelta() < due - self.now <= session_rules.LIFETIME:
            return {}
        spent = rendering.time_spent(due - session_rules.LIFETIME, due, now=self.now)
        return {"time_left": rendering.time_left(due, now=self.now, say=self.say), "time_spent": spent}

    def _step(self, found: pb.SessionPage, number: int) -> dict[str, Any]:
        """Return where a page is on the way to the result, and how long the way is still open."""
        return {
            **self.time_left(found),
            "asking": found,
            "platform": found.platform_title,
            "decline": _back(found),
            "enforced": self._enforced(found),
            "at_step": number,
            "of_steps": _steps(found),
        }

    def _enforced(self, found: pb.SessionPage) -> str:
        """Return the day from which publishing is limited without a verification, "" for none."""
        return found.enforcement_date and self.day(date.fromisoformat(found.enforcement_date))

    def start(self, found: pb.SessionPage) -> web.Response:
        """Return the first page of a link."""
        if _is_own(found):
            title = self.say("own_start_title", platform=found.platform_title)
            return self.page(
                "identity_start.html", title=title, service="own_service", platform=found.platform_title
            )
        return self.page(
            "start.html",
            title=self.say(
                "representative_start_title" if _is_representative(found) else "start_title",
                platform=found.platform_title,
            ),
            **self._step(found, 1),
            purpose=_purpose(found),
            proof=_proof(found),
            provider=found.provider,
            threshold=found.threshold,
            custodians=list(found.custodians),
            invited=found.invited,
            incentive=found.incentive_text,
        )

    def session(self, found: pb.SessionPage, *, kind: str, is_back: bool = False) -> web.Response:
        """Return the page of a session in its state. kind: the chosen document. is_back: from a provider."""
        if found.state == States.STATE_AGREED:
            return (
                self._proof(found, is_back=is_back)
                if found.open_proof and not kind
                else self._form(found, kind)
            )
        shown = {
            States.STATE_REDEEMED: self._leave,
            States.STATE_BOUND: self._terms,
            States.STATE_CHECKING: self._waiting,
            States.STATE_SUCCEEDED: self._done,
        }
        if found.state in shown:
            return shown[found.state](found)
        if found.state == States.STATE_FAILED:
            return self._failed(found)
        expired = reasons.reason_text("SESSION_EXPIRED", language=self.language)
        return self._ended(found, "expired_title", expired)

    def _failed(self, found: pb.SessionPage) -> web.Response:
        """Return the page of a session that ended without a verification, or without the whole of one."""
        if _is_closed_holder(found):
            return self._closed(found)
        if _reason(found) is FailureReason.REPRESENTATIVE_PENDING:
            return self._ended(found, "representative_title", self._awaited(found))
        if _reason(found).value in _WORTH_ANOTHER:
            return self._spent(found)
        return self._ended(found, "failed_title", self._failure(found))

    def _awaited(self, found: pb.SessionPage) -> str:
        """Return before which day the representative must prove it: the registry answered after the start."""
        begun = found.expire_time.ToDatetime(UTC) - session_rules.LIFETIME
        due = representative_rules.due_at(now=begun).astimezone(self.zone).date()
        return self.say("representative_waits", platform=found.platform_title, day=self.day(due))

    def answered(self, found: pb.SessionPage, answer: str) -> web.Response:
        """Return the page after an answer to an invitation."""
        back = (_back(found), self.say("back", platform=found.platform_title))
        onward = (_here(found), self.say("answer_onward"))
        return self.page(
            "message.html",
            title=self.say(f"{answer}_title"),
            asking=found,
            texts=[self.say(f"{answer}_text", platform=found.platform_title), *self._limits(found)],
            links=[back, onward] if _answers(found) else [back],
        )

    def _limits(self, found: pb.SessionPage) -> list[str]:
        """Return what follows for whoever does not verify, if anything does."""
        day = self._enforced(found)
        return [self.say("enforced", day=day)] if day else []

    def confirm_answer(self, found: pb.SessionPage, answer: str) -> web.Response:
        """Return the page that records what was chosen on the first page of an invitation."""
        return self.page(
            "answer.html",
            title=self.say(f"{answer}_confirm_title"),
            asking=found,
            here=_here(found),
            answer=answer,
            limits=self._limits(found),
        )

    def identity(
        self,
        found: pb.SessionPage,
        *,
        kind: str,
        errors: Mapping[str, str],
        status: int = 200,
        guarded: bool = False,
        refused: bool = False,
    ) -> web.Response:
        """Return the form. errors: by the id of a field, "" for the form as a whole.

        guarded: whether to ask for an adult. refused: whether somebody was asked, and said no.
        """
        words = "organization_" if kind == _CREDIT_CODE else ""
        return self.page(
            "identity.html",
            title=self.say("again_title" if refused else f"{words or 'identity_'}title"),
            status=status,
            **self._step(found, _form_step(found)),
            here=_here(found),
            keep=self.keep or f"&document={kind}",
            kind=kind,
            words=words,
            attempt=found.next_attempt,
            left=found.attempts_left,
            errors=errors,
            retype=bool(errors),
            unmatched=refused and _MISMATCHED in errors,
            said={each.lower(): reasons.FIELD_TEXTS[each].in_language(self.language) for each in CHECKED},
            today=self.now.astimezone(self.zone).date(),
            answers=_answers(found),
            proof=_proof(found),
            provider=found.provider,
            former=bool(found.provider) and not _is_representative(found),
            adults=_people(found) if guarded else (),
            representatives=_representatives(found, kind),
        )

    def _proof(self, found: pb.SessionPage, *, is_back: bool) -> web.Response:
        """Return the page between ours and the provider's, on the way there or back."""
        return self.page(
            "proof.html",
            title=self.say("proof_back_title" if is_back else "proof_title", provider=found.provider),
            is_back=is_back,
            here=_here(found),
            **self._step(found, _steps(found)),
            provider=found.provider,
            address=found.proof_url,
            proof=_proof(found),
            again=bool(found.next_attempt),
        )

    def _leave(self, found: pb.SessionPage) -> web.Response:
        words = "representative_leave_text" if _is_representative(found) else "leave_text"
        own = {**self.time_left(found), "service": "own_service"}
        return self.page(
            "message.html",
            title=self.say("leave_title", platform=found.platform_title),
            **(own if _is_own(found) else self._step(found, 2)),
            texts=[self.say(words, platform=found.platform_title)],
            links=[self._to_platform(found)],
        )

    def leave_to_answer(self, found: pb.SessionPage, answer: str) -> web.Response:
        """Return the page that leads to the platform whoever chose an answer in place of a verification."""
        chosen = self.say(f"{answer}_button")
        return self.page(
            "message.html",
            title=self.say("answer_leave_title", platform=found.platform_title, answer=chosen),
            asking=found,
            texts=[self.say("answer_leave_text", platform=found.platform_title)],
            links=[self._to_platform(found), (f"{_here(found)}?onward=1", self.say("answer_onward"))],
        )

    def _to_platform(self, found: pb.SessionPage) -> tuple[str, str]:
        """Return the link with which the platform confirms the browser."""
        code = secret.bind_code(self.key, session_id=found.session_id)
        address = return_address.with_parameters(
            found.return_url, session_id=found.session_id, bind_code=code
        )
        return address, self.say("leave_link", platform=found.platform_title)

    def _terms(self, found: pb.SessionPage) -> web.Response:
        title = self.say("terms_title", platform=found.platform_title, version=found.policy_version)
        return self.page(
            "terms.html",
            title=title,
            **self._step(found, 3),
            here=_here(found),
            terms=found.policy_text,
            answers=_answers(found),
        )

    def _result(self, found: pb.SessionPage) -> web.Response:
        """Return the page before a proof for which nothing is typed."""
        return self.page(
            "result.html",
            title=self.say("result_title", provider=found.provider),
            **self._step(found, 4),
            here=_here(found),
            attempt=found.next_attempt,
            left=found.attempts_left,
            errors={"": self._failure(found)} if found.HasField("verification") else {},
            answers=_answers(found),
            provider=found.provider,
        )

    def _form(self, found: pb.SessionPage, kind: str) -> web.Response:
        if found.proof == pb.PROOF_RESULT_ONLY:
            return self._result(found)
        kinds = [_kind(each) for each in found.document_types]
        chosen = kind if kind in kinds else kinds[0] if len(kinds) == 1 else ""
        refused = found.HasField("verification")
        errors = {"": self._failure(found)} if refused else {}
        if chosen and refused and _reason(found) is FailureReason.MISMATCH:
            words = "organization_" if chosen == _CREDIT_CODE else ""
            errors = {_MISMATCHED: self.say(f"{words}unmatched")}
        if chosen:
            return self.identity(found, kind=chosen, errors=errors, refused=refused)
        title = self.say("document_title")
        return self.page(
            "document.html",
            title=title,
            **self._step(found, 4),
            here=_here(found),
            kinds=kinds,
            errors=errors,
            answers=_answers(found),
        )

    def _waiting(self, found: pb.SessionPage) -> web.Response:
        if found.open_proof:
            title = self.say("wait_title")
            here = _here(found)
            return self.page(
                "proof_waiting.html", title=title, here=here, provider=found.provider, asking=found
            )
        return self.page(
            "message.html",
            title=self.say("wait_title"),
            asking=found,
            waits=True,
            texts=[self.say("wait_text", platform=found.platform_title)],
            links=[
                (_here(found), self.say("wait_link")),
                (_back(found), self.say("back", platform=found.platform_title)),
            ],
        )

    def _done(self, found: pb.SessionPage) -> web.Response:
        return self.page(
            "done.html",
            asking=found,
            title=self.say("representative_done_title" if _is_representative(found) else "done_title"),
            here=_here(found),
            platform=found.platform_title,
            full=found.public_account_limit_reached,
            facts=facts(found.verification.status),
            organization=is_organization(found.verification.status),
            day=self.day(last_day(found.verification.status.expire_date)),
            back_to=_back(found),
        )

    def _closed(self, found: pb.SessionPage) -> web.Response:
        return self.page(
            "closed.html",
            asking=found,
            title=self.say("failed_title"),
            here=_here(found),
            text=self._failure(found),
            platform=found.platform_title,
            back_to=_back(found),
        )

    def contested(self, found: pb.SessionPage) -> web.Response:
        """Return the page after a contest of the number's pairing."""
        return self._ended(found, "pairing_done_title", self.say("pairing_done_text"))

    def _spent(self, found: pb.SessionPage) -> web.Response:
        """Return the page after a link's last attempt: what can be done, and that a new link may be had."""
        text = self.say("spent_text") if _reason(found) in _MISMATCHES else self._failure(found)
        return self._stopped(found, title="spent_title", text=text, now=True)

    def limited(self, found: pb.SessionPage, error: TooManyAttempts) -> web.Response:
        """Return the page of a form that the vault refuses for now: until when, if known, and what to do."""
        text = "" if error.retry_after else error.text(self.language)
        return self._stopped(found, title="limited_title", text=text, wait=error.retry_after, status=429)

    def _stopped(
        self,
        found: pb.SessionPage,
        *,
        title: str,
        text: str,
        wait: timedelta | None = None,
        now: bool = False,
        status: int = 200,
    ) -> web.Response:
        """Return a page without a form. wait: how long; now: a new link may be had at once."""
        return self.page(
            "spent.html",
            title=self.say(title),
            status=status,
            text=text,
            until=wait and self._until(wait),
            now=now,
            asking=found,
            platform=found.platform_title,
            proof=_proof(found),
            others=len(_people(found)) > 1,
            back_to=_back(found),
        )

    def _until(self, wait: timedelta) -> str:
        """Return the first whole minute after a wait, so that nobody comes back too early."""
        return self.minute(self.now + wait + timedelta(minutes=1) - timedelta.resolution)

    def refused(self, error: VaultError) -> str:
        """Return why nothing is shown; of a limit, until when to wait."""
        if not isinstance(error, TooManyAttempts) or error.retry_after is None:
            return error.text(self.language)
        return self.say("wait_until", time=self._until(error.retry_after))

    def refused_title(self, error: VaultError) -> str:
        """Return the text's key of the heading over why nothing is shown."""
        return "unproven_title" if error.reason == Reason.PROOF_REFUSED else "refused_title"

    def busy(self, retry_after: str) -> str:
        """Return that there are too many requests now. retry_after: how many seconds to wait."""
        minutes = int(retry_after) // 60
        return self.say("busy_minutes", minutes=minutes) if minutes else self.say("busy")

    def _ended(self, found: pb.SessionPage, title: str, text: str) -> web.Response:
        back = (_back(found), self.say("back", platform=found.platform_title))
        return self.page(
            "message.html",
            title=self.say(title),
            service="own_service" if _is_own(found) else "service",
            texts=[text],
            links=[back],
            asking=found,
        )

    def _failure(self, found: pb.SessionPage) -> str:
        mismatch = verification_pb2.Verification.FAILURE_REASON_ELEMENT_MISMATCH
        if _is_representative(found) and found.verification.failure_reason == mismatch:
            return self.say("representative_wrong", provider=found.provider)
        if found.verification.failure_reason == verification_pb2.Verification.FAILURE_REASON_HOLDER_REQUIRED:
            return self.say("holder_required", platform=found.platform_title)
        return _reason(found).text(self.language)


def _reason(found: pb.SessionPage) -> FailureReason:
    name = verification_pb2.Verification.FailureReason.Name(found.verification.failure_reason)
    reason = name.removeprefix("FAILURE_REASON_")
    return FailureReason(reason) if reason in FailureReason.__members__ else FailureReason.UNSPECIFIED


def _is_closed_holder(found: pb.SessionPage) -> bool:
    """Return whether a proven person was refused as closed: perhaps by a notice about somebody else."""
    closed = verification_pb2.Verification.FAILURE_REASON_PERSON_CLOSED
    return found.proof == pb.PROOF_HOLDER and found.verification.failure_reason == closed


def _people(found: pb.SessionPage) -> list[str]:
    """Return the documents of people that can be checked."""
    kinds = [_kind(each) for each in found.document_types]
    return [each for each in kinds if kind_of(DocumentType(each)) is SubjectKind.INDIVIDUAL]


def _is_representative(found: pb.SessionPage) -> bool:
    """Return whether an organisation's legal representative is asked."""
    return found.purpose == pb.SESSION_PURPOSE_REPRESENTATIVE


def _is_own(found: pb.SessionPage) -> bool:
    """Return whether a link leads to "my identity", which has no steps."""
    return found.purpose == pb.SESSION_PURPOSE_IDENTITY


def _purpose(found: pb.SessionPage) -> str:
    """Return which text says why a person is asked; an invitation may ask for more than a match."""
    if found.purpose == pb.SESSION_PURPOSE_INVITATION and found.proof == pb.PROOF_HOLDER:
        return "INVITATION_proof"
    return pb.SessionPurpose.Name(found.purpose).removeprefix("SESSION_PURPOSE_")


def _proof(found: pb.SessionPage) -> str:
    return pb.Proof.Name(found.proof or pb.PROOF_NUMBER_MATCH).removeprefix("PROOF_")


def facts(status: common_pb2.AccountStatus) -> list[str]:
    """Return the facts that the last verification of an account established."""
    names = common_pb2.AccountStatus.Assurance.Name
    return [names(each).removeprefix("ASSURANCE_") for each in status.assurances]


def is_organization(status: common_pb2.AccountStatus) -> bool:
    """Return whether an account is an organisation's."""
    return status.subject_kind == common_pb2.SUBJECT_KIND_ORGANIZATION


def _steps(found: pb.SessionPage) -> int:
    """Return how many steps there are to the result: the form, and for whoever types before a proof that."""
    return _form_step(found) + (found.proof == pb.PROOF_HOLDER)


def _form_step(found: pb.SessionPage) -> int:
    """Return which step the form is: the choice of a document is one of its own, if there is one."""
    return 5 if len(found.document_types) > 1 else 4


def _here(found: pb.SessionPage) -> str:
    return f"/s/{found.session_id}"


def _answers(found: pb.SessionPage) -> tuple[str, ...]:
    return ANSWERS if found.invited and found.state in (States.STATE_BOUND, States.STATE_AGREED) else ()


def _back(found: pb.SessionPage) -> str:
    return return_address.with_parameters(found.return_url, session_id=found.session_id)


def _representatives(found: pb.SessionPage, kind: str) -> list[str]:
    """Return the documents that a legal representative may have; none for the form of a person."""
    people = [each for each in map(_kind, found.document_types) if each != _CREDIT_CODE]
    return people if kind == _CREDIT_CODE else []


def _kind(number: common_pb2.DocumentType.ValueType) -> str:
    return common_pb2.DocumentType.Name(number).removeprefix("DOCUMENT_TYPE_")


def last_day(expire_date: str) -> date:
    """Return the last day of a verification, from the first day on which it is over (ISO 8601)."""
    return date.fromisoformat(expire_date) - timedelta(days=1)
