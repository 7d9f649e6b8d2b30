"""The methods about moderators, of SanctionService and RosterService; converts what moderators sign."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core import request as request_rules
from idvault.core.act import Vault
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.core.edge.repetition import RepeatableRequest
from idvault.core.request import Asked
from idvault.core.second_factor import SecondFactorCheck
from idvault.moderator import acts
from idvault.moderator.acts import ModerationCall
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.certificate import NAME
from idvault_verify.attest.registration import Registration, Signing
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, FieldCode, InvalidError, Reason, Violation
from idvault_verify.moderator import Moderator
from idvault_verify.seal import Part
from idvault_verify.v1 import roster_pb2
from idvault_verify.v1 import sanction_pb2 as pb

HEX_ID = re.compile(r"[0-9a-f]{32}")


def call(message: RepeatableRequest, caller: Caller) -> ModerationCall:
    """Return the caller and content of a mutation that no moderator decides; raises InvalidError."""
    made = _call(repetition.asked(message, caller))
    check_signer(caller, ())
    return made


def signed(
    message: RepeatableRequest, *fields: Part, caller: Caller, signature: pb.ModeratorSignature
) -> ModerationCall:
    """Return the caller and content of a mutation that a moderator decides; raises InvalidError.

    fields: that the moderator signs, if the paper is of no kind of its own. A text that is deleted later
    stands in them by its mark (`text_mark`).
    """
    made = _call(repetition.asked(message, caller))
    signing = _signing(signature, "signature")
    check_signer(caller, (signing.moderator_id,))
    return replace(
        made,
        fields=fields,
        moderator_id=signing.moderator_id,
        signed_at=signing.signed_at,
        signature=signing.signature,
        text_salt=signature.text_salt,
    )


def signed_if_given(
    message: RepeatableRequest, *fields: Part, caller: Caller, signature: pb.ModeratorSignature | None
) -> ModerationCall | None:
    """Return what a moderator signed, None if the platform decides by itself; raises InvalidError.

    For what a platform decides with or without a moderator: a desk cannot without. signature: None if unset.
    """
    if signature is None:
        check_signer(caller, ())
        return None
    return signed(message, *fields, caller=caller, signature=signature)


def _call(asked: Asked) -> ModerationCall:
    return ModerationCall(asked.relying_party, asked.actor_id, asked.request_id, asked.method, asked.content)


def check_signer(caller: Caller, signers: Collection[str]) -> None:
    """Raise DeniedError (ACCESS_DENIED) unless a desk's own moderator is among those who signed."""
    if caller.role == "moderator" and caller.moderator_id not in signers:
        raise DeniedError(Reason.ACCESS_DENIED, why="other_moderator")


def text_mark(text: str, signature: pb.ModeratorSignature) -> bytes:
    """Return what is signed of a text that is deleted later; raises InvalidError (signature.text_salt)."""
    size = papers.SALT_SIZE if text else 0
    if len(signature.text_salt) != size:
        raise invalid("signature.text_salt", FieldCode.LENGTH)
    return papers.text_mark(text, salt=signature.text_salt)


def registration(
    party: str,
    request_id: str,
    public_key: bytes,
    signature: pb.ModeratorSignature,
    countersignatures: Iterable[pb.ModeratorSignature] = (),
) -> Registration:
    """Return the registration of a key; raises InvalidError."""
    return Registration(
        party,
        request_rules.check_id(request_id),
        public_key,
        _signing(signature, "signature", is_new=True),
        tuple(_signing(each, f"countersignatures[{place}]") for place, each in enumerate(countersignatures)),
    )


def _signing(signature: pb.ModeratorSignature, field: str, *, is_new: bool = False) -> Signing:
    """Return a signature's parts; raises InvalidError. is_new: by a key that has no moderator yet."""
    moderator_id = "" if is_new else an_id(signature.moderator_id, f"{field}.moderator_id")
    signed_at = read_time(signature.sign_time) if signature.HasField("sign_time") else None
    if signed_at is None:
        raise invalid(f"{field}.sign_time", FieldCode.REQUIRED)
    if len(signature.signature) != papers.SIGNATURE_SIZE:
        raise invalid(f"{field}.signature", FieldCode.LENGTH)
    return Signing(moderator_id, signed_at, signature.signature)


def an_id(text: str, field: str) -> str:
    """Return an id of 32 hex digits unchanged; raises InvalidError (INVALID_MESSAGE)."""
    if not text:
        raise invalid(field, FieldCode.REQUIRED)
    if not HEX_ID.fullmatch(text):
        raise invalid(field, FieldCode.CHARACTER)
    return text


def moderator(value: Moderator) -> pb.Moderator:
    """Return the message of a moderator."""
    message = pb.Moderator(moderator_id=value.moderator_id, public_key=value.public_key)
    message.register_time.FromDatetime(value.registered_at)
    if value.revoked_at is not None:
        message.revoke_time.FromDatetime(value.revoked_at)
    return message


def invalid(field: str, code: FieldCode) -> InvalidError:
    """Return the error of a message's field."""
    return InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(timestamp: Timestamp) -> datetime | None:
    """Return a time in whole seconds; None if it is out of range."""
    try:
        return EPOCH + timedelta(seconds=timestamp.seconds)
    except OverflowError:
        return None


@dataclass(kw_only=True, eq=False, repr=False)
class ModeratorMethods:
    """The methods of SanctionService about moderators."""

    vault: Vault

    async def RegisterModerator(
        self,
        request: pb.RegisterModeratorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Moderator:
        """Register a moderator's key."""
        asked = registration(
            caller.name, request.request_id, request.public_key, request.signature, request.countersignatures
        )
        check_signer(caller, [each.moderator_id for each in asked.countersignatures])
        made = _call(repetition.asked(request, caller))
        return moderator(await acts.register(self.vault, made, now, asked))

    async def RevokeModerator(
        self,
        request: pb.RevokeModeratorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Moderator:
        """Revoke a moderator."""
        moderator_id = an_id(request.moderator_id, "moderator_id")
        return moderator(await acts.revoke(self.vault, call(request, caller), now, moderator_id))

    async def GetModerator(
        self, request: pb.GetModeratorRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Moderator:
        """Return a moderator."""
        if request.public_key and not request.moderator_id:
            return moderator(await acts.of_key(self.vault, caller.name, request.public_key))
        moderator_id = an_id(request.moderator_id, "moderator_id")
        return moderator(await acts.get(self.vault, caller.name, moderator_id))


@dataclass(kw_only=True, eq=False, repr=False)
class NamingMethods:
    """The method of RosterService that names moderators."""

    vault: Vault
    second_factor: SecondFactorCheck

    async def NameModerator(
        self,
        request: roster_pb2.NameModeratorRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Moderator:
        """Name a moderator of a platform that has fewer than two."""
        if not NAME.fullmatch(request.platform):
            raise invalid("platform", FieldCode.CHARACTER)
        asked = registration(request.platform, request.request_id, request.public_key, request.signature)
        named = acts.name_by_operator(
            self.vault,
            repetition.asked_by_member(request, caller),
            now,
            asked,
            code=request.code,
            second_factor=self.second_factor,
        )
        return moderator(await named)
