"""Claimants: synthetic people, and three platforms of unequal size."""

from datetime import date

from idvault_dev.mock_registry.population import Resident
from idvault_verify import document
from idvault_verify import name as names

PARTIES = ("platform-a", "platform-b", "platform-c")
SHARES = (0.6, 0.3, 0.1)


def person(number: int) -> Resident:
    """Return a synthetic person; the registry stores one in fifty under a private-use spelling."""
    born = date.fromordinal(date(1960, 1, 1).toordinal() + number // 1000)
    body = f"110000{born:%Y%m%d}{number % 1000:03}"
    name = "某" + "安宁和平清明文远思源"[number % 10] + ("䶮" if number % 50 == 7 else "河")
    kept = names.alternative_spelling(name) or name
    return Resident(name, body + document.resident_check_character(body=body), kept)
