"""The metrics of the service, the hosted pages and the witness, for Prometheus.

Those of every process are in telemetry.vitals. A label value never comes from a caller: it is from our code
(a method, a code, an act, the pattern of a page's address, which may hold a secret itself), or the origin of
a log whose key the witness's operator gave it. What an alert counts is 0 from the start: no alert sees a
series that begins at 1.
"""

import threading
import time
from collections.abc import Callable, Iterator

from prometheus_client.core import Metric

from idvault.core.telemetry import series
from idvault.core.telemetry.series import Counter, Gauge, Histogram
from idvault.core.telemetry.vitals import Vitals
from idvault.core.telemetry.watching import ProcessHealth


class Metrics:
    """The metrics of a process that has the databases; a process shows the gauges that it sets."""

    def __init__(self) -> None:
        """Start without values."""
        self.health = ProcessHealth()
        self.vitals = Vitals(self.health)
        self.rpcs = Counter("idvault_rpc", "Calls by method and status code.", ("method", "code"))
        self.rpc_seconds = Histogram("idvault_rpc_seconds", "Time to answer a call.", ("method",))
        self.registry_calls = Counter(
            "idvault_registry_calls", "Calls of a registry by its answer.", ("provider", "outcome")
        )
        self.registry_charged = Counter(
            "idvault_registry_charged", "Checks that the registry decided, and so charges."
        )
        self.registry_seconds = Histogram("idvault_registry_seconds", "Time of a registry call.")
        self.claims_pending = Gauge("idvault_claims_pending", "Claims that wait.")
        self.claims_pending_oldest = Gauge(
            "idvault_claims_pending_oldest_seconds", "Age of the oldest waiting claim."
        )
        self.claims_settled = Counter(
            "idvault_claims_settled", "Claims that ended, by outcome.", ("outcome",)
        )
        self.claims_settled.expect("MISMATCH")
        self.notices = Counter("idvault_registry_notices", "Notices of the registry, by kind.", ("kind",))
        self.notices_behind = Gauge(
            "idvault_registry_notices_behind_seconds",
            "Time since the registry's feed had no notice that the vault has not.",
        )
        self.seal_seconds = Histogram("idvault_seal_seconds", "Time to seal a record.")
        self.database_seconds = Histogram("idvault_database_seconds", "Time of an act or read.", ("act",))
        self.log_unsequenced = Gauge(
            "idvault_log_unsequenced", "Entries that wait for their place in the log."
        )
        self.log_checkpoint_age = Gauge(
            "idvault_log_checkpoint_age_seconds",
            "Time since the published checkpoint covered the whole log.",
        )
        self.log_cosigned_age = Gauge(
            "idvault_log_cosigned_age_seconds",
            "Time since as many witnesses as the roster demands cosigned the log.",
        )
        self.jobs_oldest = Gauge("idvault_jobs_oldest_seconds", "Age of the oldest due job.", ("kind",))
        self.notifications_dead = Gauge(
            "idvault_notifications_dead", "Messages to recipients of notifications that were given up."
        )
        self.notifications_oldest = Gauge(
            "idvault_notifications_oldest_seconds", "Age of the oldest message that has not arrived."
        )
        self.people = PeopleMetrics()
        self.moderation = ModerationMetrics()

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        yield from self.vitals.families()
        yield from series.families(self)
        yield from series.families(self.people)
        yield from series.families(self.moderation)


class PeopleMetrics:
    """What auditors and custodians do, and what becomes of owners of legacy accounts."""

    def __init__(self) -> None:
        """Start without values."""
        self.second_factor_refused = Counter(
            "idvault_second_factor_refused", "One-time codes that were refused."
        )
        self.drills_overdue = Gauge("idvault_drills_overdue", "Custodians without a drill for 90 days.")
        self.drill_oldest = Gauge(
            "idvault_drill_oldest_seconds", "Time since the oldest of the custodians' last passed drills."
        )
        self.disclosures = Counter("idvault_disclosures", "Acts of disclosures, and refusals.", ("verb",))
        self.disclosures.expect("refuse")
        self.legacy_accounts = Counter(
            "idvault_legacy_accounts", "Rows of imports, by outcome.", ("outcome",)
        )
        self.legacy_accounts.expect("FAILED")
        self.campaign_people = Gauge(
            "idvault_campaign_people", "Owners at each stage of running campaigns.", ("method", "stage")
        )
        self.quorum_records = Gauge(
            "idvault_quorum_records",
            "Records by the roster version of their quorum, and who holds their shares.",
            ("version", "holders"),
        )


