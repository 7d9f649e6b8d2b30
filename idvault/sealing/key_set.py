"""The service's key sets: their purposes and versions, and which process holds which.

A key's check value tells two keys apart and reveals neither: the first 16 bytes of HMAC(key,
encode("idvault/key-check/v1", purpose, version)).
"""

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from idvault.core.entropy import Entropy
from idvault_verify import seal
from idvault_verify.attest import reading
from idvault_verify.attest.reading import RosterError

KEY_SIZE = 32


class Purpose(StrEnum):
    """The purpose of a key set; a key is never used for two purposes."""

    INDEX = "index"
    REQUEST = "request"
    REFERENCE = "reference"
    INTAKE = "intake"
    LOG = "log"
    STATUS_TOKEN = "status-token"  # noqa: S105 - the name of a purpose
    STATUS_LIST = "status-list"
    PAIRWISE = "pairwise"
    CASE_TEXT = "case-text"
    MODERATION_TEXT = "moderation-text"
    TIP_OFF = "tip-off"
    SECOND_FACTOR = "second-factor"
    PERSON_REQUEST = "person-request"


class Holder(StrEnum):
    """The process that a key file belongs to; each file is named after its process."""

    SERVICE = "service"
    CUSTODY = "custody"
    WORK = "work"


# The intake set starts empty: the worker creates its keys. Each edge has a separate request key.
HOLDINGS: Mapping[Holder, tuple[Purpose, ...]] = {
    Holder.SERVICE: (
        Purpose.INDEX,
        Purpose.REQUEST,
        Purpose.REFERENCE,
        Purpose.STATUS_TOKEN,
        Purpose.PAIRWISE,
        Purpose.MODERATION_TEXT,
        Purpose.TIP_OFF,
    ),
    Holder.CUSTODY: (Purpose.SECOND_FACTOR, Purpose.PERSON_REQUEST, Purpose.CASE_TEXT),
    Holder.WORK: (Purpose.INTAKE, Purpose.LOG, Purpose.STATUS_LIST),
}


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one purpose, 32 bytes each, by version; primary is the one in use, "" if there is none.

    Versions are numbers from 0, or the days (YYYY-MM-DD) of intake keys. over: the versions that nothing
    stored needs, as far as the main database says; the file does not hold them.
    """

    primary: str = ""
    versions: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    over: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def others(self) -> list[str]:
        """The versions other than the primary one under which something may be stored, the newest first."""
        open_ = (each for each in self.versions if each != self.primary and each not in self.over)
        return sorted(open_, key=age, reverse=True)

    def with_version(self, version: str, key: bytes, *, primary: bool) -> "KeySet":
        """Return the set with one more version; an existing version is never replaced."""
        versions = {**self.versions, version: self.versions.get(version, key)}
        return replace(self, primary=version if primary else self.primary, versions=versions)

    def with_versions(self, keys: Mapping[str, bytes]) -> "KeySet":
        """Return the set with more versions; existing versions are never replaced."""
        return replace(self, versions={**keys, **self.versions})

    def succeeded(self, successor: str) -> "KeySet":
        """Return the set with another of its versions as primary, or unchanged if that is empty."""
        return replace(self, primary=successor) if successor in self.versions else self

    def without(self, version: str) -> "KeySet":
        """Return the set without a version; raises ValueError for the primary one."""
        if version == self.primary:
            raise ValueError("the primary version is in use")
        kept = {name: key for name, key in self.versions.items() if name != version}
        return replace(self, versions=kept)


ANNOUNCED = frozenset(
    {
        Purpose.INDEX,
        Purpose.REQUEST,
        Purpose.REFERENCE,
        Purpose.PAIRWISE,
        Purpose.CASE_TEXT,
        Purpose.MODERATION_TEXT,
        Purpose.TIP_OFF,
        Purpose.SECOND_FACTOR,
        Purpose.PERSON_REQUEST,
    }
)
"""The purposes whose versions are announced before use (key_version); the others announce public keys."""


def holder_of(purposes: Iterable[Purpose]) -> Holder:
    """Return the process whose key file has keys for these purposes; raises ValueError if none has."""
    found = [holder for holder, held in HOLDINGS.items() if set(held) & set(purposes)]
    if len(found) != 1:
        raise ValueError("this is not the key file of one process")
    return found[0]


def fresh(holder: Holder, *, entropy: Entropy) -> dict[Purpose, KeySet]:
    """Return new key sets for a process, each with version 0 as primary (intake: empty)."""
    return {
        purpose: KeySet() if purpose is Purpose.INTAKE else KeySet("0", {"0": entropy.random(KEY_SIZE)})
        for purpose in HOLDINGS[holder]
    }


def age(version: str) -> tuple[int, str]:
    """Return what sorts the versions of a set, the oldest first: numbers by value, intake keys by time."""
    return (int(version), "") if version.isdecimal() else (0, version)


def encode(sets: Mapping[Purpose, KeySet]) -> bytes:
    """Return the content of a key file, before it is encrypted."""
    return json.dumps(
        {
            purpose.value: {
                "primary": keys.primary,
                "versions": {name: reading.base64url(key) for name, key in keys.versions.items()},
            }
            for purpose, keys in sets.items()
        }
    ).encode()


def decode(data: bytes) -> dict[Purpose, KeySet]:
    """Return the key sets in the content of a key file; raises ValueError if it is malformed."""
    try:
        sets = {Purpose(name): _key_set(value) for name, value in reading.document(data).items()}
    except RosterError as error:
        raise ValueError("this is not the content of a key file") from error
    if any(not keys.primary for purpose, keys in sets.items() if purpose is not Purpose.INTAKE):
        raise ValueError("a key set has no primary key")
    return sets


def _key_set(value: object) -> KeySet:
    fields = reading.mapping(value, "a key set")
    reading.exactly(fields, "a key set", "primary", "versions")
    listed = reading.mapping(fields["versions"], "versions")
    versions = {name: _key(key) for name, key in listed.items()}
    primary = fields["primary"]
    if not isinstance(primary, str) or (primary and primary not in versions):
        raise RosterError("the primary key of a set must be one of its versions")
    return KeySet(primary, versions)


def _key(value: object) -> bytes:
    key = reading.raw(value, "a key")
    if len(key) != KEY_SIZE:
        raise RosterError(f"a key must have {KEY_SIZE} bytes")
    return key


SIZE = 16
_SHOWN = 8


def check_value(purpose: Purpose, version: str, key: bytes) -> bytes:
    """Return a key's check value."""
    message = seal.encode("idvault/key-check/v1", purpose.value, version)
    return hmac.digest(key, message, "sha256")[:SIZE]


def shown_check(purpose: Purpose, version: str, key: bytes) -> str:
    """Return the beginning of the check value in hex, for people to compare."""
    return check_value(purpose, version, key)[:_SHOWN].hex()
