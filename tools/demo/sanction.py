"""The demo's steps with sanctions: a company is warned, limited, closed, appeals, and is restored."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from idvault_client import (
    AccessDenied,
    FailureReason,
    InvalidFields,
    PreconditionFailed,
    Reason,
    Standing,
    Vault,
    VaultError,
    testing,
)
from idvault_client.public_accounts import PublicAccountState
from idvault_client.sanctions import (
    AccountAppeal,
    AccountSanction,
    AppealState,
    Automation,
    Degree,
    Ground,
    IssuerKind,
    ModeratorKey,
    Origin,
    SanctionCategory,
    SanctionState,
    Scope,
    StatementOfReasons,
)
from idvault_client.testing import SyntheticOrganization
from tools.demo.step import check, verifier
from tools.support.sandbox import match_organization, verify_organization, wait_for

_AUDIENCE = "https://taxi.example"
STATEMENT = StatementOfReasons(
    ground=Ground.AGAINST_TERMS,
    category=SanctionCategory.RUMOUR,
    rule_reference="terms 4.2 (synthetic)",
    case_reference="case 1 (synthetic)",
    evidence=(sha256(b"synthetic evidence").digest(),),
    origin=Origin.OWN_INITIATIVE,
    detection=Automation.NONE,
    decision=Automation.NONE,
    territory="CN",
    redress="write to the platform (synthetic)",
    issuer_kind=IssuerKind.PLATFORM,
)


class SanctionSteps:
    """Three moderators of a platform, and what they decide about a company with a public account."""

    def __init__(self, *, scratch: Path, company: SyntheticOrganization) -> None:
        self._folder = scratch / "third-party"
        self._company = company
        self._keys: list[ModeratorKey] = []
        self._token = self._public_account = ""
        self._given: list[AccountSanction] = []

    def warn(self, vault: Vault, ready: Mapping[str, Any]) -> None:
        """Nothing is imposed without reasons; with them the standing follows, and one sanction has an end."""
        self._token = verify_organization(vault, self._company, ready=ready).account_token
        applied = vault.public_accounts.apply(self._token)
        self._public_account = vault.public_accounts.approve(applied.public_account_id).public_account_id
        for _ in range(3):
            self._keys.append(testing.moderator(vault))
        try:
            vault.sanctions.impose(
                self._token, Degree.WARN, replace(STATEMENT, evidence=()), key=self._keys[0]
            )
        except InvalidFields as error:
            check("statement.evidence_digests" in error, "the missing part should be named")
        else:
            check(condition=False, text="a statement without evidence should be refused")
        self._impose(vault, Degree.WARN, STATEMENT)
        end = (datetime.now(UTC) + timedelta(days=7)).replace(microsecond=0)
        self._impose(vault, Degree.LIMIT, replace(STATEMENT, end_at=end), measure="no-video")
        status = vault.get_status(self._token)
        check(status.standing is Standing.PUBLISHING_LIMITED, "the company should be limited")
        check(status.standing_until == end, "its status should say until when")

    def close(self, vault: Vault, ready: Mapping[str, Any]) -> None:
        """One moderator only proposes; with the second the account is closed, in the public list, too."""
        self._folder.mkdir()
        issued = vault.issue_status_credential(self._token, _AUDIENCE)
        (self._folder / "credential").write_text(issued.token, "ascii")
        public = Path(ready["public"])
        check(wait_for(lambda: self._said(public) == "check: valid"), "the credential should be valid")
        closing = self._impose(vault, Degree.CLOSE, STATEMENT)
        check(closing.state is SanctionState.PROPOSED, "one moderator should only propose")
        own = _refused(lambda: vault.sanctions.confirm(closing, key=self._keys[0]))
        check(isinstance(own, AccessDenied), "the same moderator should be refused")
        check(own.reason == Reason.SELF_APPROVAL, "the refusal should be SELF_APPROVAL")
        self._given[-1] = vault.sanctions.confirm(closing, key=self._keys[1])
        check(vault.get_status(self._token).standing is Standing.CLOSED, "the company should be closed")
        shown = vault.public_accounts.get_profile(self._public_account)
        check(shown.state is PublicAccountState.CLOSED, "its public account should be closed")
        invalid = wait_for(lambda: self._said(public) == "check: STATUS_INVALID")
        check(invalid, "the public list should say INVALID")

    def appeal(self, vault: Vault, ready: Mapping[str, Any]) -> None:
        """A closed company appeals: another moderator decides, and what the closing had taken is back."""
        barred = _refused(lambda: match_organization(vault, self._company, account_token=self._token))
        check(barred.reason == Reason.ACCOUNT_CLOSED, "a closed account should not be verified again")
        limited, closing = self._given[1], self._given.pop()
        filed = vault.sanctions.file_appeal(closing.sanction_id, "It was satire (synthetic)")
        check(filed.due_time - filed.file_time > timedelta(days=15), "15 whole days should be left to decide")
        twice = _refused(lambda: vault.sanctions.file_appeal(closing.sanction_id, "again"))
        check(twice.reason == Reason.APPEAL_EXISTS, "a sanction should be appealed once")
        for own in self._keys[:2]:
            refused = _refused(lambda key=own: self._decide(vault, filed, AppealState.UPHELD, closing, key))
            check(refused.reason == Reason.SELF_APPROVAL, "neither of the two should decide")
        read = vault.sanctions.get_appeal(filed.appeal_id)
        check(read.text == "It was satire (synthetic)", "the third moderator should read the text")
        self._decide(vault, read, AppealState.UPHELD, closing, self._keys[2])
        check(
            vault.get_status(self._token).standing is Standing.PUBLISHING_LIMITED,
            "the company should be as if it had not been closed",
        )
        shown = vault.public_accounts.get_profile(self._public_account)
        check(shown.state is PublicAccountState.ACTIVE, "its public account should be active again")
        again = vault.issue_status_credential(self._token, _AUDIENCE).token
        known = (self._folder / "credential").read_text("ascii")
        check(again == known, "whoever asks again should get the same credential")
        valid = wait_for(lambda: self._said(Path(ready["public"])) == "check: valid")
        check(valid, "and the public list should say VALID again")
        other = vault.sanctions.file_appeal(limited.sanction_id, "And that was satire, too (synthetic)")
        rejected = self._decide(vault, other, AppealState.REJECTED, limited, self._keys[2])
        check(rejected.outside_body != "", "a rejection should name the outside body")
        check(rejected.outside_due_time is not None, "and until when the company can go there")

    def restore(self, vault: Vault) -> None:
        """Each lift ends only its own sanction."""
        left = [Standing.WARNED, Standing.GOOD]
        for sanction, standing in zip(reversed(self._given), left, strict=True):
            vault.sanctions.lift(sanction, "the demo is over", key=self._keys[0])
            check(vault.get_status(self._token).standing is standing, f"{standing} should be left")
        again = _refused(lambda: vault.sanctions.lift(self._given[0], "again", key=self._keys[0]))
        check(isinstance(again, PreconditionFailed), "what is lifted should not be lifted again")
        check(again.states == ("LIFTED", "LIFTED"), "the refusal should name both states")

    def close_person(self, vault: Vault, ready: Mapping[str, Any]) -> None:
        """The owner is closed by one account: no new account, and another one closes at its renewal."""
        other = verify_organization(vault, self._company, ready=ready).account_token
        proposed = vault.sanctions.impose(
            self._token, Degree.CLOSE, STATEMENT, key=self._keys[0], scope=Scope.PERSON
        )
        closed = vault.sanctions.confirm(proposed, key=self._keys[1])
        check(vault.get_status(self._token).standing is Standing.CLOSED, "the account should be closed")
        check(vault.get_status(other).is_verified, "the other account should not change at the same time")
        fresh = verify_organization(vault, self._company, ready=ready)
        check(fresh.failure_reason is FailureReason.PERSON_CLOSED, "a new account should be refused")
        renewal = verify_organization(vault, self._company, ready=ready, account_token=other)
        check(renewal.failure_reason is FailureReason.PERSON_CLOSED, "a renewal should be refused")
        check(vault.get_status(other).standing is Standing.CLOSED, "the other account should be closed, too")
        listed = vault.sanctions.list_page(account_token=other).sanctions
        check(listed == (), "no sanction should link the two accounts")
        vault.sanctions.lift(closed, "the demo is over", key=self._keys[0])
        again = verify_organization(vault, self._company, ready=ready)
        check(again.status.is_verified, "after the lift a new account should be verified")

    def _decide(
        self,
        vault: Vault,
        appeal: AccountAppeal,
        verdict: AppealState,
        sanction: AccountSanction,
        key: ModeratorKey,
    ) -> AccountAppeal:
        decided: AccountAppeal = vault.sanctions.decide_appeal(
            appeal, verdict, "read again", sanction=sanction, key=key
        )
        return decided

    def _impose(
        self, vault: Vault, degree: Degree, statement: StatementOfReasons, *, measure: str = ""
    ) -> AccountSanction:
        made = vault.sanctions.impose(self._token, degree, statement, key=self._keys[0], measure=measure)
        self._given.append(made)
        return made

    def _said(self, public: Path) -> str:
        """Check the credential like a third party, with freshly fetched files."""
        files = {"--jwks": public / "jwks.json", "--list": public / "status" / "0.jwt"}
        if not all(file.exists() for file in files.values()):
            return ""
        options = [part for name, file in files.items() for part in (name, str(file))]
        done = verifier("check-token", str(self._folder / "credential"), "--audience", _AUDIENCE, *options)
        return (done.stdout.splitlines() or [done.stderr.strip()])[-1]


def _refused(call: Any) -> VaultError:
    try:
        call()
    except VaultError as error:
        return error
    return VaultError()
