"""What each metric measures, and when to look at it, for docs/reference.md; the order is that of the page."""

from collections.abc import Mapping

TEXTS: Mapping[str, tuple[str, str]] = {
    "idvault_claims_pending_oldest_seconds": (
        "age of the oldest waiting claim",
        "it grows for an hour; at 48 h claims fail",
    ),
    "idvault_claims_pending": (
        "waiting claims",
        "it grows while the registry answers",
    ),
    "idvault_registry_calls_total": (
        "registry calls by outcome",
        "calls are refused: check credentials, clock and address",
    ),
    "idvault_registry_seconds": (
        "duration of a registry call",
        "it approaches `IDVAULT_SETTLE_PATIENCE`",
    ),
    "idvault_rpc_total": (
        "calls by method and status code",
        "codes UNAVAILABLE or INTERNAL",
    ),
    "idvault_rpc_seconds": (
        "time to answer a call",
        "",
    ),
    "idvault_claims_settled_total": (
        "settled claims by outcome",
        "mismatches rise: somebody is guessing",
    ),
    "idvault_registry_charged_total": (
        "checks that the registry decided, and so charges; by platform and month: `idvault platform usage`",
        "it rises faster than claims are opened",
    ),
    "idvault_registry_notices_total": (
        "[notices of the registry](operations.md#notices-of-the-registry) by kind",
        "the kinds are not those that are usual: somebody may have the registry's key",
    ),
    "idvault_registry_notices_behind_seconds": (
        "time since the feed of notices had nothing that the vault has not; if it was never read to its end "
        "and the worker has the registry's keys, since the worker's start",
        "it is over an hour: `idvault notices follow` does not run, or a notice is refused",
    ),
    "idvault_notifications_dead": (
        "messages to [recipients of notifications](notifications.md) that were given up after three days",
        "it is over 0: see `idvault notify dead`",
    ),
    "idvault_notifications_oldest_seconds": (
        "age of the oldest message that has not arrived, or thing that was not yet distributed",
        "it is over an hour: a recipient's server refuses, or the mail server does",
    ),
    "idvault_contact_codes_oldest_seconds": (
        "age of the oldest [code for a reporter](notifications.md#codes-for-reporters) that counts and is "
        "not sent, to the minute",
        "it is over three minutes: the mail server refuses, or nobody sends",
    ),
    "idvault_jobs_oldest_seconds": (
        "age of the oldest due job",
        "it grows: no worker is running",
    ),
    "idvault_disclosures_total": (
        "disclosure acts by verb, including refusals",
        "`refuse` rises: somebody is attempting forbidden acts",
    ),
    "idvault_second_factor_refused_total": (
        "refused one-time codes",
        "it rises: somebody is guessing, or a phone's clock is wrong",
    ),
    "idvault_sanctions_proposed": (
        "sanctions that wait for a second moderator",
        "it stays high: after 72 hours proposals lapse",
    ),
    "idvault_sanctions_due_seconds": (
        "time since the oldest end of a sanction that the worker has not stored",
        "it is over 60: no worker is running, or the log refuses; readers see the end anyway",
    ),
    "idvault_orders_overdue": (
        "orders of authorities whose deadline has passed and that are not carried out",
        "it is not 0: `vault.sanctions.list_orders(state=OrderState.OVERDUE)` names them",
    ),
    "idvault_drills_overdue": (
        "custodians of the quorum in force without a drill for 90 days",
        "it is not 0: see [Drills](operations.md#drills)",
    ),
    "idvault_drill_oldest_seconds": (
        "time since the least recent custodian's drill",
        "it approaches 90 days (7,776,000): remind the custodian",
    ),
    "idvault_appeals_overdue": (
        "appeals that wait for a decision that was due",
        (
            "it is not 0: somebody waits longer than your rules promise, and the public log says "
            "so. `vault.sanctions.list_appeals(overdue=True)` lists them"
        ),
    ),
    "idvault_narrowings_overdue": (
        "sanctions of withdrawn accounts that were not narrowed when it was due",
        "it is not 0: `idvault-people moderator narrowing list --open` names them",
    ),
    "idvault_disavowals_overdue": (
        "disowned accounts that wait for a decision that was due",
        (
            "it is not 0: silence withdraws nothing there, because something of the account is open or "
            "because of the next line; the platform's moderators must decide"
        ),
    ),
    "idvault_disavowals_unusual": (
        "platforms where more than 100 accounts were disowned within 15 days, so that silence decides none",
        "it is not 0: false proofs, or many stolen identities. Ask the provider of proofs and the platform",
    ),
    "idvault_contests_overdue": (
        "contested verifications that wait for a decision that was due",
        "it is not 0: `idvault-people moderator contest list --overdue` names them",
    ),
    "idvault_reinstatements_overdue": (
        "appeals against withdrawals that wait for a decision that was due",
        "it is not 0: `idvault-people moderator reinstatement list --overdue` names them",
    ),
    "idvault_log_unsequenced": (
        "entries not yet in the log",
        "it grows: no worker is sequencing; at 60 s changes are refused",
    ),
    "idvault_log_checkpoint_age_seconds": (
        "time since the published checkpoint covered the whole log",
        "it exceeds a minute",
    ),
    "idvault_log_cosigned_age_seconds": (
        "time since as many witnesses as the roster demands cosigned the log; every process has it",
        (
            "it exceeds 600: fewer than K witnesses are reachable, openings and receipts wait. "
            "`log_not_cosigned` in the logs says so once a minute, and `idvault doctor`"
        ),
    ),
    "idvault_quorum_records": (
        (
            "records by roster version of their quorum and who holds the shares: PRESENT, WAITING"
            " for a leaver's hand-over, LOST"
        ),
        "WAITING does not fall, or LOST grows",
    ),
    "idvault_legacy_accounts_total": (
        "imported rows by outcome",
        "rows fail",
    ),
    "idvault_campaign_people": (
        "owners at each stage of running campaigns, by method",
        "",
    ),
    "idvault_erasures": (
        (
            "erasures that wait (`waiting`), whose keys are not destroyed yet (`undestroyed`), "
            "whose destruction waits for a file that somebody reads (`kept`), or whose person a "
            "sanction still holds (`held`)"
        ),
        "`kept` stays above 0: `idvault doctor` says what keeps the file",
    ),
    "idvault_erasure_due_seconds": (
        "time since the oldest step of an erasure was due that is not carried out",
        (
            "more than 60: is `work` running, can it reach both databases, and does somebody read"
            " a file (`kept`)?"
        ),
    ),
    "idvault_tip_offs_overdue": (
        (
            "reports without a decision after their seven days, without those of [flooded "
            "forms](reports.md#a-flooded-form)"
        ),
        "it is not 0: list them with `open_only` and `due_before` ([reports](reports.md))",
    ),
    "idvault_tip_offs_open": (
        "reports without a decision",
        "RECEIVED grows from day to day: nobody is assigned",
    ),
    "idvault_ready": (
        "1 if the process is [ready](operations.md#health-of-a-process)",
        "it is 0 for a minute",
    ),
    "idvault_build_info": (
        "always 1; the labels are the version of idvault and of Python",
        "processes of one deployment differ for long",
    ),
    "idvault_certificate_expiry_seconds": (
        "for how long a certificate of the settings is valid",
        "less than 30 days (2,592,000)",
    ),
    "idvault_disk_free_bytes": (
        (
            "free bytes where SQLite databases (`main`, `shred`), published files (`public`) and "
            "backups (`backup`) are"
        ),
        "less than a tenth of `idvault_disk_size_bytes`",
    ),
    "idvault_disk_size_bytes": (
        "size of the same disks",
        "",
    ),
    "idvault_witness_lag_entries": (
        (
            "entries that a `witness` of the roster has not cosigned, as far as this process has "
            "seen since its start"
        ),
        "it grows for ten minutes: that witness is down",
    ),
    "idvault_clock_doubted": (
        "1 while acts that cannot be undone wait, because the worker's clock is not confirmed",
        "it is 1 for five minutes: `clock_doubted` in the log says why",
    ),
    "idvault_records_without_key": (
        (
            "records that nobody can open although their account is not erased; the worker looks "
            "up 20,000 records a minute, and starts again an hour after the last one"
        ),
        (
            "it is not 0: a shred database was restored from an old copy. `idvault restore "
            "--check --list FILE` names the accounts"
        ),
    ),
    "idvault_backup_age_seconds": (
        (
            "time since the newest backup of a `database` (`main`, `shred`) that is known in "
            "`IDVAULT_BACKUP_DIR` ended; absent without one"
        ),
        "more than your interval, or absent",
    ),
    "idvault_web_answers_total": (
        "answers of `idvault web` by `page`, as the pattern of its address, and HTTP status",
        "status 503 or 500",
    ),
    "idvault_web_seconds": (
        "time of `idvault web` to answer a browser",
        "",
    ),
    "idvault_witness_answers_total": (
        "answers of `idvault witness` to logs, by HTTP status",
        "status 500: its disk; 409 without end: the log has a [fork](log.md), or lost entries",
    ),
    "idvault_witness_cosigned_entries": (
        "entries of the last checkpoint that a witness cosigned, by `log`",
        "",
    ),
    "idvault_witness_cosigned_age_seconds": (
        "time since a witness cosigned a checkpoint of a `log`, or since its start",
        "it exceeds 600: nobody asks it, or it refuses",
    ),
    "idvault_seal_seconds": (
        "time to seal a record",
        "",
    ),
    "idvault_database_seconds": (
        "duration of an act or read; look-ups of concurrent calls share a read",
        "",
    ),
}
