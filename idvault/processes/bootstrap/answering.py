"""Asks a process at its metrics port how it is: whether it answers, is ready, its version, and since when."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from typing import Any

_PATIENCE = 2.0
_MOST_BYTES = 4 << 20
_VERSION = re.compile(r'^idvault_build_info\{[^}]*version="([^"]*)"', re.M)
_STARTED = re.compile(r"^process_start_time_seconds ([0-9.eE+]+)$", re.M)


def ask(address: str) -> Mapping[str, Any]:
    """Return what the process that listens on HOST:PORT tells of itself; `answers` is false without one.

    not_ready: its checks that fail, with their reasons. version, start_time: None if it does not tell them.
    """
    found = {"address": address, "answers": False, "not_ready": [], "version": None, "start_time": None}
    try:
        status, ready = _get(address, "/readyz")
        _, metrics = _get(address, "/metrics")
    except (OSError, HTTPException, ValueError):
        return found
    version, started = _VERSION.search(metrics), _STARTED.search(metrics)
    at = datetime.fromtimestamp(float(started[1]), UTC) if started else None
    return {
        **found,
        "answers": True,
        "not_ready": ready.splitlines() if status != 200 else [],
        "version": version[1] if version else None,
        "start_time": at.isoformat(timespec="seconds") if at else None,
    }


def _get(address: str, path: str) -> tuple[int, str]:
    host, _, port = address.rpartition(":")
    connection = HTTPConnection(host.strip("[]"), int(port), timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_BYTES).decode("utf-8", "replace")
    finally:
        connection.close()
