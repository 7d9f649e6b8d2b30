"""What the log's entries tell of each platform, and what nobody can compute from it."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from idvault.report import rules
from idvault_verify import suppression
from idvault_verify.event import EventType, names_platform
from idvault_verify.period import month_of
from idvault_verify.report import catalogue
from idvault_verify.report.figure import EDITION, Measure
from idvault_verify.report.provider import ACTS, MISSED, UNNAMED, ProviderCount
from idvault_verify.suppression import FEWEST
from idvault_verify.transparency.entry import Entry

ZONE = ZoneInfo("Asia/Shanghai")
OCTOBER = month_of(date(2026, 10, 1))
START = datetime(2026, 9, 30, 16, 0, tzinfo=UTC)
END = datetime(2026, 10, 31, 16, 0, tzinfo=UTC)
MISS = EventType.TIP_OFF_MISS_REPLY.value


def read(
    kind: str = MISS, *, at: datetime = START, actor: str = "system", platform: str = "platform-a"
) -> Entry:
    return Entry(kind, at, actor, bytes(32), platform)


def counted(*entries: Entry) -> ProviderCount:
    found = ProviderCount(OCTOBER, zone=ZONE, edition=EDITION)
    for each in entries:
        found.add(each)
    return found


def test_every_missed_deadline_has_a_figure() -> None:
    """Each type that names a platform is counted in exactly one figure of misses, and in no other figure."""
    for kind in EventType:
        figures = [each.name for each in MISSED if kind in each.events]
        assert len(figures) == names_platform(kind.value), kind
    events = [kind for each in ACTS for kind in each.events]
    assert not any(names_platform(kind.value) for kind in events)
    rest = {each.name for each in catalogue.logged_figures()} - {each.name for each in (*MISSED, *ACTS)}
    assert rest == {each.name for each in catalogue.logged_figures() if each.measure is not Measure.ENTRIES}


def test_misses_are_counted_by_the_name_in_the_entry() -> None:
    """Whoever wrote them; what names nobody is apart, and days are those of the operator."""
    found = counted(
        read(),
        read(actor="ab" * 16, at=END - timedelta(minutes=1)),
        read(EventType.ORDER_MISS.value, platform="platform-b"),
        read(platform=UNNAMED),
        read(at=START - timedelta(minutes=1)),
        read(at=END),
    )
    assert found.late() == ["platform-a", "platform-b"]
    assert found.missed("platform-a") == {"tip_offs.reply_missed": 2}
    assert found.missed("platform-b") == {"orders.missed": 1}
    assert found.missed(UNNAMED) == {"tip_offs.reply_missed": 1}
    assert found.missed("platform-c") == {}
    assert found.actors() == set()


def test_other_entries_are_counted_by_their_actors() -> None:
    """An actor's misses are not its acts; several actors are added up."""
    warn = EventType.SANCTION_WARN_IMPOSE.value
    found = counted(
        read(warn, actor="aa" * 16, platform=""),
        read(warn, actor="bb" * 16, platform=""),
        read("some:other:type", actor="bb" * 16, platform=""),
        read(actor="aa" * 16),
    )
    assert found.actors() == {"aa" * 16, "bb" * 16}
    assert found.acts(["aa" * 16]) == {"sanctions.imposed": 1, "sanctions.warned": 1}
    assert found.acts(["aa" * 16, "bb" * 16]) == {"sanctions.imposed": 2, "sanctions.warned": 2}
    assert found.acts([]) == found.acts(["cc" * 16]) == {}


Published = tuple[int, int, tuple[tuple[str, int | None], ...]]


def _published(channels: dict[str, int], forms: int, *, known: bool) -> Published:
    """Return what an attacker sees: cells, the log's total, and how much no platform's actor wrote."""
    elsewhere = rules.by_form(channels, others=forms) if known else {}
    cells = suppression.suppress(channels, elsewhere)
    return sum(channels.values()), forms, tuple(cells.items())


