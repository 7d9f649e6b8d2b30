"""The error of a roster member's client that refuses what the service sent."""

from idvault_verify.disclosure import HistoryFinding as Finding


class FindingError(Exception):
    """Something that the service sent does not verify; the text says what, and holds no personal data."""

    def __init__(self, finding: Finding, text: str) -> None:
        """Keep the finding, for programs and for the log."""
        super().__init__(text)
        self.finding = finding
