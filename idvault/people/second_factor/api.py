"""The methods of RosterService about the second factor of a roster member."""

from dataclasses import dataclass

from idvault.core.act import Vault
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.people.second_factor import acts
from idvault.people.second_factor.acts import EnrolCommand, SecondFactors
from idvault_verify.clock import ClockReading
from idvault_verify.v1 import roster_pb2


@dataclass(kw_only=True, eq=False, repr=False)
class SecondFactorMethods:
    """The methods about the caller's second factor."""

    vault: Vault
    second_factors: SecondFactors

    async def GetSecondFactor(
        self,
        request: roster_pb2.GetSecondFactorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.SecondFactorState:
        """Return the state of the caller's second factor."""
        found = await acts.state(self.vault, caller.actor_id, now=now)
        message = roster_pb2.SecondFactorState(
            enrolled=found.enrolled, pending=found.pending, tries_left=found.tries_left
        )
        if found.locked_until is not None:
            message.lock_end_time.FromDatetime(found.locked_until)
        return message

    async def BeginSecondFactor(
        self,
        request: roster_pb2.BeginSecondFactorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.SecondFactor:
        """Make a new secret that only the caller can read."""
        command = EnrolCommand(repetition.asked_by_member(request, caller), request.code)
        begun = await acts.begin(self.second_factors, command, now=now)
        return roster_pb2.SecondFactor(suite=begun.suite, sealed_uri=begun.sealed_uri)

    async def ConfirmSecondFactor(
        self,
        request: roster_pb2.ConfirmSecondFactorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.ConfirmSecondFactorResponse:
        """Confirm the enrolment of the new secret."""
        command = EnrolCommand(repetition.asked_by_member(request, caller), request.code)
        await acts.confirm(self.second_factors, command, now=now)
        return roster_pb2.ConfirmSecondFactorResponse()

    async def SpendCode(
        self,
        request: roster_pb2.SpendCodeRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> roster_pb2.SpendCodeResponse:
        """Spend a code before a command of the vault's host."""
        command = EnrolCommand(repetition.asked_by_member(request, caller), request.code)
        await acts.spend(self.second_factors, command, now=now)
        return roster_pb2.SpendCodeResponse()
