"""Nothing is promised that no code writes or reads: types of log entries, settings, metrics."""

import ast
import re
from collections.abc import Iterator
from itertools import product

import pytest

from idvault.core.config import Settings
from idvault.core.telemetry import metrics
from idvault.core.telemetry.series import Counter, Gauge, Histogram
from idvault.core.telemetry.vitals import Vitals
from idvault.core.telemetry.watching import ProcessHealth
from idvault.sanction import rules as sanction_rules
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.event import EventType
from idvault_verify.sanction import Degree, Scope
from tools.support.project import ROOMS

_BEFORE_IT_IS_IN_FORCE = {"propose", "withdraw", "expire"}
_CODE = {path: path.read_text("utf-8") for path in ROOMS.rglob("*.py")}


def _elsewhere(*left_out: str) -> str:
    return "\n".join(
        text for path, text in _CODE.items() if not str(path.relative_to(ROOMS)).startswith(left_out)
    )


def _verbs(folder: str, *writers: str) -> Iterator[str]:
    """Yield the verbs that a capability's acts write into an entry's type. writers: the functions that do."""
    for path, text in _CODE.items():
        if folder in path.relative_to(ROOMS).parts:
            for call in ast.walk(ast.parse(text)):
                if isinstance(call, ast.Call) and ast.unparse(call.func) in writers:
                    yield from re.findall(r"'(\w+)'", ast.unparse(call.args[2]))


def _composed() -> Iterator[str]:
    """Yield the types made of what is done, how hard it is, and a verb."""
    nouns = {Scope.ACCOUNT: "sanction", Scope.PERSON: "person"}
    # sanction.acts.impose says which of both.
    verbs = {*_verbs("sanction", "log", "sanction_acts.log"), "propose", "impose"}
    for scope, degree, verb in product(Scope, Degree, verbs):
        if verb not in _BEFORE_IT_IS_IN_FORCE or sanction_rules.needs_two(degree=degree, scope=scope):
            yield f"{nouns[scope]}:{degree.value.lower()}:{verb}"
    for kind, verb in product(ContentMeasureKind, set(_verbs("content_measure", "_log"))):
        yield f"content:{kind.value.lower()}:{verb}"


def test_every_type_of_entry_is_written() -> None:
    """Each is named where it is written, or composed there; none is missing."""
    composed = set(_composed())
    named = {EventType[name].value for name in re.findall(r"EventType\.([A-Z_]+)\b", _elsewhere("report"))}
    assert composed | named == {kind.value for kind in EventType}
    assert composed & named == set()


@pytest.mark.parametrize("setting", Settings.model_fields)
def test_every_setting_is_read(setting: str) -> None:
    """By a process, or by a property of the settings, and not only by the check of its value."""
    processes = _elsewhere("core/config")
    assert re.search(rf"settings\.{setting}\b|\bself\.{setting}\b", processes) or re.search(
        rf"\bself\.{setting}\b", "\n".join(text for path, text in _CODE.items() if "config" in path.parts)
    )


@pytest.mark.parametrize(
    "declared",
    [
        metrics.PeopleMetrics(),
        metrics.ModerationMetrics(),
        metrics.Metrics(),
        metrics.WebMetrics(),
        metrics.WitnessMetrics(),
        Vitals(ProcessHealth()),
    ],
    ids=lambda each: type(each).__name__,
)
def test_every_metric_is_set(declared: object) -> None:
    """A series that is declared and never counted would show nothing, or 0 for ever."""
    for name, series in vars(declared).items():
        if isinstance(series, Counter | Gauge | Histogram):
            assert re.search(rf"\.{name}\.(add|expect|set|set_all|observe)\b", _elsewhere()), name
