"""Promise 10, bounded: every method gets invalid messages; `scripts/torture fuzz` does more."""

import asyncio
import time
from pathlib import Path

from tests.support.house import House
from tools.torture.fuzz.attack import Attack, Report
from tools.torture.fuzz.surface import methods
from tools.torture.fuzz.vault import left_behind, metrics, prepare

_COUNT, _LEAST, _SECONDS = 100, 5, 12.0


def test_every_method_answers_as_documented_and_keeps_no_trace(own_house: House, tmp_path: Path) -> None:
    """Only documented statuses are returned, no unexpected error is logged, and no canary is left."""
    (tmp_path / "scratch").mkdir()
    ground = prepare(own_house.ready, scratch=tmp_path / "scratch")
    end = time.monotonic() + _SECONDS
    report = Report()

    def enough() -> bool:
        """Each method has its least share before the time counts: a slow machine tries no less."""
        sent = [report.sent[method.path] for method in methods()]
        return min(sent) >= _LEAST and time.monotonic() > end

    asyncio.run(Attack(ground, seed=10, report=report, stop=enough).run(count=_COUNT))
    pages = metrics(ground)
    assert report.findings == []
    assert set(report.sent) == {method.path for method in methods()}
    assert min(report.sent.values()) >= _LEAST
    answered = {code for answers in report.answers.values() for code, _ in answers}
    assert {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "PERMISSION_DENIED"} <= answered
    assert own_house.session.stop() == 0
    assert left_behind(ground, output=own_house.session.output, pages=pages) == []