def _possible(most: int, *, known: bool) -> bool:
    """Return whether every small cell that is withheld may have every small number, for all small tables."""
    fitting: defaultdict[Published, list[dict[str, int]]] = defaultdict(list)
    for by_form, own, phone, app in product(range(most + 1), repeat=4):
        channels = {"PHONE": phone, "APP": app, "WEB": by_form + own}
        fitting[_published(channels, by_form, known=known)].append({**channels, "WEB": own})
    for (total, forms, cells), found in fitting.items():
        hidden = [name for name, count in cells if count is None]
        if total - forms > most or len(hidden) in (0, 3):
            continue
        for name in hidden:
            possible = {table[name] for table in found}
            if any(0 < each < FEWEST for each in possible) and not set(range(1, FEWEST)) <= possible:
                return False
    return True


def test_the_pages_of_platforms_give_no_withheld_cell_back() -> None:
    """The difference of a sum and all platforms is what came by the hosted forms, whose channel is known.

    So only the others are protected by the number of cases: without that, the attack works.
    """
    assert _possible(12, known=True)
    assert not _possible(12, known=False)


def _leaks(*, by_platform: bool) -> bool:
    """Return whether a platform's total and the named operations give a small rest, for all small tables."""
    fitting: defaultdict[Published, list[dict[str, int]]] = defaultdict(list)
    for ours, rest, theirs, other in product((0, 3, 5, 6, 7, 8, 9), repeat=4):
        parts = [("a", "x", ours), ("a", "", rest), ("b", "y", theirs), ("b", "", other)]
        named = rules.texts(parts) if by_platform else {"x": ours, "y": theirs}
        kept = {text: count for text, count in named.items() if count >= FEWEST}
        total = ours + rest + theirs + other
        cells = suppression.common(kept, rest="OTHER", total=total)
        shown = (ours + rest, theirs + other, tuple(cells.items()))
        fitting[shown].append({"x": rest, "y": other})
    return any(
        len(rests := {table[text] for table in found}) == 1 and rests <= set(range(1, FEWEST))
        for (_, _, cells), found in fitting.items()
        for text in ("x", "y")
        if text in dict(cells)
    )


def test_the_total_of_a_platform_gives_no_rest_of_its_operations() -> None:
    """Of 8 sanctions 6 belong to an operation that is named: that there are 2 others is not told."""
    assert not _leaks(by_platform=True)
    assert _leaks(by_platform=False)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([], {}),
        ([("a", "x", 6)], {"x": 6}),
        ([("a", "x", 4)], {}),
        ([("a", "x", 6), ("a", "", 2)], {}),
        ([("a", "x", 6), ("a", "", 5)], {"x": 6}),
        ([("a", "x", 6), ("a", "y", 7), ("a", "z", 3)], {"y": 7}),
        ([("a", "x", 6), ("b", "x", 7), ("b", "", 1)], {"x": 6}),
        ([("a", "x", 6), ("b", "x", 7)], {"x": 13}),
    ],
)
def test_operations_are_named_if_no_small_rest_is_left(
    parts: list[tuple[str, str, int]], found: dict[str, int]
) -> None:
    """Platform by platform; texts that two of them have are added up."""
    assert rules.texts(parts) == found


@pytest.mark.parametrize(("web", "others", "told"), [(7, 3, 3), (2, 3, 2), (0, 3, 0), (7, 0, 0)])
def test_no_more_is_known_than_there_is(web: int, others: int, told: int) -> None:
    """Where the database has lost reports, the log's number is greater."""
    assert rules.by_form({"WEB": web} if web else {}, others=others)["WEB"].told == told


def test_no_figure_of_a_page_divides_another() -> None:
    """A page of a platform has no breakdown, level or duration: those of the sum are the only ones."""
    names = {each.name for each in (*MISSED, *ACTS)}
    assert names.isdisjoint(catalogue.not_logged())
