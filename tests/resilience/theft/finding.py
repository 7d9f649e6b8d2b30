"""What one attack came to: how often it was tried, and what it gave away."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One attack. found: names, records or whatever `what` says; most: how many are a stated limit.

    Whatever is beyond the limit is a hole. note: for people; holds no name and no number.
    """

    attack: str
    what: str
    tried: int
    found: int
    most: int = 0
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether no more was given away than is stated."""
        return self.found <= self.most

    def line(self) -> str:
        verdict = "HOLE" if not self.holds else "limit" if self.found else "holds"
        return f"{self.attack:<58} {self.tried:>9} {self.found:>5} {self.what:<12} {verdict:<6} {self.note}"


HEAD = f"{'what the thief tries':<58} {'tries':>9} {'found':>5} {'':<12} {'':<6}"
