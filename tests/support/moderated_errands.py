"""What reviewers and moderators do in several steps: documents that two sign, and measures on content."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from idvault.core.act import SYSTEM
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.platform import acts as platform_acts
from idvault.sanction.content_measure import acts as measure_acts
from idvault_client.reviews import AioReviews
from idvault_client.sanctions import (
    AppealState,
    PlatformContentMeasure,
    UpheldContentMeasure,
)
from idvault_client.tip_offs import UpheldSanction
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.sanction import Degree, Origin
from idvault_verify.session import Proof
from idvault_verify.v1 import review_pb2
from tests.support.cut_steps import Taken
from tests.support.inquiry_world import InquiryWorld
from tests.support.review_world import CONSENT, numbered, review_methods
from tests.support.tip_off_world import TipOffWorld, key_files, report
from tools.support import builders
from tools.support.flow_world import PARTY, at, command
from tools.support.in_process import client
from tools.support.sanction_world import ACTOR, key_of, reasons, signing

DAY = 86_400
_POST, _REMOVED = "post/17", ContentMeasureKind.REMOVED
_TEXT = "It was satire (synthetic)"
_SERVICE = review_pb2.DESCRIPTOR.services_by_name["ReviewService"]


def request_id(errand: int, step: int) -> UUID:
    """Return the id of a step's request."""
    return UUID(int=2**71 + errand * 1_000 + step)


async def accept_reviews(world: InquiryWorld) -> None:
    """Let the platform demand two reviewers."""
    await platform_acts.register(world.vault, SYSTEM, at(0), name=PARTY, role="platform", spki="0" * 64)
    proofs = {Proof.TWO_REVIEWERS}
    await platform_acts.accept(world.vault, SYSTEM, at(0), PARTY, proofs=proofs)


class ModeratedErrands:
    """Errands of moderators. take: how each step is taken. moderators: by number."""

    world: InquiryWorld
    moderators: dict[int, str]
    take: Taken

    def key(self, number: int, seconds: float) -> ModeratorKey:
        """Return a moderator's key, which signs at a time."""
        return signing(key_of(number).of(self.moderators[number]), seconds)

    def _reviews(self, seconds: float) -> AioReviews:
        methods = review_methods(self.world.moderation, self.world.database)
        return client([Service(_SERVICE, methods)], Caller(PARTY, "platform", ACTOR), at(seconds)).reviews

    async def review(self, errand: int) -> Sequence[object]:
        """Two reviewers sign a document for a new account, and once more to renew it."""
        token = ""
        told: list[object] = []
        for step in (30, 32):
            token, states = await self._review(errand, step, token)
            told += states
        return told

    async def _review(self, errand: int, step: int, token: str) -> tuple[str, Sequence[object]]:
        seen = numbered(errand)
        first = await self.take(
            lambda seconds: self._reviews(seconds).sign(
                seen, consent=CONSENT, key=self.key(1, seconds), account_token=token,
                request_id=request_id(errand, step),
            )
        )  # fmt: skip
        done = await self.take(
            lambda seconds: self._reviews(seconds).confirm(
                first.review_id, seen, paper_digest=first.paper_digest, key=self.key(2, seconds),
                request_id=request_id(errand, step + 1),
            ),
            lambda found: found.verification is not None and not found.verification.pending,
        )  # fmt: skip
        assert done.verification is not None
        assert done.verification.succeeded
        return done.account_token, (done.state, done.verification.status.assurances)

    def _measures(self, seconds: float) -> Any:
        return self.world.moderation.platform(seconds).content_measures

    async def measure(self, errand: int) -> Sequence[object]:
        """One measure is reversed, one overturned, one never decided; one is of a report, with a closing."""
        reversed_ = await self._imposed(errand, 40)
        ended = await self.take(
            lambda _: self._measures(0).reverse(
                reversed_, "a mistake", key=self.key(1, 0), request_id=request_id(errand, 41)
            )
        )
        overturned, waits = [await self._appealed(errand, step) for step in (42, 44)]
        late = 20 * DAY
        decided = await self.take(
            lambda _: self._measures(late).decide_appeal(
                overturned, AppealState.UPHELD, "seen", key=self.key(2, late),
                request_id=request_id(errand, 46),
            )
        )  # fmt: skip
        reported = await self._reported(errand)
        vault = self.world.moderation.vault
        await self.take(lambda _: measure_acts.note_all_overdue(vault, at(late), limit=9))
        await self.take(lambda _: measure_acts.delete_texts(vault, at(120 * DAY), limit=9))
        left = await self.take(lambda _: self._measures(late).get(waits.measure_id))
        return ended.state, decided.state, reported.state, left.state

    async def _imposed(self, errand: int, step: int) -> PlatformContentMeasure:
        made: PlatformContentMeasure = await self.take(
            lambda _: self._measures(0).impose(
                _POST, _REMOVED, reasons(), key=self.key(1, 0), request_id=request_id(errand, step)
            )
        )
        return made

    async def _appealed(self, errand: int, step: int) -> PlatformContentMeasure:
        made = await self._imposed(errand, step)
        filed: PlatformContentMeasure = await self.take(
            lambda _: self._measures(0).file_appeal(
                made.measure_id, _TEXT, request_id=request_id(errand, step + 1)
            )
        )
        return filed

    async def _reported(self, errand: int) -> PlatformContentMeasure:
        """Let a report lead to a measure, and to a closing that another moderator confirms."""
        who = builders.identity(number=f"1100001901012{errand:04}X")
        claim = await self.world.claims.verify(command(errand * 10 + 70_000, who))
        token, moderation = claim.account.account_token, self.world.moderation
        with TemporaryDirectory() as folder:
            reports = TipOffWorld(
                self.world.database, key_files(Path(folder)), life=errand, sanctions=moderation
            )
            filed = await self.take(lambda _: reports.file(report(), request_id=str(request_id(errand, 50))))
            seen = replace(filed.tip_off, moderator_id="")  # as nobody worked on it yet
            await self.take(
                lambda _: reports.asks().assign(seen, key=self.key(1, 0), request_id=request_id(errand, 51))
            )
            named = reasons(origin=Origin.TIP_OFF, tip_off=seen.reference)
            upheld = await self.take(
                lambda _: reports.asks().uphold(
                    seen.tip_off_id, UpheldSanction(token, Degree.CLOSE, named), key=self.key(1, 0),
                    measure=UpheldContentMeasure(_POST, _REMOVED, named), reply="removed (synthetic)",
                    request_id=request_id(errand, 52),
                )
            )  # fmt: skip
        if upheld.proposal_id:  # nobody has confirmed it yet
            proposed = await self.take(lambda _: moderation.asks().get(upheld.proposal_id))
            await self.take(
                lambda _: moderation.asks().confirm(
                    proposed, key=self.key(2, 0), request_id=request_id(errand, 53)
                )
            )
        made: PlatformContentMeasure = await self._measures(0).get(upheld.measure_id)
        return made
