"""What each setting means, in one line for docs/reference.md; the order is that of the page."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "database_url": (
        "main database: `sqlite:///FILE`, `postgresql:///NAME?host=/run/postgresql`, or "
        "`postgresql://USER@HOST/NAME?sslmode=verify-full&sslrootcert=FILE`"
    ),
    "shred_database_url": (
        "database of the shred keys; never the main one, however its address is spelled; [several"
        " servers](operations.md#several-servers-and-patroni)"
    ),
    "listen": "address of the edge, `HOST:PORT`",
    "processes": "processes that share the port",
    "memory": (
        "MiB that each process may take; how much it serves at once [follows from it](operations.md#memory)"
    ),
    "cores": (
        "numbers of the cores to run on, such as `0,1`; of several processes each gets one, in "
        "turn; empty for all"
    ),
    "metrics_listen": (
        "address of [metrics and health](operations.md#health-of-a-process); process number i "
        "listens on this port + i"
    ),
    "tls_certificate": "file of the server's certificate chain",
    "tls_key": "file of the server's private key",
    "tls_ca": "certificate file of the authority that signs the callers' certificates",
    "trust_domain": "the domain in `spiffe://DOMAIN/ROLE/NAME`",
    "keys": "the process's key file",
    "key_passphrase_file": "file with the key file's passphrase",
    "pkcs11_module": (
        "shared library of a hardware module that opens the key file ([how](operations.md#a-hardware-module))"
    ),
    "pkcs11_token": "label of the token in that module; change it if yours has another one",
    "pkcs11_key": (
        "label of the AES key in that token, which is created if it is missing; change it to give a "
        "process a key of its own"
    ),
    "roster": "the signed roster file",
    "registry_check_url": "base URL of the registry's check call, https",
    "registry_query_url": "base URL of the registry's query call, https",
    "registry_enterprise_url": "base URL of the registry of organisations, https",
    "registry_app_id": "the id that the registry assigned to this provider",
    "registry_biz_id": "the id that the registry assigned to this service",
    "registry_secret_key_file": "file with the secret key shared with the registry, 32 hex digits",
    "registry_calls_per_second": (
        "the cap that each registry sets for a deployment; no second has more checks. Five sixths"
        " of it are planned; the rest is room for calls that leave late"
    ),
    "registry_document_types": (
        "document types to check, separated by commas: `RESIDENT_ID`, `RESIDENCE_PERMIT`, "
        "`FOREIGN_PERMANENT_RESIDENT` and `UNIFIED_SOCIAL_CREDIT_CODE`, which needs "
        "`IDVAULT_REGISTRY_ENTERPRISE_URL`"
    ),
    "holder_provider": (
        "file that names the provider of HOLDER proofs: JSON with `name`, `url`, `key` and `secret` "
        "([how](pages.md#a-proof-of-presence)). One setting, because none of the four is of use without the "
        "others; without it, no session can demand such a proof"
    ),
    "settle_patience": "seconds a caller waits for the registry before the answer is PENDING",
    "accounts_per_person": "accounts of one person at one platform",
    "credentials_per_day": (
        "new status credentials that one platform may get a day; one that is handed out again does not count"
    ),
    "public_accounts_per_individual": "live public accounts of one person at one platform",
    "public_accounts_per_organization": "live public accounts of one organisation at one platform",
    "public_account_days": (
        "days that a public account's approval or renewal lasts; fewer if licences must be looked at "
        "more often"
    ),
    "disclosures_per_day": "disclosure requests that one auditor may make a day",
    "verification_days": "days that a verification is valid",
    "disclosure_embargo_days": (
        "the longest time that a disclosure is kept from the person; a history covers disclosures"
        " and openings older than that"
    ),
    "appeal_outside_body": "where an owner can go whose appeal was rejected: every rejection names it",
    "appeal_outside_days": "calendar days in which the owner can go there",
    "appeal_days": "calendar days in which a sanction can be appealed",
    "appeal_decision_days": "calendar days in which an appeal must be decided",
    "contest_decision_days": 'calendar days in which a contest ("that was not me") must be decided',
    "appeal_text_days": (
        "days after its decision for which the text of an appeal or a contest is kept; the pages "
        "promise at most 90"
    ),
    "rejected_account_days": (
        "days after its last claim for which an account that was never verified is kept "
        "([retention](retention.md))"
    ),
    "erasure_waiting_days": (
        "days in which the erasure of an account can be cancelled; 30 if it was requested on a "
        "hosted page without a fresh verification "
        "([erasure](erasure.md#how-long-a-request-waits))"
    ),
    "erasure_delay_days": (
        "days from the erasure to the destruction of record and keys; a disclosure request lives for up "
        "to 7. Change it only if a rule prescribes another time"
    ),
    "tip_off_retention_days": (
        "days after its decision for which a report's texts, contact and reporter are kept"
    ),
    "tip_offs_per_day": (
        "reports that one signed-in reporter may file a day; trusted flaggers have no limit. "
        "Strangers are limited by address ([reports](reports.md#on-the-web))"
    ),
    "time_zone": "time zone of business days and deadlines",
    "public_dir": "directory for the published files",
    "backup_dir": (
        "folder with the folders that `idvault backup` made, or with the notes of [other "
        "backups](operations.md#backup-and-restore), for `idvault_backup_age_seconds`; empty for "
        "none"
    ),
    "log_origin": "name of the transparency log",
    "witness_urls": (
        "URLs of the witnesses that cosign checkpoints, separated by spaces; https outside development"
    ),
    "witness_keys": (
        "their public keys (vkeys), in the same order; at least K of those that the roster names"
    ),
    "web_url": (
        "the public address of the [hosted pages](pages.md), https://HOST or https://HOST:PORT; "
        "the platform edge makes links with it, and the page of public supervision links to the "
        "reports; empty for none"
    ),
    "web_supervision_url": (
        "the address of the public directory, https://HOST/PATH/, to which every hosted page "
        "links; empty for no link"
    ),
    "web_target": "where `idvault web` finds the platform edge, HOST:PORT",
    "web_server_name": "the name in the edge's certificate, if it differs from the host of the target",
    "web_tls_certificate": (
        "the certificate chain with which `idvault web` serves https; without it, a web server "
        "with https stands in front"
    ),
    "web_tls_key": "the private key of that certificate",
    "web_proxies": (
        "how many proxies stand in front of `idvault web`, each of which appends to "
        "X-Forwarded-For; limits per address need the right number"
    ),
    "otlp_endpoint": (
        "base URL of a collector of [traces](operations.md#traces), such as "
        "`http://127.0.0.1:4318`; https unless it is on this machine; empty for none"
    ),
    "trace_ratio": (
        "share of calls and tasks that are recorded; 1 while you look for a rare fault, less if the "
        "collector gets too much"
    ),
    "development": "`1` allows unsafe settings; never in production",
    "work_speed": (
        "how many times as often the worker runs its tasks while there are changes; above 1 only "
        "in development"
    ),
}
