"""What a torture counts: the faults it made, what was acknowledged, what is lost or doubled."""

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Tally:
    """The counts of one campaign; figures are what is measured besides, in the units that their names say.

    lost: acknowledged and not there, there in part, or told otherwise later; or found where nothing may be.
    doubled: there twice. details: more, for the file of --json only.
    """

    faults: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)

    def lose(self, why: str, count: int = 1) -> None:
        """Count something that is missing, or not as it was acknowledged."""
        self.lost += count
        self.complaints.append(why)

    def double(self, why: str, count: int = 1) -> None:
        """Count something that is there more often than once."""
        self.doubled += count
        self.complaints.append(why)

    def worst(self, name: str, value: float) -> None:
        self.figures[name] = max(self.figures.get(name, 0.0), round(value, 3))

    def add(self, other: "Tally") -> None:
        """Count another campaign's faults, acknowledgements and losses as well; its figures stay its own."""
        for name in ("faults", "acknowledged", "lost", "doubled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.complaints += other.complaints

    def document(self) -> dict[str, object]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def last_line(self) -> str:
        counts = f"{self.faults} faults, {self.acknowledged} acknowledged"
        return f"torture: {counts}, {self.lost} lost, {self.doubled} doubled"
