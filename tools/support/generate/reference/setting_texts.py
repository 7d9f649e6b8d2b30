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
    "pkcs11_uri": (
        "hardware module that opens the key file ([how](operations.md#a-hardware-module)), "
        "`pkcs11:token=idvault;object=idvault?module-path=FILE` (RFC 7512): the labels of the token and "
        "of the AES key in it, both `idvault` if left out, and the shared library; empty for none"
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
    "erasure_waiting_days": (
        "days in which the erasure of an account can be cancelled; 30 if it was requested on a "
        "hosted page without a fresh verification "
        "([erasure](erasure.md#how-long-a-request-waits))"
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
    "witnesses": (
        "URL and public key (vkey) of each witness in turn, separated by spaces; at least K of those that "
        "the roster names; https outside development"
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
    "web_target": "where `idvault web` finds the platform edge, HOST:PORT; its certificate names that host",
    "web_tls_certificate": (
        "the certificate chain with which `idvault web` serves https; without it, a web server "
        "with https stands in front"
    ),
    "web_tls_key": "the private key of that certificate",
    "web_proxies": (
        "how many proxies stand in front of `idvault web`, each of which appends to "
        "X-Forwarded-For; limits per address need the right number"
    ),
    "development": "`1` allows unsafe settings; never in production",
}
