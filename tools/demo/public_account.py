"""The demo's steps with public accounts: a company opens one and files it, a person gets no second one."""

import csv
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from idvault_client import Vault
from idvault_client.public_accounts import (
    Licence,
    OwnedPublicAccount,
    PublicAccountCategory,
    PublicAccountState,
    RejectReason,
)
from idvault_client.testing import SyntheticOrganization
from tools.demo.step import check, client
from tools.support.sandbox import Person, verify, verify_organization


class PublicAccountSteps:
    """A company with a public account, and a person with two accounts."""

    def __init__(self, *, company: SyntheticOrganization, person: Person) -> None:
        self._company = company
        self._person = person
        self._opened = ""

    def open(self, vault: Vault, ready: Mapping[str, Any]) -> None:
        """The platform approves an application; readers see category, licence and standing."""
        token = verify_organization(vault, self._company, ready=ready).account_token
        end = datetime.now(UTC).date() + timedelta(days=90)
        licence = Licence(PublicAccountCategory.MEDIA, "licence 7 (synthetic)", end)
        applied = vault.public_accounts.apply(token, licence=licence)
        check(not applied.profile.publishes, "an application should publish nothing")
        opened = vault.public_accounts.approve(applied.public_account_id)
        self._opened = opened.public_account_id
        profile = vault.public_accounts.get_profile(self._opened)
        check(profile.publishes, "the public account should publish")
        check(profile.category is PublicAccountCategory.MEDIA, "readers should see the declared category")
        check(profile.next_change_date == end, "the profile should say when the licence ends")

    def operate(self, vault: Vault) -> None:
        """A person may publish for the company, and may not once removed."""
        operator = verify(vault, self._person).account_token
        added = vault.public_accounts.add_operator(self._opened, operator)
        check([each.may_publish for each in added.operators] == [True], "the operator should publish")
        removed = vault.public_accounts.remove_operator(self._opened, operator)
        check(removed.operators == (), "the right should be gone")

    def file(self, ready_file: Path, scratch: Path) -> None:
        """What the authority gets has one line for the company."""
        out = scratch / "filings.csv"
        done = client("--ready-file", str(ready_file), "filings", "--category", "MEDIA", "--out", str(out))
        check(done.returncode == 0, "the filings should be written")
        rows = list(csv.DictReader(out.read_text("utf-8").splitlines()))
        found = [row["licence_reference"] for row in rows if row["public_account_id"] == self._opened]
        check(found == ["licence 7 (synthetic)"], "the company should be filed with its licence")

    def limit(self, vault: Vault) -> None:
        """A person's second token is rejected in the same words as anything else."""
        first, second = (self._applied(vault) for _ in range(2))
        opened = vault.public_accounts.approve(first.public_account_id)
        check(opened.state is PublicAccountState.ACTIVE, "the first one should be opened")
        refused = vault.public_accounts.approve(second.public_account_id)
        check(refused.state is PublicAccountState.REJECTED, "the second one should be rejected")
        check(
            refused.reject_reason is RejectReason.OWNER_NOT_ELIGIBLE, "the reason should be an ordinary one"
        )

    def _applied(self, vault: Vault) -> OwnedPublicAccount:
        return vault.public_accounts.apply(verify(vault, self._person).account_token)