class ModerationMetrics:
    """What waits for moderators, authorities, reporters and erasures."""

    def __init__(self) -> None:
        """Start without values."""
        self.contact_codes_oldest = Gauge(
            "idvault_contact_codes_oldest_seconds", "Age of the oldest code for a reporter that was not sent."
        )
        self.appeals_overdue = Gauge(
            "idvault_appeals_overdue", "Appeals that wait for a decision that was due."
        )
        self.contests_overdue = Gauge(
            "idvault_contests_overdue", "Contests that wait for a decision that was due."
        )
        self.disavowals_overdue = Gauge(
            "idvault_disavowals_overdue", "Disowned accounts that wait for a decision that was due."
        )
        self.disavowals_unusual = Gauge(
            "idvault_disavowals_unusual",
            "Platforms where so many accounts are disowned that silence decides none.",
        )
        self.reinstatements_overdue = Gauge(
            "idvault_reinstatements_overdue",
            "Appeals against withdrawals that wait for a decision that was due.",
        )
        self.narrowings_overdue = Gauge(
            "idvault_narrowings_overdue",
            "Sanctions of withdrawn accounts that were not narrowed when it was due.",
        )
        self.sanctions_proposed = Gauge(
            "idvault_sanctions_proposed", "Sanctions that wait for a second moderator."
        )
        self.sanctions_due = Gauge(
            "idvault_sanctions_due_seconds", "Time since the oldest end of a sanction that is not stored."
        )
        self.orders_overdue = Gauge(
            "idvault_orders_overdue",
            "Orders of authorities that are not carried out although their deadline has passed.",
        )
        self.tip_offs_open = Gauge("idvault_tip_offs_open", "Reports without a decision.", ("state",))
        self.tip_offs_overdue = Gauge("idvault_tip_offs_overdue", "Reports whose seven days have passed.")
        self.erasures = Gauge(
            "idvault_erasures",
            "Erasures that wait, whose keys are not destroyed or kept in a file, or whose person is held.",
            ("state",),
        )
        self.erasure_due = Gauge(
            "idvault_erasure_due_seconds",
            "Time since the oldest step of an erasure was due that is not carried out.",
        )


class WebMetrics:
    """The metrics of the hosted pages."""

    def __init__(self) -> None:
        """Start without values."""
        self.health = ProcessHealth()
        self.vitals = Vitals(self.health)
        self.answers = Counter("idvault_web_answers", "Answers by page and HTTP status.", ("page", "status"))
        self.seconds = Histogram("idvault_web_seconds", "Time to answer a browser.", ("page",))

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        yield from self.vitals.families()
        yield from series.families(self)


class WitnessMetrics:
    """Called by the threads that answer logs, read by the metrics server's thread."""

    def __init__(self, *, seconds: Callable[[], float] = time.monotonic) -> None:
        """Start without values. seconds: a clock that never goes back."""
        self.health = ProcessHealth(seconds=seconds)
        self.vitals = Vitals(self.health)
        self.cosigned_entries = Gauge(
            "idvault_witness_cosigned_entries", "Entries of the last checkpoint of a log.", ("log",)
        )
        self._answers = Counter("idvault_witness_answers", "Answers to logs by HTTP status.", ("status",))
        for status in ("403", "422", "428", "500"):
            self._answers.expect(status)
        self._ages = Gauge(
            "idvault_witness_cosigned_age_seconds",
            "Time since this process started, or cosigned a checkpoint of a log.",
            ("log",),
        )
        self._clock = seconds
        self._one_at_a_time = threading.Lock()
        self._cosigned_at: dict[str, float] = {}

    def answered(self, status: int) -> None:
        """Count one answer to a log."""
        with self._one_at_a_time:
            self._answers.add(str(status))

    def known(self, log: str, size: int) -> None:
        """Begin with a log, whose age counts from now until a checkpoint of it is cosigned."""
        self.cosigned(log, size)

    def cosigned(self, log: str, size: int) -> None:
        """Set the size of a log's checkpoint that was cosigned now."""
        self.cosigned_entries.set(size, log)
        self._cosigned_at[log] = self._clock()

    def families(self) -> Iterator[Metric]:
        """Yield every metric as Prometheus families."""
        now = self._clock()
        self._ages.set_all({log: now - at for log, at in list(self._cosigned_at.items())})
        yield from self.vitals.families()
        yield from series.families(self)
