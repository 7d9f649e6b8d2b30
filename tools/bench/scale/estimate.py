"""From the measured figures to a deployment of 8 x 10^8 accounts: the tables of docs/scale.md.

A value that was measured comes from the results; everything else is an assumption and is named in the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idvault_verify.attest.status_list import LIST_SIZE
from idvault_verify.registry import pace
from tools.bench.scale.goal import PARTS, RESEALED

ACCOUNTS = 8e8
UNIT_ACCOUNTS = 5e7
"""Accounts of one PostgreSQL unit."""
READS_PER_DAY, BUSY = 2.0, 4.0
"""Statuses that platforms read per account and day, and the busiest hour as a multiple of the mean."""
VALID_DAYS = 365
REGISTRY_PER_SECOND = pace(100.0)
COPIES = 3
"""PostgreSQL's copies of each unit: a leader and two followers."""
SAVED_BYTES_PER_SECOND = 500e6
VERIFIERS = 1_000
LIST_SECONDS, REFRESH_SECONDS = 300, 60
DAY = 86_400
RESULTS = Mapping[str, Any]
_TB, _GB, _MB = 1e12, 1e9, 1e6


@dataclass(frozen=True, slots=True)
class Measures:
    """The measured figures that the estimate needs."""

    account_bytes: float
    sign_up_us: float
    sign_up_database_us: float
    read_us: float
    batch_us: float
    entry_us: float
    entries: float
    list_bytes: float
    list_ms: float
    rebuild_us: float
    share_us: float


def tables(found: RESULTS) -> str:
    """Return the tables, or that a measurement is missing."""
    try:
        measures = _measures(found)
    except KeyError as error:
        return f"Not measured yet: {error.args[0]}.\n"
    return _storage(found) + "\n" + _estimate(measures)


def _measures(found: RESULTS) -> Measures:
    def value(goal: str, name: str) -> float:
        for each in (*found[goal]["checks"], *found[goal]["figures"]):
            if each["name"] == name:
                return float(each["value"])
        raise KeyError(f"{goal}, {name}")

    size = _size(found)
    return Measures(
        account_bytes=sum(bytes_ for _, bytes_ in _parts(found)),
        sign_up_us=value("P5", "VerifyIndividual, CPU of the edge"),
        sign_up_database_us=value("P5", "PostgreSQL's CPU of a sign-up, worker included"),
        read_us=value("P2", "GetStatus, CPU of a call"),
        batch_us=value("P4", "CPU per status of a batch"),
        entry_us=found["P7"]["checks"][0]["value"],
        entries=value("P12", "postgres: log entries"),
        list_bytes=value("P11", "list, per account") * LIST_SIZE,
        list_ms=value("P11", "publishing one list"),
        rebuild_us=value("P12", f"postgres, {size}: rebuild a status list, per entry"),
        share_us=value("P12", RESEALED),
    )


def _size(found: RESULTS) -> str:
    """Return the largest measured number of accounts, as the figures name it."""
    name = next(each["name"] for each in found["P12"]["figures"] if each["name"].startswith("postgres, "))
    return str(name).removeprefix("postgres, ").partition(":")[0]


def _parts(found: RESULTS) -> list[tuple[str, float]]:
    values = {each["name"]: each["value"] for each in found["P12"]["figures"]}
    return [(part, values[f"postgres: {part}"]) for part in PARTS]


