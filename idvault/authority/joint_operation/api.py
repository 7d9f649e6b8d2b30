"""The methods of AuthorityService about joint operations, and their messages."""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.authority.acts import AuthorityContext
from idvault.authority.joint_operation import acts
from idvault.authority.joint_operation.rules import JointOperation, PlatformCount
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.moderator import api as moderator_api
from idvault.sanction.api import DEGREES, page, time
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import authority_pb2 as pb


def message(value: JointOperation, counts: Sequence[PlatformCount] = ()) -> pb.JointOperation:
    """Return the message of an operation, with its counts if they are given."""
    return pb.JointOperation(
        operation_id=value.operation_id,
        signed_operation=value.signed,
        open_time=time(value.opened_at),
        begin_time=time(value.begin_at),
        end_time=time(value.end_at),
        counts=[_counted(each) for each in counts],
    )


def _counted(value: PlatformCount) -> pb.JointOperation.PlatformCount:
    return pb.JointOperation.PlatformCount(
        platform=value.platform,
        sanctions=[
            pb.JointOperation.SanctionCount(degree=DEGREES[degree], count=count or 0, withheld=count is None)
            for degree, count in value.sanctions.items()
        ],
        reports=value.reports or 0,
        reports_withheld=value.reports is None,
    )


@dataclass(kw_only=True, eq=False, repr=False)
class JointOperationMethods:
    """The methods about joint operations."""

    context: AuthorityContext

    async def OpenJointOperation(
        self,
        request: pb.OpenJointOperationRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.JointOperation:
        """Open an operation."""
        call = repetition.asked_by_member(request, caller)
        made = await acts.begin(self.context, call, now, signed=request.signed_operation, code=request.code)
        return message(*await acts.get(self.context.vault, caller.actor_id, made.operation_id))

    async def GetJointOperation(
        self,
        request: pb.GetJointOperationRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.JointOperation:
        """Return an operation with its counts."""
        operation_id = moderator_api.an_id(request.operation_id, "operation_id")
        return message(*await acts.get(self.context.vault, caller.actor_id, operation_id))

    async def ListJointOperations(
        self,
        request: pb.ListJointOperationsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListJointOperationsResponse:
        """Return a page of operations."""
        after, limit = page(request)
        found, following = await acts.page(self.context.vault, caller.actor_id, after=after, limit=limit)
        return pb.ListJointOperationsResponse(
            operations=[message(each) for each in found], next_page_token=following
        )
