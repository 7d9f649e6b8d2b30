"""The registration of a moderator's key: what it and two others sign, and the file that carries it.

- The new key signs the platform, a request id and itself; two other moderators of the platform countersign
  the same.
- The file is JSON; keys and signatures are in hex, times in seconds since 1970. It holds nothing secret.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Self
from uuid import uuid4

from idvault_verify import moderator as rules
from idvault_verify import strict_json
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.sanction import SigningOccasion

_LARGEST = 16_384


class RegistrationFileError(ValueError):
    """A file is no registration of a moderator's key."""


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signed, when, and the signature; moderator_id is empty for a key that is not registered yet."""

    moderator_id: str
    signed_at: datetime
    signature: bytes = field(repr=False)

    def to_object(self) -> dict[str, Any]:
        """Return what a file says of it."""
        return {
            "moderator_id": self.moderator_id,
            "sign_time": int(self.signed_at.timestamp()),
            "signature": self.signature.hex(),
        }

    @classmethod
    def from_object(cls, found: Any) -> Self:
        """Return what a file says; raises KeyError, TypeError and ValueError."""
        seconds = found["sign_time"]
        if type(seconds) is not int:
            raise TypeError("sign_time is not a whole number")
        signed_at = datetime.fromtimestamp(seconds, UTC)
        return cls(str(found["moderator_id"]), signed_at, _unhex(found["signature"]))


@dataclass(frozen=True, slots=True)
class Registration:
    """A key to register at a relying party. request_id: what its own and every countersignature name."""

    relying_party: str
    request_id: str
    public_key: bytes = field(repr=False)
    own: Signing
    countersignatures: tuple[Signing, ...] = ()

    def occasion(self, signing: Signing) -> SigningOccasion:
        """Return what the paper of a signature begins with."""
        return SigningOccasion(self.relying_party, self.request_id, signing.moderator_id, signing.signed_at)

    def paper(self, *, now: datetime) -> bytes:
        """Return what the key itself signed; raises InvalidError. now: real time."""
        rules.check_key(self.public_key)
        rules.check_carried(signed_at=self.own.signed_at, now=now)
        text = papers.registration(self.occasion(self.own), public_key=self.public_key)
        return papers.signed(text, self.own.signature, public_key=self.public_key)

    def countersigned_paper(self, place: int, *, countersigner: rules.Moderator, now: datetime) -> bytes:
        """Return what a countersigner signed; raises InvalidError, DeniedError (SELF_APPROVAL)."""
        signing, name = self.countersignatures[place], f"countersignatures[{place}]"
        rules.check_carried(signed_at=signing.signed_at, now=now, field=name)
        rules.check_other(countersigner=countersigner, public_key=self.public_key)
        text = papers.countersignature(self.occasion(signing), public_key=self.public_key)
        return papers.signed(text, signing.signature, public_key=countersigner.public_key, field=name)

    def countersign(self, key: ModeratorKey, *, now: datetime) -> Self:
        """Return the registration with a moderator's signature, again if need be; raises InvalidError."""
        self.paper(now=now)
        occasion = SigningOccasion(self.relying_party, self.request_id, key.moderator_id, _seconds(now))
        text = papers.countersignature(occasion, public_key=self.public_key)
        others = tuple(one for one in self.countersignatures if one.moderator_id != key.moderator_id)
        made = Signing(key.moderator_id, occasion.signed_at, key.sign(text))
        return replace(self, countersignatures=(*others, made))

    def to_bytes(self) -> bytes:
        """Return the file."""
        document = {
            "relying_party": self.relying_party,
            "request_id": self.request_id,
            "public_key": self.public_key.hex(),
            **{name: value for name, value in self.own.to_object().items() if name != "moderator_id"},
            "countersignatures": [each.to_object() for each in self.countersignatures],
        }
        return json.dumps(document, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Return the registration of a file; raises RegistrationFileError. Nothing is verified."""
        try:
            found = strict_json.parse_object(data, limit=_LARGEST)
            if not isinstance(found["countersignatures"], list):
                raise TypeError("countersignatures is not a list")
            return cls(
                str(found["relying_party"]),
                str(found["request_id"]),
                _unhex(found["public_key"]),
                Signing.from_object({**found, "moderator_id": ""}),
                tuple(Signing.from_object(each) for each in found["countersignatures"]),
            )
        except (ValueError, KeyError, TypeError, OverflowError, OSError) as error:
            raise RegistrationFileError("the file is no registration of a moderator's key") from error


def register(
    key: ModeratorKey, *, now: datetime, new_id: Callable[[], str] = lambda: str(uuid4())
) -> Registration:
    """Return the registration of a new key, signed by itself, for two moderators or the operator."""
    occasion = SigningOccasion(key.relying_party, new_id(), "", _seconds(now))
    text = papers.registration(occasion, public_key=key.public_key)
    own = Signing("", occasion.signed_at, key.sign(text))
    return Registration(key.relying_party, occasion.request_id, key.public_key, own)


def _unhex(text: str) -> bytes:
    """Return bytes in lower-case hex without white space; raises TypeError, ValueError."""
    data = bytes.fromhex(text)
    if data.hex() != text:
        raise ValueError("not in lower-case hex")
    return data


def _seconds(now: datetime) -> datetime:
    return now.replace(microsecond=0)
