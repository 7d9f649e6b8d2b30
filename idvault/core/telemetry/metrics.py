"""The metrics of the service, the hosted pages and the witness: counters and buckets for Prometheus.

- idvault_rpc_total{method,code}, idvault_rpc_seconds{method}
- idvault_registry_calls_total{provider,outcome}, idvault_registry_seconds
- idvault_claims_pending, idvault_claims_pending_oldest_seconds, idvault_claims_settled_total{outcome}
- idvault_seal_seconds
- idvault_database_seconds{act}
- idvault_log_unsequenced, idvault_log_checkpoint_age_seconds, idvault_log_cosigned_age_seconds
- idvault_jobs_oldest_seconds{kind}
- idvault_legacy_accounts_total{outcome}, idvault_campaign_people{method,stage}
- idvault_disclosures_total{verb}
- idvault_quorum_records{version,holders}
- idvault_second_factor_refused_total
- idvault_drills_overdue, idvault_drill_oldest_seconds
- idvault_appeals_overdue
- idvault_contests_overdue
- idvault_orders_overdue, idvault_sanctions_proposed, idvault_sanctions_due_seconds
- idvault_tip_offs_open{state}, idvault_tip_offs_overdue
- idvault_erasures{state}, idvault_erasure_due_seconds
- idvault_web_answers_total{page,status}, idvault_web_seconds{page}
- idvault_witness_answers_total{status}
- idvault_witness_cosigned_entries{log}, idvault_witness_cosigned_age_seconds{log}

Those of every process are in telemetry.vitals. A label value never comes from a caller: it is from our code
(a method, a code, an act, the pattern of a page's address, which may hold a secret itself), or the origin of
a log whose key the witness's operator gave it.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from idvault.core.telemetry import families
from idvault.core.telemetry.families import Histogram
from idvault.core.telemetry.vitals import Vitals
from idvault.core.telemetry.watching import ProcessHealth


class Metrics:
    """The metrics of a process. Called on the event loop, read by the metrics server's thread."""

    def __init__(self) -> None:
        """Start at zero."""
        self.health = ProcessHealth()
        self.vitals = Vitals(self.health)
        self._rpcs: dict[tuple[str, str], int] = {}
        self._rpc_seconds: dict[str, families.Histogram] = {}
        self._registry_calls: dict[tuple[str, str], int] = {}
        self._registry_seconds = families.Histogram()
        self._settled: dict[str, int] = {}
        self._seal_seconds = families.Histogram()
        self._database_seconds: dict[str, families.Histogram] = {}
        self._disclosures: dict[str, int] = {}
        self._second_factors_refused = 0
        self._pending: tuple[int, float] | None = None
        self._jobs_oldest: dict[str, float] = {}
        self._legacy_accounts: dict[str, int] = {}
        self._campaign_people: dict[tuple[str, str], int] = {}
        self._quorum_records: dict[tuple[str, str], int] = {}
        self._log_unsequenced: int | None = None
        self._drills: tuple[int, float] | None = None
        self._appeals_overdue: int | None = None
        self._contests_overdue: int | None = None
        self._orders_overdue: int | None = None
        self._sanctions: tuple[int, float] | None = None
        self._log_checkpoint_age: float | None = None
        self._log_cosigned_age: float | None = None
        self._tip_offs_open: dict[str, int] = {}
        self._tip_offs_overdue: int | None = None
        self._erasures: dict[str, int] = {}
        self._erasure_due: float | None = None

    def rpc(self, *, method: str, code: str, seconds: float) -> None:
        """Count one call of a method, by the name of its gRPC status code."""
        self._rpcs[method, code] = self._rpcs.get((method, code), 0) + 1
        families.observe(self._rpc_seconds, method, seconds)

    def registry(self, *, provider: str, outcomes: Iterable[str]) -> None:
        """Show each outcome of a registry as 0 from the start: no alert sees a series that begins at 1."""
        for outcome in outcomes:
            self._registry_calls.setdefault((provider, outcome), 0)

    def registry_call(self, *, provider: str, outcome: str, seconds: float) -> None:
        """Count one registry call, by its answer."""
        self._registry_calls[provider, outcome] = self._registry_calls.get((provider, outcome), 0) + 1
        self._registry_seconds.observe(seconds)

    def claim_settled(self, *, outcome: str) -> None:
        """Count one settled claim: SUCCEEDED or its failure reason."""
        self._settled[outcome] = self._settled.get(outcome, 0) + 1

    def sealed(self, *, seconds: float) -> None:
        """Count one sealing of a record."""
        self._seal_seconds.observe(seconds)

    def second_factor_refused(self) -> None:
        """Count one refused code: wrong, used, late, or tried while locked."""
        self._second_factors_refused += 1

    def disclosure(self, verb: str) -> None:
        """Count one act of a disclosure by its verb, such as approve; hand_over counts a batch."""
        self._disclosures[verb] = self._disclosures.get(verb, 0) + 1

    def database(self, *, act: str, seconds: float) -> None:
        """Count one act or read of a store."""
        families.observe(self._database_seconds, act, seconds)

    def claims_pending(self, *, count: int, oldest_seconds: float) -> None:
        """Set the number of waiting claims and the oldest one's age; shown only by a process that sets it."""
        self._pending = (count, oldest_seconds)

    def job_oldest(self, *, kind: str, seconds: float) -> None:
        """Set how long the oldest job of a kind has waited."""
        self._jobs_oldest[kind] = seconds

    def log_unsequenced(self, *, count: int) -> None:
        """Set the number of entries without an index; shown only by a process that sets it."""
        self._log_unsequenced = count

    def log_checkpoint_age(self, *, seconds: float) -> None:
        """Set how long ago the published checkpoint covered the whole log."""
        self._log_checkpoint_age = seconds

    def log_cosigned_age(self, *, seconds: float) -> None:
        """Set how long ago enough witnesses cosigned the log."""
        self._log_cosigned_age = seconds

    def legacy_account(self, *, outcome: str) -> None:
        """Count one row of an import, by its outcome."""
        self._legacy_accounts[outcome] = self._legacy_accounts.get(outcome, 0) + 1

    def campaign_people(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Set how many owners reached each stage of running campaigns, by method and stage."""
        self._campaign_people = dict(counts)

    def contests_overdue(self, count: int) -> None:
        """Set the number of contests that wait for a decision that was due."""
        self._contests_overdue = count

    def appeals_overdue(self, count: int) -> None:
        """Set the number of appeals that wait for a decision that was due."""
        self._appeals_overdue = count

    def drills(self, *, overdue: int, oldest_seconds: float) -> None:
        """Set how many custodians are overdue with a drill, and the age of the oldest pass."""
        self._drills = (overdue, oldest_seconds)

    def sanctions(self, *, proposed: int, due_seconds: float) -> None:
        """Set how many sanctions wait for a second moderator, and how long the oldest end is not stored."""
        self._sanctions = (proposed, due_seconds)

    def orders_overdue(self, *, count: int) -> None:
        """Set how many orders of authorities were not carried out by their deadline and still are not."""
        self._orders_overdue = count

    def quorum_records(self, counts: Mapping[tuple[str, str], int]) -> None:
        """Set how many records are sealed for the quorum of a roster version, by who holds their shares."""
        self._quorum_records = dict(counts)

    def tip_offs(self, open_: Mapping[str, int], *, overdue: int) -> None:
        """Set how many reports are in each open state, and how many are overdue."""
        self._tip_offs_open, self._tip_offs_overdue = dict(open_), overdue

    def erasures(self, *, waiting: int, undestroyed: int, kept: int, held: int, due_seconds: float) -> None:
        """Set how many erasures are in each state that will end, and how late the oldest step is."""
        self._erasures = {"waiting": waiting, "undestroyed": undestroyed, "kept": kept, "held": held}
        self._erasure_due = due_seconds

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        yield from self.vitals.families()
        yield families.counter(
            "idvault_rpc", "Calls by method and status code.", ("method", "code"), self._rpcs
        )
        yield families.histogram(
            "idvault_rpc_seconds", "Time to answer a call.", ("method",), self._rpc_seconds
        )
        yield families.counter(
            "idvault_registry_calls",
            "Calls of a registry by its answer.",
            ("provider", "outcome"),
            self._registry_calls,
        )
        yield families.one_histogram(
            "idvault_registry_seconds", "Time of a registry call.", self._registry_seconds
        )
        yield families.gauge(
            "idvault_claims_pending", "Claims that wait.", self._pending and self._pending[0]
        )
        yield families.gauge(
            "idvault_claims_pending_oldest_seconds",
            "Age of the oldest waiting claim.",
            self._pending and self._pending[1],
        )
        yield from self._work_families()
        yield from self._people_families()

    def _work_families(self) -> Iterator[Metric]:
        """Yield the metrics of settlement, sealing, storage and the log."""
        settled = {(outcome,): count for outcome, count in list(self._settled.items())}
        yield families.counter(
            "idvault_claims_settled", "Claims that ended, by outcome.", ("outcome",), settled
        )
        yield families.one_histogram("idvault_seal_seconds", "Time to seal a record.", self._seal_seconds)
        yield families.histogram(
            "idvault_database_seconds", "Time of an act or read.", ("act",), self._database_seconds
        )
        yield families.gauge(
            "idvault_log_unsequenced", "Entries that wait for their place in the log.", self._log_unsequenced
        )
        yield families.gauge(
            "idvault_log_checkpoint_age_seconds",
            "Time since the published checkpoint covered the whole log.",
            self._log_checkpoint_age,
        )
        yield families.gauge(
            "idvault_log_cosigned_age_seconds",
            "Time since as many witnesses as the roster demands cosigned the log.",
            self._log_cosigned_age,
        )
        oldest = GaugeMetricFamily(
            "idvault_jobs_oldest_seconds", "Age of the oldest due job.", labels=("kind",)
        )
        for kind, seconds in list(self._jobs_oldest.items()):
            oldest.add_metric((kind,), seconds)
        yield oldest

    def _people_families(self) -> Iterator[Metric]:
        """Yield the metrics of auditors, custodians and owners of legacy accounts."""
        refused = CounterMetricFamily("idvault_second_factor_refused", "One-time codes that were refused.")
        refused.add_metric((), self._second_factors_refused)
        yield refused
        yield families.gauge(
            "idvault_drills_overdue",
            "Custodians without a drill for 90 days.",
            self._drills and self._drills[0],
        )
        yield families.gauge(
            "idvault_drill_oldest_seconds",
            "Time since the oldest of the custodians' last passed drills.",
            self._drills and self._drills[1],
        )
        verbs = {(verb,): count for verb, count in list(self._disclosures.items())}
        yield families.counter("idvault_disclosures", "Acts of disclosures, and refusals.", ("verb",), verbs)
        imported = {(outcome,): count for outcome, count in list(self._legacy_accounts.items())}
        yield families.counter(
            "idvault_legacy_accounts", "Rows of imports, by outcome.", ("outcome",), imported
        )
        people = GaugeMetricFamily(
            "idvault_campaign_people",
            "Owners at each stage of running campaigns.",
            labels=("method", "stage"),
        )
        for key, count in list(self._campaign_people.items()):
            people.add_metric(key, count)
        yield people
        records = GaugeMetricFamily(
            "idvault_quorum_records",
            "Records by the roster version of their quorum, and who holds their shares.",
            labels=("version", "holders"),
        )
        for key, count in list(self._quorum_records.items()):
            records.add_metric(key, count)
        yield records
        yield from self._sanction_families()
        yield from self._tip_off_families()
        yield from self._erasure_families()

    def _sanction_families(self) -> Iterator[Metric]:
        """Yield the metrics of sanctions, appeals and orders of authorities."""
        yield families.gauge(
            "idvault_appeals_overdue",
            "Appeals that wait for a decision that was due.",
            self._appeals_overdue,
        )
        yield families.gauge(
            "idvault_contests_overdue",
            "Contests that wait for a decision that was due.",
            self._contests_overdue,
        )
        yield families.gauge(
            "idvault_sanctions_proposed",
            "Sanctions that wait for a second moderator.",
            self._sanctions and self._sanctions[0],
        )
        yield families.gauge(
            "idvault_sanctions_due_seconds",
            "Time since the oldest end of a sanction that is not stored.",
            self._sanctions and self._sanctions[1],
        )
        yield families.gauge(
            "idvault_orders_overdue",
            "Orders of authorities that are not carried out although their deadline has passed.",
            self._orders_overdue,
        )

    def _erasure_families(self) -> Iterator[Metric]:
        """Yield the metrics of erasures."""
        states = GaugeMetricFamily(
            "idvault_erasures",
            "Erasures that wait, whose keys are not destroyed or kept in a file, or whose person is held.",
            labels=("state",),
        )
        for state, count in list(self._erasures.items()):
            states.add_metric((state,), count)
        yield states
        yield families.gauge(
            "idvault_erasure_due_seconds",
            "Time since the oldest step of an erasure was due that is not carried out.",
            self._erasure_due,
        )

    def _tip_off_families(self) -> Iterator[Metric]:
        """Yield the metrics of reports of rumours."""
        states = GaugeMetricFamily("idvault_tip_offs_open", "Reports without a decision.", labels=("state",))
        for state, count in list(self._tip_offs_open.items()):
            states.add_metric((state,), count)
        yield states
        yield families.gauge(
            "idvault_tip_offs_overdue", "Reports whose seven days have passed.", self._tip_offs_overdue
        )


class WebMetrics:
    """Called on the event loop, read by the metrics server's thread."""

    def __init__(self) -> None:
        """Start at zero."""
        self.health = ProcessHealth()
        self.vitals = Vitals(self.health)
        self._answers: dict[tuple[str, str], int] = {}
        self._seconds: dict[str, Histogram] = {}

    def answered(self, *, page: str, status: int, seconds: float) -> None:
        """Count one answer to a browser."""
        key = page, str(status)
        self._answers[key] = self._answers.get(key, 0) + 1
        families.observe(self._seconds, page, seconds)

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        yield from self.vitals.families()
        yield families.counter(
            "idvault_web_answers", "Answers by page and HTTP status.", ("page", "status"), self._answers
        )
        yield families.histogram("idvault_web_seconds", "Time to answer a browser.", ("page",), self._seconds)


class WitnessMetrics:
    """Called by the threads that answer logs, read by the metrics server's thread."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Start at zero. seconds: a clock that never goes back."""
        self.health = ProcessHealth(seconds=seconds)
        self.vitals = Vitals(self.health)
        self._clock = seconds
        self._one_at_a_time = threading.Lock()
        self._answers: dict[tuple[str], int] = {}
        self._sizes: dict[str, float] = {}
        self._cosigned_at: dict[str, float] = {}

    def answered(self, status: int) -> None:
        """Count one answer to a log."""
        key = (str(status),)
        with self._one_at_a_time:
            self._answers[key] = self._answers.get(key, 0) + 1

    def known(self, log: str, size: int) -> None:
        """Set the size of the last checkpoint of a log, as it was stored before this start."""
        self._sizes[log] = size

    def cosigned(self, log: str, size: int) -> None:
        """Set the size of a log's checkpoint that was cosigned now."""
        self._sizes[log], self._cosigned_at[log] = size, self._clock()

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        yield from self.vitals.families()
        yield families.counter(
            "idvault_witness_answers", "Answers to logs by HTTP status.", ("status",), self._answers
        )
        yield families.labelled_gauge(
            "idvault_witness_cosigned_entries", "Entries of the last checkpoint of a log.", "log", self._sizes
        )
        now = self._clock()
        yield families.labelled_gauge(
            "idvault_witness_cosigned_age_seconds",
            "Time since this process cosigned a checkpoint of a log.",
            "log",
            {log: now - at for log, at in list(self._cosigned_at.items())},
        )
