"""The result of one attack: how often it was tried, and what it revealed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One attack. found: the number of names, records or other items (`what`); most: the stated limit.

    Anything beyond the limit is a hole. note: free text without names or numbers.
    """

    attack: str
    what: str
    tried: int
    found: int
    most: int = 0
    note: str = ""

    @property
    def holds(self) -> bool:
        """Whether no more was revealed than stated."""
        return self.found <= self.most

    def line(self) -> str:
        verdict = "HOLE" if not self.holds else "limit" if self.found else "holds"
        return f"{self.attack:<58} {self.tried:>9} {self.found:>5} {self.what:<12} {verdict:<6} {self.note}"


HEAD = f"{'what the thief tries':<58} {'tries':>9} {'found':>5} {'':<12} {'':<6}"
