"""Platforms whose certificates may call."""

from dataclasses import dataclass
from datetime import datetime

from idvault_verify.session import ACCEPTED, Proof


@dataclass(frozen=True, slots=True)
class Platform:
    """One registered certificate key of a platform, moderator, monitor, web process or registry.

    role: "platform", "moderator", "monitor", "web" or "registry"; a moderator's name is the id, and
    relying_party the platform. actor_id: 16 random bytes in hex, fixed for a name. spki: SHA-256 of the
    certificate's SubjectPublicKeyInfo, in hex. A name may have several keys during a key change. proofs: of
    people, which a platform accepts.
    """

    name: str
    role: str
    actor_id: str
    spki: str
    registered_at: datetime
    revoked_at: datetime | None = None
    relying_party: str = ""
    proofs: frozenset[Proof] = ACCEPTED
