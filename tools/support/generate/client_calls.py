"""Writes `tests/vectors/client_calls.json`: `python -m tools.support.generate.client_calls`.

A change of a request, or of what an answer means, shows as a difference of this file.
"""

import json
from pathlib import Path
from typing import Any

from tools.support import client_calls, client_feed

FILE = Path(__file__).resolve().parents[3] / "tests" / "vectors" / "client_calls.json"


def document() -> dict[str, Any]:
    """Return what the blocking client asks, and what it makes of the answers."""
    return {
        "source": "the requests of the first client, before one codec wrote them",
        "requests": client_calls.requests(client_calls.blocking),
        "answers": client_calls.answers(client_calls.blocking),
        "feed": client_feed.blocking(),
        "signatures": client_calls.signatures(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"vectors: written to {FILE}")
