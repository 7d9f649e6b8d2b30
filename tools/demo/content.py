"""The demo's steps with measures on content: five posts are removed by reports, two come back, all are told.

They use the vault of the legacy accounts, on the sixth day.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

from idvault.sanction.acts import path_of
from idvault.sanction.rules import LEAST, week_of
from idvault_client import AccessDenied, Reason, Vault, testing
from idvault_client.sanctions import (
    AppealState,
    ContentMeasureKind,
    ContentMeasureState,
    ModeratorKey,
    Origin,
    PlatformContentMeasure,
    SanctionCategory,
    UpheldContentMeasure,
)
from idvault_client.tip_offs import TargetKind, TipOffChannel, TipOffOutcome, TipOffTarget
from idvault_verify.report.figure import ContentFigures
from tools.demo.sanction import STATEMENT
from tools.demo.step import check
from tools.support.sandbox import fetch, wait_for

_REMOVED = ContentMeasureKind.REMOVED
_REPLY = "You were right. The post was removed."


class ContentSteps:
    """Measures at a vault whose clock other steps move."""

    def __init__(self, ready_file: Path) -> None:
        self._ready_file = ready_file
        self._imposed_at = datetime.max

    def remove(self) -> None:
        """Reports lead to measures without an account; one is reversed, another overturned on appeal."""
        with testing.connect(self._ready_file, timeout=10) as vault:
            key, other = testing.moderator(vault), testing.moderator(vault)
            posts = [f"https://im.example/post/{number}" for number in range(101, 101 + LEAST)]
            wrong, satire, *rest = [self._uphold(vault, post, key) for post in posts]
            self._imposed_at = wrong.impose_time
            back = vault.content_measures.reverse(wrong, "it was true", key=key)
            check(back.state is ContentMeasureState.REVERSED, "the first measure should be reversed")
            self._appeal(vault, satire, key, other)
            found = vault.content_measures.list_page(content=posts[-1]).measures
            states = [(each.measure_id, each.state) for each in found]
            check(states == [(rest[-1].measure_id, ContentMeasureState.IN_FORCE)], "the others should stay")
            month = vault.sanctions.get_month()
            figures = ContentFigures(_REMOVED, LEAST, LEAST - 2, 1, 1)
            check(month.content_measures == (figures,), "the month's figures should count each")
            check(month.content_appeals.upheld == 1, "and the appeal")

    def publish(self) -> None:
        """The file of a week that is over has a line for each, without the post and without a report."""
        ready: Mapping[str, Any] = json.loads(self._ready_file.read_text("utf-8"))
        path = path_of(week_of(self._imposed_at))
        check(wait_for(lambda: bool(_fetch(ready["public_url"] + path))), f"{path} should be published")
        published = _fetch(ready["public_url"] + path)
        lines = [json.loads(line) for line in published.splitlines()]
        told = [each for each in lines if each.get("content_measure") == "REMOVED"]
        check(len(told) == LEAST, "each measure should have a line")
        visibility = {each["decision_visibility"] for each in told}
        check(visibility == {"DECISION_VISIBILITY_CONTENT_REMOVED"}, "in the words of the DSA's database")
        check({each["category"] for each in told} == {"RUMOUR"}, "a line should say why")
        check("post/" not in published and "im.example" not in published, "no line should say which post")

    @staticmethod
    def _uphold(vault: Vault, post: str, key: ModeratorKey) -> PlatformContentMeasure:
        """Let somebody report a post, and a moderator remove it; the reporter reads the reply."""
        target = TipOffTarget(TargetKind.CONTENT, post)
        told, channel = "this is not true (synthetic)", TipOffChannel.WEB
        filed = vault.tip_offs.file(target, SanctionCategory.RUMOUR, told, channel=channel)
        report = vault.tip_offs.assign(filed.tip_off, key=key)
        statement = replace(STATEMENT, case_reference=post, origin=Origin.TIP_OFF, tip_off=report.reference)
        measure = UpheldContentMeasure(post, _REMOVED, statement)
        upheld = vault.tip_offs.uphold(report.tip_off_id, measure=measure, key=key, reply=_REPLY)
        check(upheld.outcome is TipOffOutcome.UPHELD, "the report should be upheld")
        check(not upheld.sanction_id, "no account should be sanctioned")
        seen = vault.tip_offs.follow(report.reference, filed.secret)
        check(seen.reply == _REPLY, "the reporter should read the reply")
        made = vault.content_measures.get(upheld.measure_id)
        check(made.state is ContentMeasureState.IN_FORCE, "the measure should be in force at once")
        return made

    @staticmethod
    def _appeal(
        vault: Vault, measure: PlatformContentMeasure, own: ModeratorKey, other: ModeratorKey
    ) -> None:
        """Whoever wrote the post appeals; who removed it does not decide, another moderator does."""
        filed = vault.content_measures.file_appeal(measure.measure_id, "It was satire (synthetic)")
        decide = vault.content_measures.decide_appeal
        try:
            decide(filed, AppealState.UPHELD, "read again", key=own)
        except AccessDenied as refused:
            check(refused.reason == Reason.SELF_APPROVAL, "the refusal should be SELF_APPROVAL")
        else:
            check(condition=False, text="who removed a post should not decide")
        decided = decide(filed, AppealState.UPHELD, "read again", key=other)
        check(decided.state is ContentMeasureState.OVERTURNED, "the measure should be overturned")


def _fetch(url: str) -> str:
    """Return a public file, nothing if it is not there yet."""
    try:
        return fetch(url).decode()
    except HTTPError:
        return ""
