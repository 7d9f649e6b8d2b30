"""The registered names with their keys, and when their certificates end: what the pages of platforms show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from idvault_people.console.operator.parts import AMBER, GREEN, RED
from idvault_people.console.operator.vault_commands import VaultState
from idvault_verify.attest.certificate import Certificate

URGENT, SOON = timedelta(days=14), timedelta(days=30)
"""How long before its end a certificate stands out, and is asked for."""


@dataclass(frozen=True, slots=True)
class RegisteredKey:
    """A key of a name. certificate: a copy of what has this key, None if there is none on this machine."""

    spki: str
    registered: str
    revoked: str
    certificate: Certificate | None

    @property
    def is_valid(self) -> bool:
        """Whether its holder may call."""
        return not self.revoked


@dataclass(frozen=True, slots=True)
class RegisteredName:
    """A platform, monitor, web process, moderator's desk or registry. platform: of a desk."""

    name: str
    role: str
    actor_id: str
    platform: str
    proofs: Sequence[str]
    keys: Sequence[RegisteredKey]

    @property
    def valid(self) -> Sequence[RegisteredKey]:
        """The keys that are not revoked."""
        return [each for each in self.keys if each.is_valid]

    @property
    def ends(self) -> datetime | None:
        """When the last of its valid keys' certificates ends; None unless each of them is known."""
        known = [each.certificate.not_after for each in self.valid if each.certificate is not None]
        return max(known, default=None) if len(known) == len(self.valid) else None

    def is_urgent(self, now: datetime) -> bool:
        """Whether its last certificate has ended, or ends within days."""
        return self.ends is not None and self.ends - now <= URGENT

    def is_unknown(self) -> bool:
        """Whether it may call, and the certificate of one of its keys is not known here."""
        return bool(self.valid) and self.ends is None

    def is_of_moderator(self) -> bool:
        """Whether it is the desk of a platform's moderator, whose certificate the platform looks after."""
        return self.role == "moderator"

    def replaced(self, now: datetime) -> Sequence[tuple[RegisteredKey, datetime]]:
        """Return the valid keys that end within days while another one lasts, and when: they may be in use.

        That another key is registered does not say that it was used once.
        """
        if self.ends is None or self.is_urgent(now):
            return ()
        return [
            (each, each.certificate.not_after)
            for each in self.valid
            if each.certificate is not None and each.certificate.not_after - now <= URGENT
        ]


def names(state: VaultState, certificates: Mapping[str, Certificate]) -> list[RegisteredName]:
    """Return every name, first those whose certificate ends first, last those that may no longer call."""
    keys: dict[str, list[Mapping[str, Any]]] = {}
    for each in state.list("platforms"):
        keys.setdefault(str(each["name"]), []).append(each)
    found = [_name(name, rows, certificates) for name, rows in keys.items()]
    return sorted(found, key=_order)


def _name(
    name: str, rows: Sequence[Mapping[str, Any]], certificates: Mapping[str, Certificate]
) -> RegisteredName:
    first = rows[0]
    own = [
        RegisteredKey(
            str(row["spki"]),
            str(row["register_time"]),
            str(row["revoke_time"] or ""),
            certificates.get(str(row["spki"])),
        )
        for row in sorted(rows, key=lambda row: str(row["register_time"]), reverse=True)
    ]
    # What nobody can use any more stands below what is in use.
    own.sort(key=lambda key: not key.is_valid)
    return RegisteredName(
        name,
        str(first["role"]),
        str(first["actor_id"]),
        str(first["platform"] or ""),
        tuple(first["proofs"] or ()),
        own,
    )


def _order(each: RegisteredName) -> tuple[int, float, str]:
    if not each.valid:
        return (2, 0.0, each.name)
    return (0, each.ends.timestamp(), each.name) if each.ends else (1, 0.0, each.name)


def days_left(ends: datetime, now: datetime, zone: tzinfo) -> int:
    """Return how many days of the calendar are left until a time, below 0 once it has passed."""
    if ends <= now:
        return -1
    return (ends.astimezone(zone).date() - now.astimezone(zone).date()).days


def colour(ends: datetime, now: datetime) -> str:
    """Return how urgent the end of a certificate is."""
    if ends - now <= URGENT:
        return RED
    return AMBER if ends - now <= SOON else GREEN