def _storage(found: RESULTS) -> str:
    values = {each["name"]: each["value"] for each in found["P12"]["figures"]}
    rows = [
        f"| {part} | {values[f'postgres: {part}']:,.0f} | {values[f'sqlite: {part}']:,.0f} "
        f"| {values[f'postgres: {part}'] * ACCOUNTS / _TB:.2f} TB |"
        for part in PARTS
    ]
    total = sum(bytes_ for _, bytes_ in _parts(found))
    rows.append(f"| **together** | **{total:,.0f}** | | **{total * ACCOUNTS / _TB:.2f} TB** |")
    head = (
        f"Bytes per account with indexes, measured at {_size(found)} accounts:\n\n"
        "| Part | PostgreSQL | SQLite | 8 x 10^8 accounts on PostgreSQL |\n|---|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def _estimate(measures: Measures) -> str:
    rows = [
        *_database(measures),
        *_processes(measures),
        *_log(measures),
        *_lists(measures),
        *_custody(measures),
    ]
    head = "| Part | For 8 x 10^8 accounts | From |\n|---|---|---|\n"
    return head + "\n".join(f"| {part} | {need} | {source} |" for part, need, source in rows) + "\n"


def _database(measures: Measures) -> list[tuple[str, str, str]]:
    units = ACCOUNTS / UNIT_ACCOUNTS
    unit = measures.account_bytes * UNIT_ACCOUNTS
    return [
        ("PostgreSQL units", f"{units:.0f}", f"{UNIT_ACCOUNTS:,.0f} accounts each"),
        ("data of a unit", f"{unit / _GB:,.0f} GB", f"{measures.account_bytes:,.0f} B per account"),
        ("data of all, three copies", f"{unit * units * COPIES / _TB:,.1f} TB", f"{COPIES} copies"),
        (
            "restoring a unit", f"{unit / SAVED_BYTES_PER_SECOND / 60:,.0f} minutes",
            f"{SAVED_BYTES_PER_SECOND / _MB:,.0f} MB a second",
        ),
    ]  # fmt: skip


def _processes(measures: Measures) -> list[tuple[str, str, str]]:
    asked = ACCOUNTS * READS_PER_DAY / DAY * BUSY
    again = ACCOUNTS / VALID_DAYS / DAY
    return [
        (
            "first verification of everybody", f"{ACCOUNTS / REGISTRY_PER_SECOND / DAY:,.0f} days",
            f"{REGISTRY_PER_SECOND:.0f} a second, under the registry's cap",
        ),
        ("verifying everybody again", f"{again:,.0f} a second", f"each {VALID_DAYS} days, evenly spread"),
        (
            "edge for sign-ups at the cap", f"{measures.sign_up_us * REGISTRY_PER_SECOND / 1e6:.2f} cores",
            f"{measures.sign_up_us:,.0f} us each (P5)",
        ),
        (
            "PostgreSQL for them", f"{measures.sign_up_database_us * REGISTRY_PER_SECOND / 1e6:.2f} cores",
            f"{measures.sign_up_database_us:,.0f} us each (P5)",
        ),
        (
            "edge for reads, one a call", f"{asked * measures.read_us / 1e6:,.0f} cores",
            f"{READS_PER_DAY:.0f} a day and account, x {BUSY:.0f} in the busiest hour; "
            f"{measures.read_us:,.0f} us (P2)",
        ),
        (
            "the same, 1,000 a call", f"{asked * measures.batch_us / 1e6:,.1f} cores",
            f"{measures.batch_us:,.1f} us per status (P4)",
        ),
    ]  # fmt: skip


def _log(measures: Measures) -> list[tuple[str, str, str]]:
    entries = ACCOUNTS * measures.entries
    rate = REGISTRY_PER_SECOND * 2
    return [
        ("log entries, first year", f"{entries:,.1e}", f"{measures.entries:.2f} per account"),
        (
            "hashes in an inclusion proof", f"{int(entries).bit_length()}",
            "the tree's depth",
        ),
        (
            "worker for the log", f"{measures.entry_us * rate / 1e6:.3f} cores",
            f"{measures.entry_us:,.0f} us per entry (P7), two entries per sign-up at the cap",
        ),
    ]  # fmt: skip


def _lists(measures: Measures) -> list[tuple[str, str, str]]:
    lists = ACCOUNTS / LIST_SIZE
    return [
        ("status lists", f"{lists:,.0f}", "one credential per account, 2^20 per list"),
        ("all lists", f"{lists * measures.list_bytes / _MB:,.0f} MB", "half of the entries valid (P11)"),
        (
            "signing every list each minute", f"{lists * measures.list_ms / 1e3 / REFRESH_SECONDS:.2f} cores",
            f"{measures.list_ms:.1f} ms per list (P11)",
        ),
        (
            "rebuilding every list once a day", f"{ACCOUNTS * measures.rebuild_us / 1e6 / DAY:.2f} cores",
            f"{measures.rebuild_us:.1f} us per entry",
        ),
        (
            "rebuilding every list each five minutes",
            f"{ACCOUNTS * measures.rebuild_us / 1e6 / LIST_SECONDS:,.0f} cores", "the same",
        ),
        (
            "traffic to verifiers that hold every list",
            f"{lists * measures.list_bytes * VERIFIERS / LIST_SECONDS * 8 / 1e9:,.1f} Gbit/s",
            f"{VERIFIERS:,} verifiers, each list every {LIST_SECONDS // 60} minutes",
        ),
    ]  # fmt: skip


def _custody(measures: Measures) -> list[tuple[str, str, str]]:
    hours = ACCOUNTS * measures.share_us / 1e6 / 3_600
    return [
        (
            "hand-over of one custodian", f"{hours:,.0f} core-hours on the custodian's side",
            f"{measures.share_us:,.0f} us per share",
        ),
    ]  # fmt: skip
