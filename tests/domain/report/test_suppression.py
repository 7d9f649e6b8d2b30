"""Small counts stay hidden: every small table is tried, and what an attacker can compute from it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import product

import pytest

from idvault_verify import suppression
from idvault_verify.suppression import FEWEST, Cells, Elsewhere

SMALL = range(1, FEWEST)
Published = tuple[int, tuple[tuple[str, int | None], ...]]


def tables(cells: int, most: int) -> Iterator[dict[str, int]]:
    """Yield every table with this many cells of 0 to `most`."""
    names = "abc"[:cells]
    for counts in product(range(most + 1), repeat=cells):
        yield dict(zip(names, counts, strict=True))


def shown(table: Mapping[str, int]) -> Published:
    """Return what everybody can see: the cells, and the total, which the log tells."""
    return sum(table.values()), tuple(suppression.suppress(table).items())


@pytest.mark.parametrize(("cells", "most"), [(2, 30), (3, 16)])
def test_no_small_cell_follows_from_what_is_published(cells: int, most: int) -> None:
    """The attacker knows the rule and the total: several tables fit, with different numbers in the cell."""
    fitting: defaultdict[Published, list[dict[str, int]]] = defaultdict(list)
    for table in tables(cells, most):
        fitting[shown(table)].append(table)
    for (total, published), found in fitting.items():
        if total > most:
            continue  # beyond it, tables that would fit were not tried
        hidden = [name for name, count in published if count is None]
        for name in hidden:
            possible = {table[name] for table in found}
            assert len(possible) > 1, (total, published)
            is_small = any(table[name] in SMALL for table in found)
            if is_small and len(hidden) < cells:
                assert set(SMALL) <= possible, (total, published)
        assert all(count not in SMALL for _, count in published)


@pytest.mark.parametrize(
    ("table", "published"),
    [
        ({"a": 0, "b": 0}, {"a": 0, "b": 0}),
        ({"a": 5, "b": 0, "c": 7}, {"a": 5, "b": 0, "c": 7}),
        ({"a": 0, "b": 3, "c": 90}, {"a": None, "b": None, "c": None}),
        ({"a": 20, "b": 3, "c": 90}, {"a": None, "b": None, "c": 90}),
        ({"a": 2, "b": 30, "c": 90}, {"a": None, "b": None, "c": 90}),
        ({"a": 1, "b": 0}, {"a": None, "b": None}),
        ({"a": 4, "b": 4, "c": 90, "d": 9}, {"a": None, "b": None, "c": None, "d": 9}),
    ],
)
def test_which_cells_are_hidden(table: dict[str, int], published: dict[str, int | None]) -> None:
    """The small ones, and others in their order until the small ones cannot be told."""
    assert suppression.suppress(table) == published


def months_of(cell_counts: tuple[tuple[int, int], ...]) -> list[Cells]:
    """Return the published cells of some months."""
    return [suppression.suppress({"a": first, "b": second}) for first, second in cell_counts]


def test_a_quarter_tells_nothing_that_its_months_do_not() -> None:
    """Differences of quarter and months, and of overlapping quarters, are computed from published months."""
    counts = (0, 1, 3, 5, 12)
    seen: defaultdict[tuple[object, ...], set[tuple[int, ...]]] = defaultdict(set)
    for cells in product(product(counts, (0, 6, 20)), repeat=3):
        months = months_of(cells)
        quarter = suppression.add_up(months)
        totals = tuple(sum(each) for each in cells)
        public = (totals, tuple(tuple(each.items()) for each in months), tuple(quarter.items()))
        seen[public].add(tuple(first for first, _ in cells))
        for name, total in quarter.items():
            values = [month[name] for month in months]
            assert (total is None) == (None in values)
            if total is not None:
                assert total == sum(each for each in values if each is not None)
    without_quarter: defaultdict[tuple[object, ...], set[tuple[int, ...]]] = defaultdict(set)
    for each, fitting in seen.items():
        without_quarter[each[:2]] |= fitting
    assert all(fitting == without_quarter[each[:2]] for each, fitting in seen.items())


PARTS = ((0, 0), (5, 0), (0, 5), (0, 2), (7, 3))


def test_listed_cases_do_not_uncover_hidden_cells() -> None:
    """Whatever is listed elsewhere, now or later: for each small rest, every number from 1 to 4 fits."""
    tried = 0
    for secret in product(range(0, 22, 3), (0, 1, 4, 8, 30), (0, 2, 9)):
        for parts in product(PARTS, repeat=3):
            elsewhere = {name: Elsewhere(*part) for name, part in zip("abc", parts, strict=True)}
            cells = {name: rest + sum(part) for name, rest, part in zip("abc", secret, parts, strict=True)}
            published = suppression.suppress(cells, elsewhere)
            hidden = [name for name in "abc" if published[name] is None]
            rests = dict(zip("abc", secret, strict=True))
            for name in hidden:
                # The attacker who sees every list knows the sum of the rests, and no single one.
                assert len(hidden) > 1
                others = sum(rests[each] for each in hidden if each != name)
                if rests[name] in SMALL and len(hidden) < 3:
                    assert others + rests[name] >= FEWEST + max(SMALL)
            for name in set("abc") - set(hidden):
                part = elsewhere[name]
                possible = {rests[name], rests[name] + part.doubtful}
                assert not possible & set(SMALL), "what is shown and not listed is not small"
            tried += 1
    assert tried > 10_000


def test_doubtful_cases_count_in_both_ways() -> None:
    """Listed or not: neither leaves a small rest that could be computed."""
    hidden = suppression.suppress({"a": 40, "b": 12}, {"b": Elsewhere(doubtful=10)})
    assert hidden == {"a": None, "b": None}
    shown = suppression.suppress({"a": 40, "b": 12}, {"b": Elsewhere(told=12)})
    assert shown == {"a": 40, "b": 12}


def test_a_month_without_a_cell_counts_as_nothing() -> None:
    """A text that is not among a month's cells was not there, or is in the rest."""
    assert suppression.add_up([{"OTHER": 6, "x": 5}, {"OTHER": 7}]) == {"OTHER": 13, "x": 5}
    assert suppression.add_up([]) == {}


