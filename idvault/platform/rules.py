"""The names that a platform cannot have, and how the hosted pages present one."""

from dataclasses import dataclass

from idvault_verify.drill import RELYING_PARTY
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation


@dataclass(frozen=True, slots=True)
class PlatformPages:
    """How the hosted pages present a platform. title: empty for its name.

    origins: where its sessions may send a browser (verify.return_address).
    """

    title: str = ""
    origins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PresentedPlatform:
    """A platform that the hosted pages present, as they call it."""

    name: str
    title: str


def check_platform(name: str) -> None:
    """Raise InvalidError (INVALID_MESSAGE) for a platform named like the relying party of drills."""
    if name == RELYING_PARTY:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("name", FieldCode.CHARACTER))
