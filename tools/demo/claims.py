"""Claims whose outcome a step shows: a busy machine may answer PENDING first, and the worker settles them."""

from idvault_client import Vault, Verification
from idvault_client.testing import SyntheticOrganization
from tools.demo.step import check
from tools.support import sandbox
from tools.support.sandbox import Person, wait_for

_PATIENCE = 90.0


def verify(vault: Vault, person: Person, *, account_token: str | None = None) -> Verification:
    """Make one claim, and wait until it is decided."""
    return decided(vault, sandbox.verify(vault, person, account_token=account_token))


def verify_organization(
    vault: Vault, who: SyntheticOrganization, *, account_token: str | None = None
) -> Verification:
    """Make one claim for an organisation, and wait until it is decided."""
    return decided(vault, sandbox.verify_organization(vault, who, account_token=account_token))


def decided(vault: Vault, claim: Verification) -> Verification:
    """Wait until a claim is decided; return it as it is then."""
    found = [claim]

    def ended() -> bool:
        if found[-1].pending:
            found.append(vault.get_verification(claim.request_id))
        return not found[-1].pending

    check(wait_for(ended, patience=_PATIENCE), "a claim should be decided")
    return found[-1]
