"""Metrics have exactly the promised names, and count correctly."""

import urllib.request

import pytest

from idvault.core.telemetry.metrics import Metrics
from idvault.core.telemetry.port import serve_metrics

PROMISED = {
    "idvault_rpc_total",
    "idvault_rpc_seconds",
    "idvault_registry_calls_total",
    "idvault_registry_charged_total",
    "idvault_registry_seconds",
    "idvault_registry_notices_total",
    "idvault_registry_notices_behind_seconds",
    "idvault_notifications_dead",
    "idvault_notifications_oldest_seconds",
    "idvault_contact_codes_oldest_seconds",
    "idvault_claims_pending",
    "idvault_claims_pending_oldest_seconds",
    "idvault_claims_settled_total",
    "idvault_seal_seconds",
    "idvault_database_seconds",
    "idvault_jobs_oldest_seconds",
    "idvault_disclosures_total",
    "idvault_log_unsequenced",
    "idvault_campaign_people",
    "idvault_quorum_records",
    "idvault_legacy_accounts_total",
    "idvault_log_checkpoint_age_seconds",
    "idvault_log_cosigned_age_seconds",
    "idvault_second_factor_refused_total",
    "idvault_appeals_overdue",
    "idvault_contests_overdue",
    "idvault_disavowals_overdue",
    "idvault_disavowals_unusual",
    "idvault_reinstatements_overdue",
    "idvault_narrowings_overdue",
    "idvault_drills_overdue",
    "idvault_drill_oldest_seconds",
    "idvault_orders_overdue",
    "idvault_sanctions_proposed",
    "idvault_sanctions_due_seconds",
    "idvault_tip_offs_open",
    "idvault_tip_offs_overdue",
    "idvault_erasures",
    "idvault_erasure_due_seconds",
    "idvault_build_info",
    "idvault_ready",
    "idvault_certificate_expiry_seconds",
    "idvault_disk_free_bytes",
    "idvault_disk_size_bytes",
    "idvault_witness_lag_entries",
    "idvault_records_without_key",
    "idvault_clock_doubted",
    "idvault_backup_age_seconds",
}


ABSENT = ("idvault_claims_pending", "idvault_log_", "idvault_backup", "idvault_records", "idvault_disk")


def filled() -> Metrics:
    metrics = Metrics()
    for seconds in (0.003, 20.0):
        metrics.rpcs.add("/a/B", "OK")
        metrics.rpc_seconds.observe(seconds, "/a/B")
        metrics.people.disclosures.add("open")
    metrics.registry_calls.add("nppa", "MATCH")
    metrics.registry_charged.add()
    metrics.registry_seconds.observe(0.3)
    metrics.notices.add("PERSON_ENDED")
    metrics.notices_behind.set(60.0)
    metrics.notifications_dead.set(1)
    metrics.notifications_oldest.set(2.5)
    metrics.claims_pending.set(2)
    metrics.claims_pending_oldest.set(7.5)
    metrics.claims_settled.add("SUCCEEDED")
    metrics.seal_seconds.observe(0.0003)
    metrics.database_seconds.observe(0.001, "open")
    metrics.jobs_oldest.set(4.0, "settle")
    metrics.people.legacy_accounts.add("CREATED")
    metrics.people.campaign_people.set_all({("WHEN_DUE", "SHOWN"): 3})
    metrics.people.quorum_records.set_all({("1", "WAITING"): 4})
    metrics.people.second_factor_refused.add()
    metrics.people.drills_overdue.set(1)
    metrics.people.drill_oldest.set(90.5)
    metrics.log_unsequenced.set(3)
    metrics.log_checkpoint_age.set(1.5)
    metrics.log_cosigned_age.set(42)
    metrics.moderation.contact_codes_oldest.set(60.0)
    metrics.moderation.appeals_overdue.set(2)
    metrics.moderation.contests_overdue.set(4)
    metrics.moderation.disavowals_overdue.set(6)
    metrics.moderation.disavowals_unusual.set(7)
    metrics.moderation.reinstatements_overdue.set(5)
    metrics.moderation.narrowings_overdue.set(2)
    metrics.moderation.orders_overdue.set(2)
    metrics.moderation.erasures.set_all({"waiting": 3, "undestroyed": 2, "kept": 1, "held": 1})
    metrics.moderation.erasure_due.set(0.5)
    metrics.moderation.sanctions_proposed.set(3)
    metrics.moderation.sanctions_due.set(4.5)
    metrics.moderation.tip_offs_open.set_all({"RECEIVED": 5})
    metrics.moderation.tip_offs_overdue.set(2)
    metrics.vitals.certificates.set_all({"tls_certificate": 86_400.0})
    metrics.vitals.disk_free.set_all({"public": 5})
    metrics.vitals.disk_size.set_all({"public": 10})
    metrics.vitals.witness_lag.set_all({"witness.example/w1": 3})
    metrics.vitals.records_without_key.set(2)
    metrics.vitals.clock_doubted.set(True)
    metrics.vitals.backup_ages.set_all({"main": 7})
    return metrics