def test_differences_of_levels_tell_no_small_change() -> None:
    """Between two rounded levels, a change of 1 to 4 is never the only one that fits."""
    changes: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for before, change in product(range(40), range(-9, 10)):
        if before + change >= 0:
            now = before + change
            changes[suppression.round_down(before), suppression.round_down(now)].add(change)
    told = [possible for possible in changes.values() if possible & {1, 2, 3, 4}]
    assert told
    assert all(len(possible) > 4 for possible in told)
    assert [suppression.round_down(count) for count in (0, 4, 5, 9, 10)] == [0, 0, 5, 5, 10]


def test_the_name_of_a_common_text_tells_no_rare_case() -> None:
    """The attacker knows that a named text has at least 5: any number of rare cases fits what is shown."""
    fitting: defaultdict[Published, set[int]] = defaultdict(set)
    for first, second, rare in product((0, *range(FEWEST, 14)), (0, *range(FEWEST, 14)), range(24)):
        counts = {name: count for name, count in (("a", first), ("b", second)) if count}
        total = first + second + rare
        published = suppression.common(counts, rest="OTHER", total=total)
        assert all(count not in SMALL for count in published.values())
        shown_sum = sum(count for count in published.values() if count is not None)
        assert shown_sum == total or published == {"OTHER": None}
        fitting[total, tuple(published.items())].add(rare)
    for (_, cells), rares in fitting.items():
        if rares & set(SMALL) and cells != (("OTHER", None),):
            assert rares - set(SMALL), cells
    assert suppression.common({"a": 5}, rest="OTHER", total=6) == {"OTHER": 6}
    assert suppression.common({"a": 9, "b": 7}, rest="OTHER", total=18) == {"OTHER": 11, "b": 7}
