"""The Python code in the guides runs as printed, against a real vault."""

import inspect
import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from idvault_client import Consent, MinimumAssurance, State, Vault, resident_id, testing
from idvault_client.campaigns import InvitationState, LegacyAccount
from idvault_client.sanctions import AppealState, SanctionState, Scope
from idvault_client.sessions import ContestState
from idvault_verify.attest import jose, status_check

pytestmark = pytest.mark.process

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page: str) -> list[str]:
    """Return a guide's Python code, block by block."""
    return re.findall(r"```python\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)


def run(block: str, **names: Any) -> dict[str, Any]:
    """Run a block with given names; return the names it defines."""
    exec(compile(block, "guide", "exec"), names)  # noqa: S102 - the project's own text
    return {name: value for name, value in names.items() if name != "__builtins__"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[testing.Server]:
    """A real vault."""
    with testing.server(prepared=tmp_path_factory.mktemp("prepared")) as running:
        yield running


@pytest.fixture
def vault(server: testing.Server) -> Iterator[Vault]:
    """A client of it."""
    with server.connect(timeout=30) as client:
        yield client


def test_the_guide_of_campaigns(vault: Vault) -> None:
    """The plan is accepted, a batch is delivered, and an owner is invited at login."""
    made, batches, login, more = blocks("campaigns.md")
    rows = vault.campaigns.import_legacy_accounts("2014", [LegacyAccount("user-1", "2012-05-01")])
    token = rows[0].account_token
    names = run(made, vault=vault, saved_id=uuid.uuid4())
    delivered: list[str] = []
    names |= {
        "campaign_id": names["campaign"].campaign_id,
        "deliver": lambda one: delivered.append(one.account_token),
    }
    assert run(more, **names)["plan"].minimum_assurance is MinimumAssurance.HOLDER
    run(batches, **names)
    assert delivered == [token]
    shown: list[str] = []
    one = run(login, **names, account_token=token, show=shown.append)["one"]
    assert (one.due, one.state, shown) == (False, InvitationState.ACTIVE, [])
    assert vault.get_status(token).state is State.UNVERIFIED


def test_the_guide_of_checks(server: testing.Server, vault: Vault) -> None:
    """The platform's cache answers, and its tokens are checked with files alone."""
    cache, hand_out, _of_holders, check = blocks("checks.md")
    person = server.registry.newcomer()
    consent = Consent("terms-3", datetime.now(UTC))
    token = vault.verify_individual(person.name, resident_id(person.number), consent=consent).account_token
    assert run(cache, vault=vault, account_token=token)["badge"]
    given = run(hand_out, vault=vault, account_token=token, saved_id=uuid.uuid4())
    listed = server.public / "status" / "0.jwt"
    refused: list[str] = []

    def rider(issued: Any) -> str | None:
        files = {"jwks": (server.public / "jwks.json").read_bytes(), "listed": listed.read_bytes()}
        found: str | None = run(check, **files, shown=issued.token, refuse=refused.append).get("rider")
        return found

    end = time.monotonic() + 90
    while not (listed.exists() and rider(given["credential"])) and time.monotonic() < end:
        time.sleep(0.1)
    assert rider(given["credential"]) == rider(given["token"])
    refused.clear()
    assert rider(vault.issue_status_token(token, "https://pay.example")) is None
    assert refused == ["AUDIENCE_WRONG"]


def test_the_guide_of_moderation(server: testing.Server, vault: Vault, tmp_path: Path) -> None:
    """Opened, limited, closed with its owner, appealed: each block goes on where the one before ended."""
    (owner, verification_id), (applicant, _) = (_verified(server, vault) for _ in range(2))
    today, now = date.today(), datetime.now(UTC)
    names: dict[str, Any] = {
        "vault": vault,
        "token": owner,
        "another_id": vault.public_accounts.apply(applicant).public_account_id,
        "first_day_without_it": today + timedelta(days=99),
        "file": tmp_path / "moderator.pem",
        "passphrase": b"synthetic",
        "sha256_of_the_preserved_post": bytes(32),
        "sha256_of_the_order": bytes(range(32)),
        "day_of_the_order": today,
        "in_three_days": now + timedelta(days=3),
        "in_seven_days": now + timedelta(days=7),
        "what_the_reporter_says": "they ask for money (synthetic)",
        "what_the_owner_writes": "It was satire (synthetic)",
    }
    for name in ("second_key", "third_key", "fifth_key", "sixth_key"):
        names[name] = testing.moderator(vault)
    *decisions, narrowing, reinstatement = blocks("moderation.md")
    for block in decisions:
        names |= run(block, **{**names, "saved_id": uuid.uuid4()})
    closed = vault.sanctions.list_page(account_token=owner, state=SanctionState.IN_FORCE)
    assert {each.scope for each in closed.sanctions} == {Scope.ACCOUNT, Scope.PERSON}
    (appeal,) = vault.sanctions.list_appeals(account_token=owner).appeals
    assert appeal.state is AppealState.UPHELD
    assert [each.order for each in vault.sanctions.list_orders().orders] == [names["order"]]
    contest = vault.sessions.contest(owner, verification_id, "That was not me (synthetic)")
    upheld = ContestState.UPHELD
    proposed = vault.sessions.decide_contest(contest.contest_id, upheld, "synthetic", key=names["key"])
    vault.sessions.confirm_contest(proposed, key=names["second_key"])
    while vault.narrowings.list_page(open_only=True).narrowings:
        run(narrowing, **names)
    left = vault.sanctions.list_page(account_token=owner, state=SanctionState.IN_FORCE).sanctions
    assert {each.scope for each in left} == {Scope.ACCOUNT}
    vault.sessions.appeal_withdrawal(owner, "It was me (synthetic)")
    assert run(reinstatement, **names)["done"].reinstated


def _verified(server: testing.Server, vault: Vault) -> tuple[str, str]:
    """Return a new account and the id of its verification."""
    person = server.registry.newcomer()
    consent = Consent("terms-3", datetime.now(UTC))
    claim = vault.verify_individual(person.name, resident_id(person.number), consent=consent)
    assert claim.receipt is not None
    return claim.account_token, json.loads(claim.receipt.to_json())["claimId"]


def test_every_reason_of_the_guide_is_a_reason() -> None:
    """Each reason in the table is one that the check returns."""
    table = (DOCS / "checks.md").read_text("utf-8").split("| reason |")[1].split("\n\n")[0]
    told = set(re.findall(r"`([A-Z_]+)`", table))
    sources = "".join(inspect.getsource(module) for module in (status_check, jose))
    said = set(re.findall(r'["}]([A-Z_]{7,})"', sources))
    said |= {f"LIST_{word}" for word in said}
    assert told <= said
    assert len(told) > 15
