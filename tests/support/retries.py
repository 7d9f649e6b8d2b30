"""Shortens the pauses between gRPC's own attempts at a call, for clients of this process."""

import json

import pytest

from idvault_client import transport

REAL = transport.options
_CONFIG = "grpc.service_config"


def _quick(server_name: str | None) -> list[tuple[str, str | int]]:
    """Return the channel's options with short pauses."""
    chosen = dict(REAL(server_name))
    config = json.loads(str(chosen[_CONFIG]))
    [methods] = config["methodConfig"]
    methods["retryPolicy"] |= {"initialBackoff": "0.01s", "maxBackoff": "0.02s"}
    return list({**chosen, _CONFIG: json.dumps(config)}.items())


def make_quick(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten them for a test, unless it starts processes: those may need all the time that clients give."""
    if request.node.get_closest_marker("process") is None:
        monkeypatch.setattr(transport, "options", _quick)
