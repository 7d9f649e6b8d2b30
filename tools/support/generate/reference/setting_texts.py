"""What each setting means, and when one changes it, for docs/reference.md; the order is that of the page.

A setting needs somebody who would change it. There are 45; each one more has its reason in BEYOND.
"""

from collections.abc import Mapping
from typing import NamedTuple

PLENTY, MOST = 45, 50
BEYOND: Mapping[str, str] = {
    "holder_provider": (
        "who proves that a person is present has an address, a key and a secret, of which none is of use "
        "without the others: one file for all"
    ),
    "registry_notice_keys": (
        "whose notices end accounts must be named by somebody; the roster names people, and most operators "
        "have no feed"
    ),
    "result_provider": (
        "who vouches for people without their names is another one than who checks a name, with a key of its "
        "own; which of the two a file is for cannot be told from the file"
    ),
    "settle_patience": (
        "how long a foreign registry usually takes, and what a platform's callers bear, is known to the "
        "operator alone"
    ),
    "web_operator": (
        "who runs the service is known to the operator alone, and the pages cannot find out the address of "
        "the public directory: one file for both"
    ),
}
"""Why there are settings beyond PLENTY; at most MOST in all."""


class SettingText(NamedTuple):
    """meaning: in one line. when: one changes it, or of a required one, where its value comes from."""

    meaning: str
    when: str


