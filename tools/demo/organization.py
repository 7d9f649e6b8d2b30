"""The demo's step with an organisation: its four elements, and its representative."""

from collections.abc import Mapping
from typing import Any

from idvault_client import FailureReason, OrganizationCategory, Vault
from idvault_client.testing import SyntheticOrganization
from tools.demo.step import check
from tools.support.sandbox import match_organization, represent


def show(
    vault: Vault, company: SyntheticOrganization, stranger: SyntheticOrganization, *, ready: Mapping[str, Any]
) -> None:
    """Its four elements match, and its representative proves to be present; others get no badge."""
    matched = match_organization(vault, company)
    token = matched.account_token
    before = vault.get_status(token)
    unknown = match_organization(vault, stranger)
    answer = represent(vault, company, ready=ready, account_token=token)
    status = vault.get_status(token)
    check(
        matched.failure_reason is FailureReason.REPRESENTATIVE_PENDING,
        "a match should wait for the representative",
    )
    check(not before.is_verified, "all four elements alone should give no badge")
    check(answer.succeeded and status.is_verified, "the organisation should be verified")
    check(status.organization_category is OrganizationCategory.COMPANY, "its category should be COMPANY")
    check(unknown.failure_reason is FailureReason.NO_RECORD, "the unknown code should be NO_RECORD")