def scrape(metrics: Metrics) -> str:
    server = serve_metrics(metrics, listen="127.0.0.1:0")
    try:
        with urllib.request.urlopen(server.url) as answer:  # noqa: S310 - the url of our own server
            return str(answer.read().decode())
    finally:
        server.close()


@pytest.fixture(scope="module")
def served() -> list[str]:
    return scrape(filled()).splitlines()


def test_names(served: list[str]) -> None:
    """The served names are exactly the promised ones."""
    typed = {line.split()[2] for line in served if line.startswith("# TYPE")}
    assert {name for name in typed if name.startswith("idvault_")} == PROMISED
    assert {"process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"} <= typed


@pytest.mark.parametrize(
    "line",
    [
        'idvault_rpc_total{code="OK",method="/a/B"} 2.0',
        'idvault_rpc_seconds_bucket{le="0.005",method="/a/B"} 1.0',
        'idvault_rpc_seconds_bucket{le="10.0",method="/a/B"} 1.0',
        'idvault_rpc_seconds_bucket{le="+Inf",method="/a/B"} 2.0',
        'idvault_rpc_seconds_count{method="/a/B"} 2.0',
        'idvault_rpc_seconds_sum{method="/a/B"} 20.003',
        'idvault_registry_calls_total{outcome="MATCH",provider="nppa"} 1.0',
        "idvault_registry_seconds_count 1.0",
        'idvault_disclosures_total{verb="open"} 2.0',
        'idvault_erasures{state="kept"} 1.0',
        "idvault_erasure_due_seconds 0.5",
        'idvault_tip_offs_open{state="RECEIVED"} 5.0',
        "idvault_tip_offs_overdue 2.0",
        "idvault_second_factor_refused_total 1.0",
        "idvault_drills_overdue 1.0",
        "idvault_appeals_overdue 2.0",
        "idvault_contests_overdue 4.0",
        "idvault_disavowals_overdue 6.0",
        "idvault_disavowals_unusual 7.0",
        "idvault_reinstatements_overdue 5.0",
        "idvault_narrowings_overdue 2.0",
        "idvault_drill_oldest_seconds 90.5",
        "idvault_orders_overdue 2.0",
        "idvault_sanctions_proposed 3.0",
        "idvault_sanctions_due_seconds 4.5",
        "idvault_claims_pending 2.0",
        "idvault_claims_pending_oldest_seconds 7.5",
        'idvault_claims_settled_total{outcome="SUCCEEDED"} 1.0',
        "idvault_seal_seconds_count 1.0",
        'idvault_database_seconds_bucket{act="open",le="0.001"} 1.0',
        'idvault_jobs_oldest_seconds{kind="settle"} 4.0',
        "idvault_log_unsequenced 3.0",
        "idvault_log_checkpoint_age_seconds 1.5",
        "idvault_log_cosigned_age_seconds 42.0",
        "idvault_ready 0.0",
        'idvault_certificate_expiry_seconds{setting="tls_certificate"} 86400.0',
        'idvault_disk_free_bytes{place="public"} 5.0',
        'idvault_disk_size_bytes{place="public"} 10.0',
        'idvault_witness_lag_entries{witness="witness.example/w1"} 3.0',
        "idvault_records_without_key 2.0",
        "idvault_clock_doubted 1.0",
        'idvault_backup_age_seconds{database="main"} 7.0',
    ],
)
def test_values(served: list[str], line: str) -> None:
    """The served values are the counted ones."""
    assert line in served


def test_a_process_that_counts_nothing_shows_no_figure() -> None:
    """A gauge that was not set is absent, not zero."""
    lines = scrape(Metrics()).splitlines()
    assert not [line for line in lines if line.startswith(ABSENT)]


def test_what_is_set_as_a_whole_forgets_what_is_gone() -> None:
    """A campaign that has ended, or a witness that has left, is not shown with its last value."""
    metrics = Metrics()
    metrics.people.campaign_people.set_all({("WHEN_DUE", "SHOWN"): 3})
    metrics.people.campaign_people.set_all({("WHEN_DUE", "VERIFIED"): 1})
    shown = [line for line in scrape(metrics).splitlines() if line.startswith("idvault_campaign_people{")]
    assert shown == ['idvault_campaign_people{method="WHEN_DUE",stage="VERIFIED"} 1.0']


def test_an_outcome_is_expected_before_it_occurs() -> None:
    """An alert on an increase sees the first one; what was counted already is not reset."""
    metrics = Metrics()
    metrics.registry_calls.add("nppa", "MATCH")
    for answer in ("MATCH", "REFUSED"):
        metrics.registry_calls.expect("nppa", answer)
    lines = scrape(metrics).splitlines()
    assert 'idvault_registry_calls_total{outcome="MATCH",provider="nppa"} 1.0' in lines
    assert 'idvault_registry_calls_total{outcome="REFUSED",provider="nppa"} 0.0' in lines


def test_campaigns_are_counted(served: list[str]) -> None:
    """Rows of imports are counted by outcome, owners by method and stage."""
    assert 'idvault_legacy_accounts_total{outcome="CREATED"} 1.0' in served
    assert 'idvault_campaign_people{method="WHEN_DUE",stage="SHOWN"} 3.0' in served
    assert 'idvault_quorum_records{holders="WAITING",version="1"} 4.0' in served
