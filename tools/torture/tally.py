"""The counts of a torture run: injected faults, acknowledged claims, lost or doubled ones."""

from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(slots=True)
class Tally:
    """The counts of one campaign; figures: further measurements, in the units in their names.

    lost: acknowledged but missing, incomplete or contradicted later; or found where nothing may be. doubled:
    present twice. details: more data, only for the --json file.
    """

    faults: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    figures: dict[str, float] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)

    def lose(self, why: str, count: int = 1) -> None:
        """Count something that is missing or differs from what was acknowledged."""
        self.lost += count
        self.complaints.append(why)

    def double(self, why: str, count: int = 1) -> None:
        """Count something that exists more than once."""
        self.doubled += count
        self.complaints.append(why)

    def worst(self, name: str, value: float) -> None:
        self.figures[name] = max(self.figures.get(name, 0.0), round(value, 3))

    def add(self, other: "Tally") -> None:
        """Add another campaign's faults, acknowledgements and losses, but not its figures."""
        for name in ("faults", "acknowledged", "lost", "doubled"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.complaints += other.complaints

    def document(self) -> dict[str, object]:
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def last_line(self) -> str:
        counts = f"{self.faults} faults, {self.acknowledged} acknowledged"
        return f"torture: {counts}, {self.lost} lost, {self.doubled} doubled"
