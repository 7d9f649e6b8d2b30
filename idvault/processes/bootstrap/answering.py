"""Asks a process at its metrics port how it is: whether it answers, is ready, its version, and since when."""

import re
from collections.abc import Mapping
from contextlib import suppress
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
    version = _VERSION.search(metrics)
    return {
        **found,
        "answers": True,
        "not_ready": ready.splitlines() if status != 200 else [],
        "version": version[1] if version else None,
        "start_time": _start_time(metrics),
    }


def _start_time(metrics: str) -> str | None:
    """Return since when a process runs, None if it tells no time."""
    if started := _STARTED.search(metrics):
        with suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(float(started[1]), UTC).isoformat(timespec="seconds")
    return None


def _get(address: str, path: str) -> tuple[int, str]:
    host, _, port = address.rpartition(":")
    connection = HTTPConnection(host.strip("[]"), int(port), timeout=_PATIENCE)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(_MOST_BYTES).decode("utf-8", "replace")
    finally:
        connection.close()
