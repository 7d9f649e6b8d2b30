"""The settings of each process of a development vault."""

import json
from os import environ

from idvault_dev.layout import LOG_ORIGIN, SERVER, TRUST_DOMAIN, WEB, Layout
from idvault_dev.supervisor import HOST, Ports
from idvault_verify import durable_file

APP_ID = "development-app"
BIZ_ID = "development-biz"
_PROVIDER = "IDVAULT_HOLDER_PROVIDER"
_PROVIDERS = (_PROVIDER, "IDVAULT_RESULT_PROVIDER")


WORK_SPEED = 20
"""How many times as often a worker runs its tasks while somebody tries something."""


def adopt(layout: Layout) -> None:
    """Set this process's environment to the children's common one, and remove what else is a setting.

    Providers of proofs stay: `idvault mock-provider`, which runs beside, has written its file.
    """
    others = [name for name in environ if name.upper().startswith(("IDVAULT_", "OTEL_"))]
    for name in [name for name in others if name not in _PROVIDERS]:
        del environ[name]
    environ.update(common(layout))


def common(layout: Layout) -> dict[str, str]:
    """Return the settings of every process."""
    return _prefixed(
        DEVELOPMENT="1",
        DATABASE_URL=layout.databases["main"],
        SHRED_DATABASE_URL=layout.databases["shred"],
        TRUST_DOMAIN=TRUST_DOMAIN,
        LOG_ORIGIN=LOG_ORIGIN,
        ROSTER=str(layout.roster),
        KEY_PASSPHRASE_FILE=str(layout.passphrase),
        KEYS=str(layout.keys / "service.keys"),
        PUBLIC_DIR=str(layout.public),
    )


def registry(layout: Layout, *, base_url: str, notice_key: str = "") -> dict[str, str]:
    """Return the settings of the registry and its credentials. notice_key: with which it signs notices."""
    signed = _prefixed(REGISTRY_NOTICE_KEYS=notice_key) if notice_key else {}
    return signed | _prefixed(
        REGISTRY_CHECK_URL=base_url,
        REGISTRY_QUERY_URL=base_url,
        REGISTRY_ENTERPRISE_URL=base_url,
        REGISTRY_DOCUMENT_TYPES="RESIDENT_ID,UNIFIED_SOCIAL_CREDIT_CODE",
        REGISTRY_APP_ID=APP_ID,
        REGISTRY_BIZ_ID=BIZ_ID,
        REGISTRY_SECRET_KEY_FILE=str(layout.registry_secret_key),
    )


def provider(layout: Layout) -> dict[str, str]:
    """Return the setting that names the provider of proofs: another one that runs beside, or the mock."""
    return {_PROVIDER: environ.get(_PROVIDER, str(layout.provider))}


def witness(*, url: str, public_key: str) -> dict[str, str]:
    """Return the settings of the witness."""
    return _prefixed(WITNESSES=f"{url} {public_key}")


def write_operator(layout: Layout, *, supervision: str = "") -> None:
    """Write the file that says who runs the service. supervision: where the public directory is served."""
    told: dict[str, object] = {
        "name": {"zh": "示例身份保管库", "en": "Example Vault"},
        "contact": "help@vault.example",
    }
    told |= {"supervision": supervision} if supervision else {}
    durable_file.replace(layout.operator, json.dumps(told, ensure_ascii=False, indent=2).encode())


def web(layout: Layout, *, url: str, port: int, metrics: int, target: str) -> dict[str, str]:
    """Return the settings of the hosted pages, which know neither database nor key."""
    nothing = dict.fromkeys(
        ("DATABASE_URL", "SHRED_DATABASE_URL", "KEYS", "KEY_PASSPHRASE_FILE", "ROSTER", "PUBLIC_DIR"), ""
    )
    return _prefixed(
        LISTEN=f"{HOST}:{port}",
        METRICS_LISTEN=f"{HOST}:{metrics}",
        WEB_URL=url,
        WEB_TARGET=target,
        WEB_OPERATOR=str(layout.operator),
        TLS_CERTIFICATE=str(layout.certificate(WEB)),
        TLS_KEY=str(layout.key(WEB)),
        TLS_CA=str(layout.authority),
        **nothing,
    )


def hosted(layout: Layout, url: str) -> dict[str, str]:
    """Return the settings of edges and worker that lead to the hosted pages and name the operator."""
    return _prefixed(WEB_URL=url, WEB_OPERATOR=str(layout.operator))


def serve(layout: Layout, *, ports: Ports) -> dict[str, str]:
    """Return the additional settings of the edges."""
    return _prefixed(
        LISTEN=f"{HOST}:{ports.platform},{HOST}:{ports.custody}",
        METRICS_LISTEN=f"{HOST}:{ports.serve_metrics}",
        APPEAL_OUTSIDE_BODY="Internet Court (example)",
        TLS_CERTIFICATE=str(layout.certificate(SERVER)),
        TLS_KEY=str(layout.key(SERVER)),
        TLS_CA=str(layout.authority),
    )


def work(layout: Layout, *, ports: Ports) -> dict[str, str]:
    """Return the additional settings of the worker."""
    return _prefixed(
        KEYS=str(layout.keys / "work.keys"),
        METRICS_LISTEN=f"{HOST}:{ports.work_metrics}",
    )


def _prefixed(**settings: str) -> dict[str, str]:
    return {f"IDVAULT_{name}": value for name, value in settings.items()}
