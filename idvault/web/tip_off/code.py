"""How a visitor proves an e-mail address: what is asked of the vault, and what the draft keeps of it.

- The code is asked for and typed by forms of the draft; neither it nor the address is in an address or on a
  later page.
- A request id is derived from the browser's key, the draft, and how often a code was asked for: sending the
  same form again sends no second mail.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.contact import rules
from idvault.web import calls
from idvault.web.edge import EdgeConnections
from idvault.web.limits import ReportLimits, Shares
from idvault.web.tip_off.draft import Draft
from idvault_client.errors import InvalidFields, VaultError
from idvault_verify import secret
from idvault_verify.error import FieldCode, InvalidError, Reason

ADDRESS = "address"
"""The field that a wrong address is named by."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who proves an address, in which draft. prefixes: of the network, for the limits."""

    platform: str
    path: str
    key: str = field(repr=False)
    prefixes: tuple[str, str] = field(repr=False)
    language: str


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ContactCodes:
    """Asks for codes, and confirms them."""

    vault: EdgeConnections
    shares: Shares
    limits: ReportLimits
    clock: Callable[[], float]

    async def ask(self, visitor: Visitor, answers: Draft, contact: str) -> Draft:
        """Let a code be sent; raises InvalidFields, VaultError, HTTPTooManyRequests."""
        address = rules.address_of(contact)
        if address is None:
            raise _wrong(ADDRESS, FieldCode.CHARACTER)
        self.limits.check_code(visitor.prefixes, form=visitor.platform, now=self.clock())
        codes = answers.codes
        try:
            proof_id = await self._sent(visitor, address, codes)
        except VaultError as error:
            if error.reason != Reason.CONTACT_NOT_PROVED:
                raise
            # The same form, sent again after the code of the first time is over.
            codes += 1
            proof_id = await self._sent(visitor, address, codes)
        return replace(answers, contact=address, proof_id=proof_id, is_proved=False, codes=codes + 1)

    async def _sent(self, visitor: Visitor, address: str, codes: int) -> str:
        request_id = secret.request_id(visitor.key, session_id=visitor.path, step=f"code {codes} {address}")
        with self.shares.place(visitor.platform):
            return await self.vault.run(
                calls.send_contact_code(visitor.platform, address, visitor.language, request_id=request_id)
            )

    async def confirm(self, visitor: Visitor, answers: Draft, typed: str) -> Draft:
        """Let the vault compare a code; raises InvalidFields, VaultError, HTTPTooManyRequests."""
        try:
            code = tip_off_rules.read_digits(typed, field="code", count=rules.CODE_DIGITS)
        except InvalidError as error:
            raise _wrong("code", error.violations[0].code) from None
        self.limits.check_look(visitor.prefixes, now=self.clock())
        step = f"confirm {answers.proof_id} {code}"
        request_id = secret.request_id(visitor.key, session_id=visitor.path, step=step)
        with self.shares.place(visitor.platform):
            await self.vault.run(
                calls.confirm_contact_code(visitor.platform, answers.proof_id, code, request_id=request_id)
            )
        return replace(answers, is_proved=True)


def unproved(answers: Draft) -> Draft:
    """Return a draft whose contact nobody proves."""
    return replace(answers, proof_id="", is_proved=False)


def _wrong(name: str, code: FieldCode) -> InvalidFields:
    return InvalidFields("INVALID_MESSAGE", "INVALID_ARGUMENT", fields={name: code})
