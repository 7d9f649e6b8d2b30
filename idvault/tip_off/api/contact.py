"""TipOffFormService: the methods of the forms, and those by which a reporter proves an e-mail address."""

from dataclasses import dataclass, replace

from idvault.core.edge import convert
from idvault.core.edge.call import Caller
from idvault.moderator import api as moderator_api
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.acts import filing
from idvault.tip_off.api.form import TipOffFormMethods, invalid, platform_name, read_call
from idvault.tip_off.contact import acts, rules
from idvault.tip_off.contact.acts import ContactContext
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode
from idvault_verify.text import LANGUAGES
from idvault_verify.v1 import tip_off_pb2 as pb


@dataclass(kw_only=True, eq=False, repr=False)
class ContactFormMethods(TipOffFormMethods):
    """The methods of TipOffFormService."""

    contact: ContactContext

    async def SendContactCode(
        self,
        request: pb.SendContactCodeRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ContactProof:
        """Send a code to an address."""
        name = platform_name(request.platform)
        address = rules.check_address(request.address, field="address")
        if request.language not in LANGUAGES:
            raise invalid("language", FieldCode.CHARACTER)
        call = replace(read_call(request, caller), relying_party=name)
        await filing.serve(self.vault, name)
        proof = await acts.send_code(
            self.vault, call, now, address=address, language=request.language, context=self.contact
        )
        return pb.ContactProof(proof_id=proof.proof_id, expire_time=convert.time_of(proof.expires_at))

    async def ConfirmContactCode(
        self,
        request: pb.ConfirmContactCodeRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ContactProof:
        """Compare the code that a reporter typed."""
        name = platform_name(request.platform)
        proof_id = moderator_api.an_id(request.proof_id, "proof_id")
        code = tip_off_rules.read_digits(request.digits, field="digits", count=rules.CODE_DIGITS)
        call = replace(read_call(request, caller), relying_party=name)
        await filing.serve(self.vault, name)
        proof = await acts.confirm(self.vault, call, now, proof_id, code, context=self.contact)
        return pb.ContactProof(proof_id=proof.proof_id, expire_time=convert.time_of(proof.expires_at))
