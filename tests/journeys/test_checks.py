"""A backend and a taxi service check riders while the service is killed, over both databases."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from idvault_verify.offline import CheckError, StatusVerifier, disclosure_history, receipt
from idvault_verify.offline.disclosure_history import HistoryError
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import parse_key
from idvault_verify.v1 import status_pb2
from tools.support.cluster import Cluster, running
from tools.support.databases import Databases
from tools.support.sandbox import invent, verify, wait_for

AUDIENCE = "https://taxi.example"


@pytest.fixture
def cluster(tmp_path: Path, databases: Databases) -> Iterator[Cluster]:
    """A serving process and a worker."""
    with running(tmp_path, databases, serving=True) as made:
        yield made


def test_a_killed_service_costs_the_backend_no_change(cluster: Cluster) -> None:
    """After kill -9 and a restart the client's cache agrees with the vault on every account."""
    tokens: list[str] = []

    def sign_up(*, known: bool) -> None:
        person = cluster.registry.newcomer() if known else invent()
        # Another backend process, whose connection was not killed.
        with cluster.vault(timeout=30) as other:
            tokens.append(verify(other, person).account_token)

    with cluster.vault(timeout=30) as vault:
        sign_up(known=True)
        assert vault.statuses.wait(20)
        sign_up(known=False)
        cluster.kill("serve")
        cluster.start_serve()
        sign_up(known=True)
        with cluster.vault(timeout=30) as other:
            asked = other.batch_get_statuses(tokens).by_token
        read_at = time.monotonic()
        assert wait_for(lambda: vault.statuses.age < time.monotonic() - read_at)
        # The service is down, so any answer now comes from the feed.
        cluster.kill("serve")
        assert {token: vault.statuses.get(token) for token in tokens} == asked


def test_a_rider_is_checked_without_a_vault(cluster: Cluster) -> None:
    """A credential and a receipt verify with published files alone."""
    with cluster.vault(timeout=30) as vault:
        claim = verify(vault, cluster.registry.newcomer())
        issued = vault.issue_status_credential(claim.account_token, AUDIENCE)
        listed = cluster.public / "status" / "0.jwt"
        assert wait_for(lambda: _is_valid(cluster, issued.token))
        assert wait_for(lambda: _covered(vault.get_verification(claim.request_id).receipt))
    for name in ("serve", "work"):
        cluster.kill(name)
    assert _subject(cluster, issued.token)
    assert claim.account_token not in listed.read_text("ascii")


def test_a_history_is_signed_by_the_edge_and_vouched_for_by_the_worker(cluster: Cluster) -> None:
    """The owner checks it with the log's key alone; a horizon that was moved is refused."""
    with cluster.vault(timeout=30) as vault:
        token = verify(vault, cluster.registry.newcomer()).account_token
        found = vault.get_disclosure_history(token)
    key = parse_key(cluster.log_key)
    policy = CosignaturePolicy(key.name, (key,))
    assert disclosure_history.check(found, policy=policy).disclosures == ()
    moved = status_pb2.DisclosureHistory.FromString(found.message)
    moved.horizon_time.seconds += 86_400
    with pytest.raises(HistoryError) as refused:
        disclosure_history.check(disclosure_history.read_answer(moved.SerializeToString()), policy=policy)
    assert refused.value.reason == "SIGNATURE_INVALID"


def _subject(cluster: Cluster, token: str) -> str:
    """Check a credential with the files that are published now."""
    verifier = StatusVerifier(jwks=(cluster.public / "jwks.json").read_bytes(), audience=AUDIENCE)
    verifier.add_list((cluster.public / "status" / "0.jwt").read_bytes())
    return verifier.check(token).subject


def _is_valid(cluster: Cluster, token: str) -> bool:
    """Return whether the published files know the credential yet; they may be older than its account."""
    try:
        return bool(_subject(cluster, token))
    except (FileNotFoundError, CheckError):
        return False


def _covered(found: receipt.ClaimReceipt | None) -> bool:
    return found is not None and found.covered and found.quorum == "2 of 3"
