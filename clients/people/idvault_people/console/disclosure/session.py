"""What the consoles need of a roster member's open session."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from idvault_people.console.done import UntoldActs
from idvault_people.console.visit import ConsoleHead
from idvault_people.custody.drill import Drill
from idvault_people.custody.handover import HandOver
from idvault_people.disclosure.auditor import Auditor
from idvault_people.disclosure.custodian import Custodian


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditorSession:
    """An auditor's. auditor: returns the client under the newest roster; folder: the identity folder."""

    auditor: Callable[[], Auditor]
    head: ConsoleHead
    folder: Path
    now: Callable[[], datetime]
    untold: UntoldActs = field(default_factory=UntoldActs, repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class CustodianSession:
    """A custodian's. custodian, drill, hand_over: return the clients under the newest roster."""

    custodian: Callable[[], Custodian]
    drill: Callable[[], Drill]
    hand_over: Callable[[], HandOver]
    head: ConsoleHead
    folder: Path
    now: Callable[[], datetime]
