"""The report as a file: written and read back, every wrong member refused, every changed byte noticed."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from idvault_verify.period import Period
from idvault_verify.transparency import report
from idvault_verify.transparency.report import Hours, Report, ReportError
from tools.support import logs
from tools.support.merkle import log_of, signer

REPORT = Report(
    edition=1,
    period=Period(date(2026, 10, 1), date(2026, 10, 31)),
    zone="Asia/Shanghai",
    made=datetime(2026, 11, 1, 0, 15, tzinfo=UTC),
    checkpoint=logs.signed(log_of(3)).decode(),
    logged={"verifications.decided": 12, "handovers": 0},
    breakdowns={"verifications.outcome": {"OTHER": None, "SUCCEEDED": 7}, "sanctions.issuer": None},
    levels={"accounts.state": {"VERIFIED": 15}},
    durations={"appeals.time": Hours(30, 200), "tip_offs.time": None},
)


def test_a_report_is_read_back() -> None:
    """The file has everything, and nothing else."""
    assert report.parse(REPORT.to_bytes()) == REPORT


WRONG: list[tuple[str, Any]] = [
    ("format", "idvault/report/v2"),
    ("edition", -1),
    ("edition", True),
    ("edition", 1.0),
    ("edition", 2**60),
    ("from", "2026-11-01"),
    ("from", "20261001"),
    ("from", "0001-01-01"),
    ("from", 5),
    ("to", "2026-10-32"),
    ("zone", "../etc/passwd"),
    ("zone", ""),
    ("made", "yesterday"),
    ("made", None),
    ("made", "2026-4-1T1:0Z"),
    ("made", "0001-01-01T00:00Z"),
    ("checkpoint", 5),
    ("logged", []),
    ("logged", {"A b": 1}),
    ("logged", {"a": None}),
    ("logged", {"a": "1"}),
    ("not_logged", {}),
    ("not_logged", {"breakdowns": {}, "levels": {}, "durations": {}, "more": {}}),
    ("not_logged", {"breakdowns": {"a": []}, "levels": {}, "durations": {}}),
    ("not_logged", {"breakdowns": {"a": {"": 1}}, "levels": {}, "durations": {}}),
    ("not_logged", {"breakdowns": {"a": {"x": -1}}, "levels": {}, "durations": {}}),
    ("not_logged", {"breakdowns": {}, "levels": {"a": None}, "durations": {}}),
    ("not_logged", {"breakdowns": {}, "levels": {"a": {"x": 7}}, "durations": {}}),
    ("logged", {"a": 2**53}),
    ("not_logged", {"breakdowns": {}, "levels": {"a": {"x": None}}, "durations": {}}),
    ("not_logged", {"breakdowns": {}, "levels": {}, "durations": {"a": {"median": 1}}}),
    ("not_logged", {"breakdowns": {}, "levels": {}, "durations": {"a": {"median": 1, "p90": "x"}}}),
]


@pytest.mark.parametrize(("member", "value"), WRONG)
def test_a_wrong_member_is_refused(member: str, value: Any) -> None:
    """The error names the member, never its value."""
    document = {**json.loads(REPORT.to_bytes()), member: value}
    with pytest.raises(ReportError) as caught:
        report.parse(json.dumps(document).encode())
    assert "passwd" not in str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"format": 1, "format": 2}',
        b" " * (report.MAX_BYTES + 1),
        REPORT.to_bytes().replace(b'"edition"', b'"version"'),
    ],
)
def test_what_is_no_report(data: bytes) -> None:
    """Other files are refused, and a member that occurs twice."""
    with pytest.raises(ReportError):
        report.parse(data)


def test_every_changed_byte_is_noticed() -> None:
    """The note of the log's key is for one file alone."""
    data = REPORT.to_bytes()
    raw = report.sign(data, logs.SIGNER)
    report.verify(data, raw, logs.SIGNER.key)
    for place in range(0, len(data), 7):
        with pytest.raises(ReportError):
            report.verify(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :], raw, logs.SIGNER.key)


def test_a_note_of_another_key_or_file_is_refused() -> None:
    """Only the log's key counts, and a checkpoint is no note of a report."""
    data = REPORT.to_bytes()
    for raw in (
        report.sign(data, signer(logs.ORIGIN, seed=9)),
        report.sign(replace(REPORT, edition=2).to_bytes(), logs.SIGNER),
        logs.signed(log_of(3)),
        b"",
    ):
        with pytest.raises(ReportError):
            report.verify(data, raw, logs.SIGNER.key)
