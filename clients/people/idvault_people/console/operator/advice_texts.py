"""What `idvault doctor` says, with blanks for what differs; the Chinese is shown in place of its English.

`error`, `servers` and `shares` are words of a program, which stay English.
"""

from collections.abc import Mapping

from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)

ADVICE: Mapping[str, Text] = {
    # Of every check
    "advice.not_made": _("not checked: mend {check} first"),
    "advice.no_answer": _("there is no answer"),
    # Roster, log and witnesses
    "advice.roster_broken": _("the roster does not verify ({error}): restore the signed file"),
    "advice.roster_first": _("the roster does not verify: restore the signed file first"),
    "advice.roster_none": _("no roster has been adopted yet: start `idvault serve` or `idvault work`"),
    "advice.roster_old": _(
        "the file in IDVAULT_ROSTER is version {version}, but {adopted} was adopted: use that file"
    ),
    "advice.roster_other": _(
        "the file in IDVAULT_ROSTER is not the version {version} that was adopted: restore that file"
    ),
    "advice.log_stands": _(
        "an entry has waited {seconds} s for its place in the log, and after 60 s all changes are refused: "
        "start `idvault work`, or see its logs"
    ),
    "advice.log_idle": _("no process sequences the log: start `idvault work`"),
    "advice.checkpoint_damaged": _(
        "the stored checkpoint is damaged: restore the shred database from its backup"
    ),
    "advice.checkpoint_behind": _(
        "the newest checkpoint covers {signed} of {sequenced} entries: see the logs of `idvault work`, and "
        "check that the witness answers"
    ),
    "advice.main_older": _(
        "the main database is older than the shred database: it has {later} entries, and {signed} were "
        "signed. It was restored from a backup: `idvault restore --check` says what is lost"
    ),
    "advice.checkpoint_alone": _(
        "the newest checkpoint is not cosigned by enough witnesses of the roster in force"
    ),
    "advice.witness_late": _(
        "the log has been without enough cosignatures for {minutes} minutes: people sign up, and openings "
        "and receipts wait until more witnesses can be reached"
    ),
    "advice.witness_setting": _("a witness cannot be used ({error}): check IDVAULT_WITNESSES"),
    "advice.witness_refuses": _(
        "{count} of {all} witnesses do not confirm the log: {error}: check them, and whether the databases "
        "were restored from an old copy"
    ),
    "advice.witness_missing": _("the roster also names the witness {names}: add it to IDVAULT_WITNESSES"),
    # Custodians
    "advice.drill_none": _("the current quorum has no drill record yet: start `idvault work`"),
    "advice.drill_late": _(
        "the drill of {names} is overdue; {left} of {all} custodians have passed a drill within 90 days: "
        "have them run `idvault-people custodian drill`, and replace those who cannot while enough others "
        "still can"
    ),
    "advice.drill_few": _(
        "the drill of {names} is overdue; {left} of {all} custodians have passed a drill within 90 days, "
        "and {threshold} are needed to open a record: have them run `idvault-people custodian drill`, and "
        "replace those who cannot while enough others still can"
    ),
    "advice.handover_lost": _(
        "some records have fewer than M custodians in the roster; missing are {shares}: put them back into "
        "the next roster with the same keys, and have them hand over"
    ),
    "advice.handover_waits": _(
        "shares wait to be handed over, {shares}: have each of them run `idvault-people custodian hand-over` "
        "before they leave the roster"
    ),
    # Erasures, disowned accounts, records, notifications
    "advice.erasure_remark": _(
        "receipts of erasures promise nothing about files, because PostgreSQL keeps the bytes of deleted "
        "keys: the shred database lacks {names}"
    ),
    "advice.erasure_read_shred": _(
        "destructions wait, because somebody reads an old state of the shred database: end the backup or "
        "the shell that has the file open"
    ),
    "advice.erasure_read_main": _(
        "destructions wait, because somebody reads an old state of the main database: end the backup or "
        "the shell that has the file open"
    ),
    "advice.erasure_read_both": _(
        "destructions wait, because somebody reads an old state of the shred and the main database: end the "
        "backup or the shell that has the file open"
    ),
    "advice.erasure_locked": _(
        "steps of erasures are late: is `idvault work` running? Destructions also wait while a session, "
        "such as a dump, locks record_keys or shred_keys, and while a replication slot or the archive "
        "keeps write-ahead log"
    ),
    "advice.erasure_late": _("steps of erasures are late: start `idvault work`, or see its logs"),
    "advice.disavowal_late": _(
        "disowned accounts are overdue at {names}: ask the platform's moderators to decide, "
        "`idvault-people moderator disavowal list --overdue` names them"
    ),
    "advice.record_unkeyed": _(
        "{count} records have no shred key, of at most {all} looked up, and nobody can open them: the shred "
        "database is older than the main one; `idvault restore --check --list FILE` looks up all records "
        "and names the accounts"
    ),
    "advice.notification_file": _("notify.toml cannot be used: {error}"),
    "advice.notification_unread": _("notify.toml cannot be read: {error}"),
    "advice.notification_dead": _(
        "{count} messages to recipients were given up: `idvault notify dead` says to whom and why"
    ),
    "advice.notification_late": _(
        "a message has not arrived for an hour: `idvault notify list` says whose server refuses it"
    ),
    # What a process needs around it
    "advice.clock_database": _(
        "this host's clock differs from the database server's by {seconds} s: run NTP on both"
    ),
    "advice.clock_registry": _(
        "this host's clock differs from the registry's by {seconds} s, and the registry refuses calls "
        "beyond 5 s: run NTP"
    ),
    "advice.clock_silent": _("the registry sent no time to compare with: check NTP on this host"),
    "advice.registry_away": _(
        "the registry does not answer ({error}): check {setting}, DNS and the firewall; sign-ups wait until "
        "it does"
    ),
    "advice.registry_other": _("{setting} {error}: sign-ups wait until the registry answers there"),
    "advice.enterprise_away": _(
        "the registry of organisations does not answer ({error}): check {setting}, DNS and the firewall; "
        "organisations wait until it does"
    ),
    "advice.enterprise_other": _(
        "{setting} {error}: organisations wait until the registry of organisations answers there"
    ),
    "advice.certificate_none": _("{setting} has no readable certificate: put one there"),
    "advice.certificate_over": _("the certificate in {setting} has expired: replace it"),
    "advice.certificate_soon": _("the certificate in {setting} expires in {days} days: get a new one"),
    "advice.keys_closed": _("{error}: check IDVAULT_KEYS and IDVAULT_KEY_PASSPHRASE_FILE"),
    "advice.passphrase_unread": _("the file in IDVAULT_KEY_PASSPHRASE_FILE cannot be read"),
    "advice.disk_none": _("the folder of {setting} cannot be read: create it"),
    "advice.disk_acts": _(
        "the disk of {setting} has {left} MB left, and acts are refused once it is full: free some space"
    ),
    "advice.disk_published": _(
        "the disk of {setting} has {left} MB left, and nothing new is published once it is full: free some "
        "space"
    ),
    "advice.disk_backup": _(
        "the disk of {setting} has {left} MB left, and the next backup fails: free some space"
    ),
    "advice.owner_folder": _(
        "the folder of {setting} belongs to another user than the file in {first}: chown it to that user"
    ),
    "advice.owner_public": _(
        "the folder of {setting} belongs to another user than the file in {first}: chown it to that user, "
        "or remove the setting unless these are the worker's settings: only the worker writes there"
    ),
    "advice.owner_of": _(
        "the file of {setting} belongs to another user than the file in {first}: chown it to that user"
    ),
    "advice.owner_in": _(
        "the file in {setting} belongs to another user than the file in {first}: chown it to that user"
    ),
    "advice.database_away": _("the database of {setting} cannot be used: {error}"),
    "advice.servers_away": _(
        "{servers} of {setting} cannot be used: start it or mend its certificate before it must take over"
    ),
    # Last: they fit anything before the colon
    "advice.try_again": _("{error}: try again"),
    "advice.see_logs": _("{error}: see this process's logs"),
}
