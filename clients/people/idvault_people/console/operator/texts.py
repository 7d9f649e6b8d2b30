"""The texts of the operator's console, in Chinese and English."""

from collections.abc import Mapping

from idvault_people.console.operator.name_texts import NAMES
from idvault_verify.error import Reason
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


# What an operator is told in place of the texts for other members of the roster.
OWN_REASONS: Mapping[str, Text] = {
    Reason.ACCESS_DENIED.value: _("The roster in force does not name you as an operator."),
    Reason.ILLEGAL_TRANSITION.value: _(
        "This key was revoked, or belongs to another name, or the name has another role. A revoked key stays"
        " revoked: ask for a new one."
    ),
}

# By the reason that `idvault overview` names.
UNREAD: Mapping[str, Text] = {
    "UNAVAILABLE": _("Not read: {part}. A database or server does not answer: see whether it runs."),
    "SCHEMA": _("Not read: {part}. A database does not fit this version of the program: see its schema."),
    "UNREADABLE": _("Not read: {part}. A file cannot be read: see whether it is there and may be read."),
    "INVALID": _("Not read: {part}. What was read does not pass its check: run the check of the vault."),
}


OPERATOR: Mapping[str, Text] = {
    **NAMES,
    **{f"unread.{reason}": text for reason, text in UNREAD.items()},
    "service": _("The operator's console"),
    "as_of": _("As of {time}."),
    "ask_again": _("Check again"),
    "never_yet": _("never"),
    "unread": _("Not read: {part}."),
    "program_words": _.in_context("program_words", "Technical details"),
    "commands_away": _(
        "The vault's commands cannot be run from here. Start the console with --vault and the words that run"
        " them on the vault's host."
    ),
    "commands_silent": _(
        "The vault's host did not run its command: {command}. See whether it answers, and try again."
    ),
    "commands_not_run": _(
        "This did not run the vault's commands: {command}. See whether the program is there and may be "
        "run, and try again."
    ),
    "commands_title": _("The vault's host does not answer"),
    "commands_not_run_title": _("The vault's commands cannot be run"),
    "command_refused": _("The vault's command did not do this."),
    "command_unknown": _(
        "Whether the vault's host has done this is not known: see its state before you try again."
    ),
    "code_spent": _("The code is used: wait for the next one."),
    # The first page
    "today": _("Today"),
    "soonest": _("Certificates that end first"),
    "all_names": _("Show every name"),
    "changed": _("Changed in the last seven days"),
    "changed_at": _("When"),
    "changed_what": _("What"),
    "was_registered": _("key registered"),
    "was_revoked": _("key revoked"),
    "nothing_changed": _(
        "No key was registered or revoked. Register a platform's next key before its certificate ends."
    ),
    "due_first": _("Due first"),
    "last_visit": _("Your last visit ended at {time}. What is marked as new was found or missed since then."),
    "is_new": _("New"),
    "state_changed": _("The state has changed since you opened this page."),
    "state_lost": _("The console does not answer: what you see may be old."),
    "state_unread": _("The vault's state could not be read: what you see may be old."),
    "visit_not_kept": _(
        "What you see now could not be kept in your folder, so your next visit may show it as new. See"
        " whether its disk is full."
    ),
    "limit_near": _(
        "{name} has used most of its status credentials of today: {used}. At the limit, new ones are refused"
        " until tomorrow."
    ),
    "limit_reached": _(
        "{name} has used all its status credentials of today: {used}. New ones are refused until tomorrow."
    ),
    "doctor_found": _("What the check of the vault found, {age}"),
    "not_watched": _(
        "Asked here: the custody edge, the worker, the databases and the log. Platform edges and hosted pages"
        " are not asked: Prometheus watches them."
    ),
    "tile_ending": _("Certificates that end within 14 days"),
    "tile_unknown": _("Certificates whose last day is not known here"),
    "tile_verified": _("Verifications this month"),
    "tile_queue": _("Claims that wait for the registry"),
    "tile_log": _("Entries that wait for the log or its witnesses"),
    "tile_overdue": _("Overdue decisions"),
    "tile_drills": _("Overdue drills"),
    "tile_backup": _("Age of the newest backups"),
    "tile_doctor": _("Failed checks of the vault"),
    "tile_doctor_at": _("Failed checks of the vault, {time}"),
    "runs_now": _.in_context("doctor", "running"),
    "check_fails": _("{checks} failed:"),
    "and_more": _(", "),
    "name_and_code": _("{name}: {code}"),
    "name_count": _("{name} ({count})"),
    "log_refuses": _(
        "Entries have waited for a place in the log since {time}. After a minute the vault refuses every"
        " change: start the worker, or see its log."
    ),
    "witness_behind": _(
        "Entries have waited for a checkpoint with enough cosignatures since {time}. Openings and receipts"
        " wait, too: see why the worker and the witnesses do not go on."
    ),
    "process_silent": _(
        "The process of these settings does not answer at {address}: see whether the worker runs, and why it"
        " ended."
    ),
    "process_not_ready": _("The process of these settings is not ready."),
    "process_title": _("The process of these settings"),
    "process_text": _(
        "The settings with which the console runs the vault's commands are the worker's. Other processes tell"
        " their own metrics port how they are."
    ),
    "process_address": _("Its metrics port"),
    "process_state": _("State"),
    "process_since": _("Runs since"),
    "process_version": _("Its version"),
    "command_version": _("Version of the command"),
    "is_ready": _("ready"),
    "is_not_ready": _("not ready"),
    "is_silent": _("does not answer"),
    "queue_late": _("Claims have waited for the registry since {time}."),
    "backup_none_note": _("There is no backup of {databases} in the folder of backups: make one now."),
    "backup_old_note": _(
        "The newest backup of {databases} is older than three hours: see why the next one was not made."
    ),
    "overdue_note": _("Overdue: {kind}: {platforms}."),
    "missed_note": _("Missed since the month began: {platforms}."),
    "missed_since": _("{text} Since your last visit: {platforms}."),
    "edge_silent": _(
        "The custody edge does not answer this machine: see whether it runs, and whether its address is"
        " right."
    ),
    "ago_now": _("just now"),
    "ago_minutes": _("{count} min ago"),
    "ago_hours": _("{count} h ago"),
    "ago_days": _("{count} days ago"),
    "not_read": _("not read"),
    "not_known_short": _("not known"),
    "hours": _("{hours} h"),
    "open_name": _("Open {name}"),
    # Platforms
    "platforms": _("Platforms"),
    "name": _.in_context("caller", "Name"),
    "kind": _("Kind"),
    "valid_keys": _("Valid keys"),
    "last_day": _("Certificate ends"),
    "calls": _("Calls this month"),
    "waits_here": _("Waiting for the registry"),
    "search_key": _("Name, or start of a key's SHA-256"),
    "search": _("Search"),
    "search_all": _("Show all"),
    "none_found": _("No name and no key fits. Search for a shorter part, or show all."),
    "no_names": _("No platform is registered yet. Register the first one with its certificate."),
    "no_valid_key": _("no valid key"),
    "not_known": _("not known here"),
    "ends_in": _("in {days} days"),
    "ends_tomorrow": _("tomorrow"),
    "ends_today": _("today"),
    "has_ended": _("has ended"),
    "certificate_ends": _(
        "The certificate of {name} ends on {day}, {left}. Its calls are refused afterwards. Certify its"
        " request again, which needs no registration, or have it make a new key and register that."
    ),
    "certificate_replaced": _(
        "The certificate of the key {start} of {name} ends on {day}, {left}. Another key is registered;"
        " whether {name} has called with it is not known here. Ask {name}, then revoke the old key."
    ),
    "register_next": _("Register its next key"),
    "certificate_ended": _(
        "The certificate of {name} ended on {day}, and its calls are refused. Certify its request again,"
        " which needs no registration, or have it make a new key and register that."
    ),
    "last_day_not_known": _(
        "The vault knows keys, not certificates. Below, add a copy of each certificate that is not known"
        " here, and the console warns in time."
    ),
    "title_of_pages": _("Title on the hosted pages"),
    "colour_of_pages": _("Colour on the hosted pages"),
    "return_origins": _("Where the hosted pages may send a browser"),
    "accepts_proofs": _("Accepts"),
    "none_set": _("none"),
    "registered_name": _("its registered name"),
    "desk_of": _("Moderator's desk of {platform}"),
    "title_now": _("Title now"),
    "title_then": _("Title then"),
    "colour_now": _("Colour now"),
    "colour_then": _("Colour then"),
    "origins_now": _("Addresses now"),
    "origins_then": _("Addresses then"),
    "actor_id": _("Id in the public log"),
    "key_valid": _("Valid key"),
    "key_revoked": _("Revoked key"),
    "fingerprint": _("Fingerprint"),
    "key_hash": _("SHA-256 of the public key"),
    "registered_at": _("Registered"),
    "revoked_at": _("Revoked"),
    "desks": _("Moderators' desks"),
    "moderator_id": _("Moderator"),
    "no_desks": _(
        "No moderator's desk is registered yet. Name the first moderators, then register their desks' keys."
    ),
    "usage_of": _("Usage in {month}"),
    "usage_details": _("All figures"),
    "verified": _("Verifications that succeeded"),
    "charged": _("Checks that the registry charges"),
    "not_yet": _("not counted yet"),
    "stored_accounts": _("Accounts at the last hourly count"),
    "stored_records": _("Sealed records at the last hourly count"),
    "limit": _("Limit"),
    "used_today": _("Used today"),
    "used_of": _("{used} of {limit}"),
    "limits": _("Limits in force"),
    "limits_are": _("What they are"),
    "limits_text": _("Settings of the vault, the same for every platform. A change needs a restart."),
    "add_certificate": _("Add a copy of its certificate"),
    "add_certificate_text": _(
        "Only this console reads it, for the last day. The vault is told nothing, and no key changes."
    ),
    "certificate_file": _("Certificate"),
    "certificate_hint": _("A PEM file of one of the keys above."),
    "choose_file": _("Choose a file"),
    "private_key": _("This is a private key: it stays with its holder. Give the certificate"),
    "no_certificate": _("This is not a certificate in PEM form with the name of a caller"),
    "other_key": _("This certificate has another key than those of {name}"),
    # The roster
    "roster_title": _("Roster"),
    "members": _("Members"),
    "role": _("Role"),
    "of_organisation": _("Its organisation"),
    "key_since": _("Present key"),
    "since_version": _("since version {version}"),
    "drill": _("Last drill"),
    "no_drill": _("none recorded"),
    "is_overdue": _("overdue"),
    "due_in": _("next one due in {days} days"),
    "first_due_in": _("first one due in {days} days"),
    "drills_late": _(
        "The drill of {names} is overdue. Have them run it, and replace those who cannot while enough others"
        " still can."
    ),
    "roster_hash": _("SHA-256 of what the custodians signed"),
    "version": _("Version"),
    "version_in_force": _("Version in force"),
    "custodians_needed": _("Custodians who open together"),
    "witnesses_needed": _("Witnesses who must cosign"),
    "of_custodians": _("{threshold} of {count}"),
    "proposals": _("Proposed versions"),
    "no_proposals": _(
        "No version waits for signatures. When a member or a key changes, propose the next version."
    ),
    "hash_start": _("Start of its SHA-256"),
    "signed_by": _("Signed by"),
    "nobody_signed": _("nobody yet"),
    "edge_away": _("The custody edge does not answer: what waits for signatures is not known."),
    # The log
    "log_title": _("Public log"),
    "log_verified": _(
        "This machine has verified the newest checkpoint: signed by the log's key, cosigned by enough"
        " witnesses, and a continuation of what was seen here before."
    ),
    "signed_entries": _("Entries in it"),
    "log_name": _("Name of the log"),
    "log_root": _("Root"),
    "log_key": _("Public key"),
    "log_told": _("What the vault says"),
    "log_entries_all": _("Entries with a place in the log"),
    "sequenced_at": _("Last placed"),
    "log_uncosigned": _("Entries without enough cosignatures"),
    "uncosigned_since": _("{count}, since {time}"),
    "log_waiting": _("Entries that wait for a place"),
    "waiting_since": _("Waiting since"),
    "witnesses": _("Witnesses"),
    "witness": _("Witness"),
    "cosigned_at": _("Last cosigned"),
    "witness_lag": _("Entries behind"),
    "cosigned_newest": _("within ten minutes"),
    "cosigned_old": _("more than ten minutes ago"),
    "cosigned_behind": _("behind since {time}"),
    "cosigned_waits": _("newer entries wait"),
    "cosigned_not": _("not the newest checkpoint"),
    "lag_unknown": _("not known"),
    "no_witnesses": _(
        "The roster names no witnesses: nobody would notice a second copy of the log. Propose a version that"
        " names some."
    ),
    # The queue of the registry
    "queue_title": _("Registry"),
    "queue_all": _("Claims that wait"),
    "queue_oldest": _("The oldest since"),
    "queue_empty": _("Nothing waits for the registry. You need not do anything here."),
    "registry_title": _("Calls of the registry"),
    "registry_none_held": _("No call is held back."),
    "held_until": _("Held back until ({name})"),
    "registry_ill": _("The last check of the registry failed."),
    "breaker": _("When a process stops calling by itself"),
    "breaker_is": _("Circuit breaker"),
    "breaker_text": _(
        "After five failures in a row each process pauses for 2 to 30 seconds, and after a refusal of this"
        " caller for 60. It is in the process's memory alone: the vault's check of the registry and the"
        " metric idvault_registry_calls_total tell of it."
    ),
    # Deadlines
    "deadlines_title": _("Deadlines"),
    "deadline_of": _("What must be done"),
    "open_now": _.in_context("deadlines", "Open"),
    "first_deadline": _("Earliest deadline"),
    "open_by_platform": _("Open now, by platform"),
    "nothing_open": _("Nothing is open. You need not do anything here."),
    "all_deadlines": _("All deadlines"),
    "missed_what": _("What was missed"),
    "overdue_now": _("Overdue now"),
    "missed_in": _("Missed in {month}, by platform"),
    "missed_count": _("How often"),
    "none_missed": _("No platform has missed a deadline this month. You need not do anything here."),
    "not_named": _("of no named platform"),
    "open_untold": _(
        "Not read: what is open, and until when. The vault's program may be of another version."
    ),
    "erasures_late": _("A step of an erasure was due at {time}. Run the check of the vault, which says why."),
    # The check of the vault
    "doctor_title": _("Check of the vault"),
    "doctor_ended": _("Found {age}."),
    "doctor_old": _("Found {age}, older than your last change: not checked again yet."),
    "doctor_runs": _("The check is running; this page reloads by itself."),
    "doctor_problem": _("The last check of the vault did not end."),
    "runbook": _("What the runbook says: {names}"),
    "all_passed": _("Every check passed."),
    "passed_checks": _("Passed checks: {count}"),
    "check_passed": _("passed"),
    "check_failed": _("Failed:"),
    "check_not_made": _("Not made:"),
    "check_remark": _("Remark:"),
    # The host
    "storage_title": _("Databases and backups"),
    "databases": _("Databases"),
    "database": _("Database"),
    "database.main": _("Main database"),
    "database.shred": _("Database of the shred keys"),
    "schema_version": _("Schema"),
    "schema_needed": _("This program needs"),
    "schema_usable": _("fits"),
    "schema_unusable": _("does not fit"),
    "schema_waits": _("fits; a step waits until the old program has gone"),
    "backups": _("Newest backups"),
    "backup_at": _("Ended"),
    "backup_new": _("within three hours"),
    "backup_old": _("older than three hours"),
    "backup_none": _("no backup yet"),
    "backups_unknown": _(
        "The settings of the worker name the folder of backups: run the console with them, as a user who may"
        " read it."
    ),
    "backups_unset": _(
        "These settings name no folder of backups. Set IDVAULT_BACKUP_DIR for the worker, and run the"
        " console with the worker's settings."
    ),
    "backups_unset_short": _("no folder set"),
    "own_certificates": _("The vault's certificates"),
    "setting": _("Setting"),
    "unreadable": _("cannot be read"),
    "no_certificates": _(
        "These settings name no certificate. Run the console with the settings of a process that has one."
    ),
    "keys_title": _("Keys of the service"),
    "announced_keys": _("Announced versions"),
    "announced_text": _(
        "Every process uses a version an hour after its announcement. The signing keys are not here: their"
        " versions are in the file below. A new key of the log signs a week after it was added, one of"
        " statuses a day after."
    ),
    "purpose_of_key": _("What for"),
    "announced_at": _("Announced"),
    "key_state.in_use": _("in use"),
    "key_state.announced": _("announced, used an hour later"),
    "key_state.former": _("former"),
    "key_state.over": _("over"),
    "keys_in_file": _("In the key file of these settings"),
    "keys_in_file_text": _("Copies of one key have the same check value, which reveals nothing else."),
    "keys_unread": _("The key file was not read."),
    "check_value": _("Check value"),
    "stored_under": _("Stored under it"),
    "not_counted": _("not counted"),
    "no_announced_keys": _("There are none yet. Start the worker, which announces them."),
    "no_keys": _("There are none yet. Make the key file before the first start."),
    # What the operator decides
    "to_preview": _("Continue to the preview"),
    "leave_undone": _("Do nothing"),
    "code_first": _(
        "Each change needs a code of your second factor, and you have none yet. Set it up first: this page"
        " stays as it is."
    ),
    "register_title": _("Register a key"),
    "register_text": _(
        "Give the certificate of the caller. Its name and its role are in it; the next page shows what it"
        " would allow."
    ),
    "register_hint": _("A PEM file, such as certificate.pem that idvault setup has made."),
    "other_vault": _("This certificate names {id}; here callers of {vault} are registered"),
    "certificate_over": _("This certificate has ended"),
    "register_check": _("Register this key?"),
    "register_note": _(
        "Compare the fingerprint with the caller over another channel than the one by which the file came."
        " Whoever has the key can call in this name within a second. The public log names you."
    ),
    "register_short": _(
        "This certificate ends soon, on {day}: its calls are refused afterwards. Certify a longer one, unless"
        " that is meant."
    ),
    "registered_new": _(
        "Done: the key {start} of {name} is registered, and the public log names you. Next, set its hosted"
        " pages and what it accepts, name its first moderators, and tell the platform."
    ),
    "registered_more": _(
        "Done: another key of {name} is registered, {start}, and the public log names you. Next, ask {name}"
        " to use it; when it does, revoke the old one."
    ),
    "registered_done": _("Done: the key {start} of {name} is registered, and the public log names you."),
    "revoked_done": _("Done: the key {start} of {name} is revoked, and the public log names you."),
    "replaced_done": _("Done: {name} has what you saw in the preview."),
    "rotated_done": _(
        "Done: the key file has another version for {purpose}. Next, copy the file to every machine that has"
        " one, and into the safe."
    ),
    "named_done": _(
        "Done: moderator {id} of {name} is named, and the public log names you. Next, certify the desk's key"
        " for this id, and register it."
    ),
    "register_desk": _("Register the desk's key"),
    "register_button": _("Register the key"),
    "keys_so_far": _("Valid keys so far"),
    "name_is_new": _("none: the name is new"),
    "revoke_title": _("Revoke this key"),
    "revoke_check": _("Revoke this key for good?"),
    "revoke_note": _(
        "Calls with it are refused within seconds, and open streams end. Nothing takes that back. The public"
        " log names you."
    ),
    "revoke_last": _(
        "This is the last valid key of {name}: all its calls are refused within seconds, until another key is"
        " registered. Nothing takes that back. The public log names you."
    ),
    "revoke_button": _("Revoke the key for good"),
    "keys_left": _("Valid keys afterwards"),
    "present_title": _("Change its hosted pages"),
    "present_text": _("What you type here replaces what is there. Open sessions keep their address."),
    "title_hint": _("At most 60 characters; empty for its registered name."),
    "colour_hint": _(
        "A # and six digits, such as #8b5cf6; empty for none. One colour for the light and the dark pages."
    ),
    "origins_hint": _("One on each line, such as https://chat.example. Without one it can make no sessions."),
    "title_wrong": _("This is too long, or has characters that cannot be seen"),
    "colour_wrong": _("This must be a # and six digits of 0 to 9 and a to f, such as #8b5cf6"),
    "colour_light": _(
        "The contrast to the light pages is {contrast} to 1, and must be at least {least} to 1: choose a"
        " darker colour"
    ),
    "colour_dark": _(
        "The contrast to the dark pages is {contrast} to 1, and must be at least {least} to 1: choose a"
        " lighter colour"
    ),
    "origins_wrong": _("Each line must be an https address without a path"),
    "present_check": _("Replace what its hosted pages say?"),
    "no_origins_note": _("Without an address the platform can make no sessions."),
    "accept_title": _("Change what it accepts"),
    "accept_text": _(
        "Somebody whose account is closed under one kind of proof can come back under another. So several"
        " kinds need the last tick."
    ),
    "separate_persons": _("One human can be two persons there, one by each kind of proof"),
    "several_kinds": _("Several kinds of proof need this tick"),
    "one_review": _("Choose one reviewer or two, not both"),
    "accept_check": _("Replace the proofs that it accepts?"),
    "accepts_now": _("Accepts now"),
    "accepts_then": _("Accepts then"),
    "replace_button": _("Replace"),
    "rotate_title": _("Announce a new key"),
    "rotate_text": _(
        "A version is added to the key file of these settings. Running processes announce it by themselves."
        " The keys of other processes are in their own files: run keys rotate there."
    ),
    "purpose_version": _("{purpose}, version {version}"),
    "newest_version": _("Newest version so far"),
    "rotate_check": _("Add a version of this key?"),
    "rotate_note": _(
        "Within the hour copy the key file to every machine that has one, and into the safe: an hour after"
        " its announcement every process must have it."
    ),
    "rotate_signature": _(
        "Within the hour copy the key file to every machine that has one, and into the safe. Whoever checks"
        " statuses finds the new key in jwks.json within seconds; it signs a day later."
    ),
    "rotate_log": _(
        "Copy the key file to every worker's machine, and into the safe. In a week the log is signed with the"
        " new key, too: tell witnesses, auditors and custodians."
    ),
    "rotate_button": _("Add the version"),
    "preview_outdated": _(
        "This was not done: the key has another newest version than the preview showed. An earlier try has"
        " added it, or somebody else has. Look at the keys before you add one more."
    ),
    "moderator_title": _("Name a platform's first moderators"),
    "moderator_text": _(
        "A platform with fewer than two moderators asks you to name the next one. With two it registers the"
        " others by itself."
    ),
    "registration_file": _("Registration"),
    "registration_hint": _("The registration.json of the moderator's machine."),
    "no_registration": _("This is no valid registration of a moderator's key: ask for a new file"),
    "moderator_check": _("Name this moderator?"),
    "moderator_note": _(
        "Ask the platform over another channel than the one by which the file came: whose key is it, which"
        " fingerprint does that machine show, and is it another person's than the key of the moderator who is"
        " left?"
    ),
    "moderator_button": _("Name the moderator"),
    # The operator's own page
    "own_keys": _("My keys"),
}
