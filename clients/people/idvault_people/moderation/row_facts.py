"""What a row of the reports tells beside its report: how the text begins, and how many are about the same.

- Both are calls of their own, several at a time: a list of the vault has no texts, and counts nothing.
- How a text of an open report begins is kept in the memory of this process, because it never changes.
- Where a call fails the row says nothing: the list is worth more than one of its cells.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from idvault_client.errors import VaultError
from idvault_client.tip_offs import TipOffReport, TipOffState, TipOffTarget
from idvault_people.moderation.workplace import Workplace

_LENGTH = 120
_AT_ONCE = 8
_MOST_KEPT = 1_000
MOST_COUNTED = 99
"""More reports about one target are told as so many "or more"."""
Asked = TypeVar("Asked")
Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True, slots=True)
class RowFacts:
    """What is asked for the rows of one page."""

    place: Workplace

    def excerpts(self, reports: Sequence[TipOffReport]) -> Mapping[str, str]:
        """Return how the texts of reports begin, by the ids of the reports."""
        known = self.place.excerpts
        missing = [each for each in reports if each.tip_off_id not in known]
        read = dict(zip([each.tip_off_id for each in missing], each_of(self._excerpt, missing), strict=True))
        # Before anything is kept: what is kept pushes out what was known, perhaps of this very page.
        told = {**known, **read}
        for each in missing:
            found = read[each.tip_off_id]
            if found is not None and each.state is not TipOffState.RESOLVED:
                keep(known, each.tip_off_id, found)
        return {each.tip_off_id: told[each.tip_off_id] or "" for each in reports}

    def _excerpt(self, report: TipOffReport) -> str:
        return excerpt(self.place.vault.tip_offs.get(report.tip_off_id).text)

    def same(self, reports: Sequence[TipOffReport]) -> Mapping[TipOffTarget, int]:
        """Return how many open reports are about each target, at most one more than are counted."""
        targets = list(Counter(each.target for each in reports))
        counts = each_of(self._count, targets)
        return {target: count for target, count in zip(targets, counts, strict=True) if count is not None}

    def _count(self, target: TipOffTarget) -> int:
        page = self.place.vault.tip_offs.list_page(target=target, open_only=True, page_size=MOST_COUNTED + 1)
        return len(page.tip_offs)


def excerpt(text: str) -> str:
    """Return the beginning of a text in one line, cut after a whole word if there is one."""
    line = " ".join(text.split())
    if len(line) <= _LENGTH:
        return line
    begin = line[:_LENGTH]
    return f"{begin.rpartition(' ')[0] or begin}…"


def digest(reports: Sequence[TipOffReport], left: Callable[[TipOffReport], str]) -> str:
    """Return what changes with whatever a list of reports shows of them. left: their time, as it is shown."""
    shown = [
        f"{each.tip_off_id} {each.state} {each.moderator_id} {each.outcome} {each.proposal_id} "
        f"{each.referral_state} {each.supplement_time} {each.flooded} {each.trusted} {left(each)}"
        for each in reports
    ]
    return sha256("\n".join(shown).encode()).hexdigest()[:16]


def keep(known: dict[str, str], name: str, found: str) -> None:
    """Keep a text in memory, and let go of the oldest one if there are too many."""
    known[name] = found
    if len(known) > _MOST_KEPT:
        del known[next(iter(known))]


def each_of(ask: Callable[[Asked], Found], wanted: Sequence[Asked]) -> list[Found | None]:
    """Return what each is answered with, None for what is refused."""

    def answer(one: Asked) -> Found | None:
        try:
            return ask(one)
        except VaultError:
            return None

    with ThreadPoolExecutor(max_workers=_AT_ONCE) as at_once:
        return list(at_once.map(answer, wanted))