TEXTS: Mapping[str, SettingText] = {
    "database_url": SettingText(
        (
            "main database: `sqlite:///FILE`, `postgresql:///NAME?host=/run/postgresql`, or "
            "`postgresql://USER@HOST/NAME?sslmode=verify-full&sslrootcert=FILE`"
        ),
        "Your database server gives it, for a role of its own.",
    ),
    "shred_database_url": SettingText(
        (
            "database of the shred keys; never the main one, however its address is spelled; [several "
            "servers](operations.md#several-servers-and-patroni)"
        ),
        "Another server gives it, with other people's passwords and backups of its own.",
    ),
    "listen": SettingText(
        "address of the edge, `HOST:PORT`",
        "An address of this machine, and a port that callers reach.",
    ),
    "processes": SettingText(
        "processes that share the port",
        "Change it when `serve` has more than one core: to as many as it may use.",
    ),
    "memory": SettingText(
        (
            "MiB that each process may take; how much it serves at once [follows from "
            "it](operations.md#memory)"
        ),
        (
            "Change it when the machine has room and callers are refused for lack of it, together with "
            "the unit's limit."
        ),
    ),
    "metrics_listen": SettingText(
        (
            "address of [metrics and health](operations.md#health-of-a-process); process number i listens "
            "on this port + i"
        ),
        "Change it when several processes share a machine, or Prometheus is on another one.",
    ),
    "tls_certificate": SettingText(
        "file of the server's certificate chain",
        "Your authority issues it, for the names under which callers reach the process.",
    ),
    "tls_key": SettingText(
        "file of the server's private key",
        "You make it with the request for the certificate.",
    ),
    "tls_ca": SettingText(
        "certificate file of the authority that signs the callers' certificates",
        "The authority that issues your callers' certificates gives it.",
    ),
    "trust_domain": SettingText(
        "the domain in `spiffe://DOMAIN/ROLE/NAME`",
        "You choose it once, a domain of yours; certificates and roster repeat it.",
    ),
    "keys": SettingText(
        "the process's key file",
        "`idvault keys init` writes it.",
    ),
    "key_passphrase_file": SettingText(
        "file with the key file's passphrase",
        "`idvault keys init` writes it, with the key file.",
    ),
    "pkcs11_uri": SettingText(
        (
            "hardware module that opens the key file ([how](operations.md#a-hardware-module)), "
            "`pkcs11:token=idvault;object=idvault?module-path=FILE` (RFC 7512): the labels of the token "
            "and of the AES key in it, both `idvault` if left out, and the shared library; empty for none"
        ),
        "Change it when a hardware module is to open the key file of this process.",
    ),
    "roster": SettingText(
        "the signed roster file",
        "`idvault roster publish` writes it, once the custodians have signed.",
    ),
    "registry_check_url": SettingText(
        "base URL of the registry's check call, https",
        "The registry gives it with your account there.",
    ),
    "registry_query_url": SettingText(
        "base URL of the registry's query call, https",
        "The registry gives it with your account there.",
    ),
    "registry_enterprise_url": SettingText(
        "base URL of the registry of organisations, https",
        "Change it when the registry of organisations has accepted you, to the address that it gives.",
    ),
    "registry_app_id": SettingText(
        "the id that the registry assigned to this provider",
        "The registry gives it with your account there.",
    ),
    "registry_biz_id": SettingText(
        "the id that the registry assigned to this service",
        "The registry gives it with your account there.",
    ),
    "registry_secret_key_file": SettingText(
        "file with the secret key shared with the registry, 32 hex digits",
        "The registry gives the key; write it into a file that only this process reads.",
    ),
    "registry_calls_per_second": SettingText(
        (
            "the cap that each registry sets for a deployment; no second has more checks. Five sixths of "
            "it are planned; the rest is room for calls that leave late"
        ),
        "Change it when the registry sets you another cap.",
    ),
    "registry_document_types": SettingText(
        (
            "document types to check, separated by commas: `RESIDENT_ID`, `RESIDENCE_PERMIT`, "
            "`FOREIGN_PERMANENT_RESIDENT` and `UNIFIED_SOCIAL_CREDIT_CODE`, which needs "
            "`IDVAULT_REGISTRY_ENTERPRISE_URL`"
        ),
        "Change it when the registry lets you check more kinds of documents.",
    ),
    "registry_notice_keys": SettingText(
        (
            "Ed25519 public keys, in base64, of the registry whose "
            "[notices](operations.md#notices-of-the-registry) are taken, separated by spaces; without one, "
            "every notice is refused"
        ),
        "Change it when your registry gives notice, to the key that it gives you, and when it has another.",
    ),
    "holder_provider": SettingText(
        (
            "file that names the provider of HOLDER proofs: JSON with `name`, `url`, `key` and `secret` "
            "([how](pages.md#a-proof-of-presence)); without it, no session can demand such a proof"
        ),
        "Change it when a provider of such proofs has accepted you, to a file with what it gave you.",
    ),
    "result_provider": SettingText(
        (
            "file of the same form that names the provider of RESULT_ONLY proofs, which vouches for a person "
            "without name and number ([how](pages.md#a-proof-without-a-name)); without it, no session can "
            "demand such a proof"
        ),
        "Change it when a provider of such proofs has accepted you, to a file with what it gave you.",
    ),
    "settle_patience": SettingText(
        "seconds a caller waits for the registry before the answer is PENDING",
        (
            "Change it when the registry usually takes longer, and your platforms' callers would wait "
            "that long."
        ),
    ),
    "accounts_per_person": SettingText(
        "accounts of one person at one platform",
        "Change it when your rules allow a person another number of accounts.",
    ),
    "credentials_per_day": SettingText(
        (
            "new status credentials that one platform may get a day; one that is handed out again does "
            "not count"
        ),
        "Change it when a platform that nobody abuses reaches it.",
    ),
    "public_accounts_per_individual": SettingText(
        "live public accounts of one person at one platform",
        "Change it when your rules allow a person another number.",
    ),
    "public_accounts_per_organization": SettingText(
        "live public accounts of one organisation at one platform",
        "Change it when your rules allow an organisation another number.",
    ),
    "public_account_days": SettingText(
        "days that a public account's approval or renewal lasts",
        "Change it when licences must be looked at more often.",
    ),
    "disclosures_per_day": SettingText(
        "disclosure requests that one auditor may make a day",
        "Change it when an auditor's lawful work needs more, or must be bounded further.",
    ),
    "verification_days": SettingText(
        "days that a verification is valid",
        "Change it when your rules ask for a new verification sooner or later.",
    ),
    "disclosure_embargo_days": SettingText(
        (
            "the longest time that a disclosure is kept from the person; a history covers disclosures and "
            "openings older than that"
        ),
        "Change it when your law sets another limit to secrecy.",
    ),
    "appeal_outside_body": SettingText(
        "where an owner can go whose appeal was rejected: every rejection names it",
        "Your lawyer names it: the court or authority that is competent.",
    ),
    "appeal_outside_days": SettingText(
        "calendar days in which the owner can go there",
        "Change it when the law of that body sets another term.",
    ),
    "erasure_waiting_days": SettingText(
        (
            "days in which the erasure of an account can be cancelled; 30 if it was requested on a hosted "
            "page without a fresh verification ([erasure](erasure.md#how-long-a-request-waits))"
        ),
        (
            "Change it when your law or your platforms' owners want an erasure sooner, or more time to "
            "think again."
        ),
    ),
    "tip_offs_per_day": SettingText(
        (
            "reports that one signed-in reporter may file a day; trusted flaggers have no limit. "
            "Strangers are limited by address ([reports](reports.md#on-the-web))"
        ),
        "Change it when honest reporters reach it, or a few people tie up the moderators.",
    ),
    "time_zone": SettingText(
        "time zone of business days and deadlines",
        "Change it when your law counts days in another zone, before the first account.",
    ),
    "public_dir": SettingText(
        "directory for the published files",
        "A folder that only the worker writes and your web server publishes.",
    ),
    "backup_dir": SettingText(
        (
            "folder with the folders that `idvault backup` made, or with the notes of [other "
            "backups](operations.md#backup-and-restore), for `idvault_backup_age_seconds`; empty for none"
        ),
        "Change it when `idvault_backup_age_seconds` is to watch your backups.",
    ),
    "log_origin": SettingText(
        "name of the transparency log",
        "You choose it once, a name under your domain; the log's key repeats it.",
    ),
    "witnesses": SettingText(
        (
            "URL and public key (vkey) of each witness in turn, separated by spaces; at least K of those "
            "that the roster names; https outside development"
        ),
        (
            "Change it when a witness joins, leaves or has a new key; outside development the roster "
            "demands some."
        ),
    ),
    "web_url": SettingText(
        (
            "the public address of the [hosted pages](pages.md), https://HOST or https://HOST:PORT; the "
            "platform edge makes links with it, and the page of public supervision links to the reports; "
            "empty for none"
        ),
        "You choose the name of the pages, and have a certificate for it.",
    ),
    "web_operator": SettingText(
        (
            "file that says [who runs the service](pages.md#who-runs-the-pages): JSON with `name`, `contact` "
            "and `supervision`; without it, pages name their host, and link to no public directory"
        ),
        "Change it when people see the pages, to a file with your name; give it to the worker, too.",
    ),
    "web_target": SettingText(
        "where `idvault web` finds the platform edge, HOST:PORT; its certificate names that host",
        "The address of your platform edge.",
    ),
    "web_tls_certificate": SettingText(
        (
            "the certificate chain with which `idvault web` serves https; without it, a web server with "
            "https stands in front"
        ),
        "Change it when no web server stands in front of the pages: your authority issues it.",
    ),
    "web_tls_key": SettingText(
        "the private key of that certificate",
        "Change it when you set that certificate.",
    ),
    "web_proxies": SettingText(
        (
            "how many proxies stand in front of `idvault web`, each of which appends to X-Forwarded-For; "
            "limits per address need the right number"
        ),
        "Change it when the number of proxies in front of the pages changes.",
    ),
    "development": SettingText(
        "`1` allows unsafe settings; never in production",
        "Change it when you try the program with synthetic people.",
    ),
}
