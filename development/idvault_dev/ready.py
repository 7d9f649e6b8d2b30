"""The ready file of a development vault, with everything that scripts and tests need to know."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idvault_dev import environment
from idvault_dev.layout import CUSTODIANS, LOG_ORIGIN, PEOPLE, ROLES, THRESHOLD, Layout, spiffe_id
from idvault_dev.supervisor import REGISTRY, SERVE, WEB, WITNESS, WORK, Supervisor

_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyFacts:
    """Facts known only at the start: the children's ready files, and new ids and keys."""

    registry: Mapping[str, Any]
    witness: Mapping[str, Any]
    serve: Mapping[str, Any]
    work: Mapping[str, Any]
    web: Mapping[str, Any]
    public_url: str
    quorum_id: str
    log_public_key: str
    pages: Mapping[str, str]


def document(layout: Layout, facts: ReadyFacts, supervisor: Supervisor) -> dict[str, Any]:
    """Return the content of the ready file."""
    pids = supervisor.pids
    return {
        "version": _VERSION,
        "state": str(layout.state),
        "grpc": facts.serve["grpc"],
        "grpc_custody": facts.serve["grpc_custody"],
        "server_name": "localhost",
        "ca": str(layout.authority),
        "certificates": {name: _certificate(layout, name) for name in ROLES},
        "identities": {name: str(layout.people / name) for name in PEOPLE},
        "public_url": facts.public_url,
        "pages": dict(facts.pages),
        "metrics": {
            SERVE: facts.serve["metrics"],
            WORK: facts.work["metrics"],
            WEB: facts.web["metrics"],
            WITNESS: facts.witness["metrics"],
        },
        "registry": _registry(layout, facts),
        "databases": layout.databases,
        "public": str(layout.public),
        "log": {"origin": LOG_ORIGIN, "public_key": facts.log_public_key},
        "witness": {name: facts.witness[name] for name in ("url", "public_key")},
        "roster": str(layout.roster),
        "quorum": {"id": facts.quorum_id, "threshold": THRESHOLD, "custodians": list(CUSTODIANS)},
        "pids": {
            "dev": os.getpid(),
            "serve": [pids[SERVE]],
            "work": pids[WORK],
            "mock_registry": pids[REGISTRY],
            "witness": pids[WITNESS],
            "web": pids[WEB],
        },
        "logs": {name: str(supervisor.log(name)) for name in (SERVE, WORK, REGISTRY, WITNESS, WEB)},
    }


def _certificate(layout: Layout, name: str) -> dict[str, str]:
    return {
        "certificate": str(layout.certificate(name)),
        "key": str(layout.key(name)),
        "spiffe_id": spiffe_id(name),
    }


def _registry(layout: Layout, facts: ReadyFacts) -> dict[str, str]:
    return {
        "base_url": facts.registry["base_url"],
        "admin_url": facts.registry["admin_url"],
        "app_id": environment.APP_ID,
        "biz_id": environment.BIZ_ID,
        "secret_key": layout.registry_secret_key.read_text(encoding="ascii").strip(),
        "population": str(layout.population),
    }
