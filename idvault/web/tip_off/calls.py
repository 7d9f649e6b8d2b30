"""The calls of the public's reports, with the role web."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from idvault_client.backend.rpc import Rpc, call, rpc
from idvault_client.codec import text
from idvault_client.tip_offs import FollowedTipOff
from idvault_verify.sanction import SanctionCategory
from idvault_verify.v1 import sanction_pb2, tip_off_pb2

_SERVICE = tip_off_pb2.DESCRIPTOR.services_by_name["TipOffFormService"]
_CATEGORY = sanction_pb2.StatementOfReasons.Category


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """What somebody wrote."""

    platform: str
    category: SanctionCategory
    where: str = field(repr=False)
    why: str = field(repr=False)
    contact: str = field(repr=False)
    evidence: bytes = field(repr=False)

    @property
    def size(self) -> int:
        """How many bytes of it are stored."""
        return len(self.evidence) + sum(len(each.encode()) for each in (self.where, self.why, self.contact))


def forms(page_token: str) -> Rpc[tuple[Mapping[str, str], str]]:
    """List platforms with their titles, and where the list continues."""

    def read(answer: bytes) -> tuple[Mapping[str, str], str]:
        found = tip_off_pb2.ListTipOffFormsResponse.FromString(answer)
        return {each.platform: each.platform_title for each in found.forms}, found.next_page_token

    request = tip_off_pb2.ListTipOffFormsRequest(page_size=1_000, page_token=page_token)
    return rpc(_SERVICE, "ListTipOffForms", request, read)


def file(report: WrittenReport, *, request_id: str) -> Rpc[tip_off_pb2.FiledTipOffForm]:
    """File a report."""
    request = tip_off_pb2.FileTipOffFormRequest(
        request_id=request_id,
        platform=report.platform,
        content=text(report.where, field="target.content"),
        category=_CATEGORY.Value(f"CATEGORY_{report.category.value}"),
        text=text(report.why, field="text"),
        contact=text(report.contact, field="contact"),
        content_copy=report.evidence,
    )
    return rpc(_SERVICE, "FileTipOffForm", request, tip_off_pb2.FiledTipOffForm.FromString)


def follow(platform: str, *, reference: str, secret: str) -> Rpc[FollowedTipOff]:
    """Read a report by its reporter's two numbers."""
    return call(
        _SERVICE, "FollowTipOffForm", FollowedTipOff, platform=platform, reference=reference, secret=secret
    )
