"""The client of an authority's officer for reports that platforms refer: reads them, and signs answers here.

What a platform refers, and to whom, is the vault's word: no paper of the platform comes with it. An answer is
accepted back only if it is what was signed here, of the category and target that were read. A salt has one
size, or the mark that is signed under it could be another target's.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated

from idvault_client import codec
from idvault_client.backend.tip_off import target_of
from idvault_client.codec import Id, ReadBy
from idvault_people import paging
from idvault_people.member import MemberClient
from idvault_people.trust import FindingError
from idvault_verify.attest.order import AnswerTerms
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.offline import order as order_check
from idvault_verify.offline.order import OrderError, ReferredReport
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import ReferralState, TipOffTarget
from idvault_verify.v1 import authority_pb2, tip_off_pb2

_PAGE = 100


@dataclass(frozen=True, slots=True)
class GivenReferral:
    """A referral as it stands; category or state is None if this client does not know it.

    target: None once it is declined or lapsed, or the platform has deleted the report's texts. last_date: the
    last day on which it can be answered.
    """

    referral_id: Id
    platform: str
    category: SanctionCategory | None
    target: Annotated[TipOffTarget | None, ReadBy(lambda referral: target_of(referral.target))]
    target_salt: bytes = field(repr=False)
    refer_date: date
    last_date: date
    state: ReferralState | None
    answer_time: datetime | None
    signed_answer: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReferralOfficer(MemberClient):
    """An officer's client for referrals."""

    def answer(self, referral: GivenReferral, answer: ReferralState, *, code: str) -> GivenReferral:
        """Sign and send an answer: ACCEPTED or DECLINED; raises InvalidError, VaultError, FindingError."""
        return self.send(self.prepare(referral, answer), code=code)

    def prepare(self, referral: GivenReferral, answer: ReferralState) -> AnswerTerms:
        """Return an answer, ACCEPTED or DECLINED, that is not signed yet; raises as `answer` does."""
        if referral.target is None or referral.category is None:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("referral", FieldCode.REQUIRED))
        mark = _referred(referral, self.identity.name).mark()
        if not mark:
            raise FindingError(Finding.OTHER_REQUEST, "the vault gives a salt of another size")
        terms = AnswerTerms(
            referral_id=referral.referral_id,
            authority=self.identity.name,
            platform=referral.platform,
            answer=answer,
            category=referral.category,
            target_kind=referral.target.kind,
            target_mark=mark,
            create_time=int(self.now().timestamp()),
            roster_digest=self.trust.roster.digest(),
        )
        terms.check()
        return terms

    def send(self, terms: AnswerTerms, *, code: str) -> GivenReferral:
        """Sign and send an answer; raises VaultError, FindingError."""
        canonical = terms.canonical()
        signed = canonical + self.identity.sign(canonical)
        request = authority_pb2.AnswerReferralRequest(
            request_id=self.request_id(), signed_answer=signed, code=code
        )
        found = self._checked(
            self.edge.call("AuthorityService/AnswerReferral", request, authority_pb2.Referral)
        )
        if found.signed_answer != signed:
            raise FindingError(Finding.OTHER_REQUEST, "the vault answers with another referral")
        return found

    def get(self, referral_id: str) -> GivenReferral:
        """Return one referral as of now; raises VaultError, FindingError."""
        request = authority_pb2.GetReferralRequest(referral_id=referral_id)
        found = self._checked(self.edge.call("AuthorityService/GetReferral", request, authority_pb2.Referral))
        if found.referral_id != referral_id:
            raise FindingError(Finding.OTHER_REQUEST, "the vault answers with another referral")
        return found

    def every(self, *, state: ReferralState | None = None) -> Iterator[GivenReferral]:
        """Yield the referrals, in the order in which they were made; raises VaultError, FindingError."""
        word = "UNSPECIFIED" if state is None else state.value
        wanted = tip_off_pb2.TipOff.ReferralState.Value(f"REFERRAL_STATE_{word}")

        def ask(token: str) -> authority_pb2.ListReferralsResponse:
            request = authority_pb2.ListReferralsRequest(state=wanted, page_size=_PAGE, page_token=token)
            return self.edge.call(
                "AuthorityService/ListReferrals", request, authority_pb2.ListReferralsResponse
            )

        for page in paging.pages(ask):
            yield from map(self._checked, page.referrals)

    def _checked(self, answer: authority_pb2.Referral) -> GivenReferral:
        """Return a referral after a check that this authority gave the answer that it shows."""
        found = codec.read(GivenReferral, answer)
        if bool(found.signed_answer) is not (found.state in (ReferralState.ACCEPTED, ReferralState.DECLINED)):
            raise FindingError(Finding.OTHER_REQUEST, "the vault says that a referral is answered, or is not")
        if not found.signed_answer:
            return found
        try:
            # Its own answer stays one after it has got another key.
            order_check.check_answer(
                found.signed_answer,
                report=_referred(found, self.identity.name),
                versions=self.trust.versions,
                known=True,
            )
        except OrderError as error:
            if error.reason == "OTHER_REFERRAL":
                text = "the vault describes a referral in other words"
                raise FindingError(Finding.OTHER_REQUEST, text) from error
            text = f"the vault shows a false answer: {error}"
            raise FindingError(Finding.SIGNATURE_INVALID, text) from error
        return found


def _referred(referral: GivenReferral, authority: str) -> ReferredReport:
    return ReferredReport(
        referral_id=referral.referral_id,
        authority=authority,
        platform=referral.platform,
        answer=referral.state,
        category=referral.category,
        target=referral.target,
        salt=referral.target_salt,
    )
