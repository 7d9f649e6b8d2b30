"""What the console needs of an officer's open session."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from idvault_people.authority.joint import JointOfficer
from idvault_people.authority.officer import Officer
from idvault_people.authority.referral import ReferralOfficer
from idvault_people.console.done import UntoldActs
from idvault_people.console.visit import ConsoleHead


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficerSession:
    """An officer's. officer, joint, referrals: return the clients under the newest roster.

    zone: in which deadlines are typed and shown; None for that of this machine.
    """

    officer: Callable[[], Officer]
    joint: Callable[[], JointOfficer]
    referrals: Callable[[], ReferralOfficer]
    head: ConsoleHead
    now: Callable[[], datetime]
    zone: tzinfo | None = None
    untold: UntoldActs = field(default_factory=UntoldActs, repr=False)
