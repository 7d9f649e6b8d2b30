"""Reports over a real log with many events, in both databases."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Table, delete, insert

from idvault.core.db.statement import param
from idvault.core.public_files import LocalPublicFiles
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims
from idvault.core.tables.log import log_entries, log_misses
from idvault.core.tables.platform import platform_pages, platforms
from idvault.core.tables.sanction import moderators
from idvault.log.ports import Publication
from idvault.report.acts import report as acts
from idvault.report.acts.sources import ReportSources
from idvault_verify.clock import ClockReading
from idvault_verify.event import FIELDS, SYSTEM_ACTOR, Event, EventType
from idvault_verify.period import Period, month_of
from idvault_verify.report import catalogue as report_catalogue
from idvault_verify.report.figure import EDITION
from idvault_verify.suppression import Cells
from idvault_verify.transparency import entry
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.report import Hours, Report
from tools.support import logs
from tools.support.log_world import KEY, SIGNER, LogWorld
from tools.support.merkle import log_of

ZONE = ZoneInfo("Asia/Shanghai")
OCTOBER = month_of(date(2026, 10, 1))
NOVEMBER = month_of(date(2026, 11, 1))
QUARTER = Period(date(2026, 10, 1), date(2026, 12, 31))


@cache
def leaf_of(
    type_: EventType, occurred_at: datetime, actor_id: str = SYSTEM_ACTOR, platform: str = ""
) -> bytes:
    """Return the leaf of an event; its details are made up."""
    return entry.encode_leaf(
        Event(
            type=type_,
            actor_id=actor_id,
            account_token="",
            occurred_at=occurred_at,
            recorded_at=occurred_at,
            entry_id="0" * 32,
            opening_key=bytes(32),
            fields=dict.fromkeys(FIELDS[type_], "x"),
            platform=platform,
        )
    )


def at(text: str) -> datetime:
    """Return a time in the operator's zone, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


@dataclass
class ReportWorld:
    """A log with chosen events, and claims that they decided."""

    log: LogWorld
    counted: int = field(default=0, init=False)

    def sources(self, *, published: bool = True) -> ReportSources:
        """Return what reports are made of."""
        return ReportSources(
            main=self.log.main,
            shred=self.log.shred,
            zone=ZONE,
            published=self.files if published else None,
        )

    async def make(self, period: Period, time: str, *, published: bool = True) -> Report:
        """Return the report of a period, made at a time."""
        return await acts.make(self.sources(published=published), period, now=self.now(time))

    @property
    def signer(self) -> NoteSigner:
        """What signs with the log's key."""
        return NoteSigner(KEY, SIGNER.sign)

    @property
    def files(self) -> LocalPublicFiles:
        return LocalPublicFiles(directory=self.log.folder)

    async def publish(
        self, time: str, *, done: set[str] | None = None, files: Publication | None = None
    ) -> None:
        """Let a worker publish what is due. done: by this worker."""
        known = set[str]() if done is None else done
        await acts.publish(self.sources(), files or self.files, self.signer, done=known, now=self.now(time))

    async def events(
        self, type_: EventType, time: str, count: int = 1, *, actor_id: str = SYSTEM_ACTOR
    ) -> None:
        """Write entries that wait for their places."""
        occurred_at = at(time)
        rows = [self._entry(type_, occurred_at, leaf_of(type_, occurred_at, actor_id)) for _ in range(count)]
        await self.log.do(insert(log_entries), rows)

    async def missed(self, type_: EventType, time: str, platform: str, *, filed: str, count: int = 1) -> None:
        """Write entries of missed deadlines that name a platform. filed: when the cases were."""
        occurred_at = at(time)
        leaf = leaf_of(type_, occurred_at, SYSTEM_ACTOR, platform)
        rows = [self._entry(type_, occurred_at, leaf) for _ in range(count)]
        await self.log.do(insert(log_entries), rows)
        values = {name: param(name, log_misses.c[name].type) for name in ("entry_id", "filed_at")}
        kept = [{"entry_id": row["entry_id"], "filed_at": at(filed)} for row in rows]
        await self.log.do(insert(log_misses).values(values), kept)

    async def platform(self, name: str, actor_id: str, *, title: str = "", moderator: str = "") -> None:
        """Register a platform, and a moderator of it with an actor id of its own, without entries."""
        await self._insert(platforms, [{"name": name, "role": "platform", "actor_id": actor_id}])
        if title:
            await self.title(name, title)
        if moderator:
            await self._insert(
                platforms, [{"name": moderator, "role": "moderator", "actor_id": moderator[::-1]}]
            )
            await self._insert(
                moderators,
                [
                    {
                        "relying_party": name,
                        "moderator_id": moderator,
                        "public_key": b"k" * 32,
                        "registered_at": at("2026-09-01T00:00"),
                    }
                ],
            )

    async def title(self, name: str, title: str) -> None:
        """Let the hosted pages call a platform something else."""
        await self.log.do(delete(platform_pages).where(platform_pages.c.name == name))
        await self._insert(platform_pages, [{"name": name, "title": title, "origins": ""}])

    def _entry(self, type_: EventType, occurred_at: datetime, leaf: bytes) -> Mapping[str, Any]:
        self.counted += 1
        return {
            "entry_id": os.urandom(16).hex(),
            "log_index": None,
            "leaf": leaf,
            "occurred_at": occurred_at,
            "recorded_at": occurred_at + timedelta(microseconds=self.counted),
        }

    async def decided(self, time: str, **outcomes: int) -> None:
        """Write claims with these outcomes, and the entries of their settlement."""
        ended_at = at(time)
        names = [name for name, count in outcomes.items() for _ in range(count)]
        tokens = [f"acct_{os.urandom(13).hex()}" for _ in names]
        await self._insert(accounts, [_account(token) for token in tokens])
        found = zip(tokens, names, strict=True)
        await self._insert(claims, [_claim(token, name, ended_at) for token, name in found])
        await self.events(EventType.CLAIM_SETTLE, time, len(names))

    async def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        values = {name: param(name, table.c[name].type) for name in rows[0]}
        await self.log.do(insert(table).values(values), rows)

    async def sequence(self) -> None:
        """Give every entry its place and a published checkpoint."""
        await self.log.worker().step()

    def now(self, time: str) -> ClockReading:
        """Return a clock reading."""
        return ClockReading(at(time), at(time))


def _account(token: str) -> dict[str, Any]:
    return {
        "account_token": token,
        "relying_party": "platform-a",
        "subject_kind": "INDIVIDUAL",
        "state": "VERIFIED",
        "standing": "GOOD",
        "assurance": "NONE",
        "revision": 1,
    }


def _claim(token: str, outcome: str, ended_at: datetime) -> dict[str, Any]:
    succeeded = outcome == "SUCCEEDED"
    return {
        "account_token": token,
        "claim_id": os.urandom(16).hex(),
        "relying_party": "platform-a",
        "request_id": f"{os.urandom(4).hex()}-0000-4000-8000-000000000000",
        "subject_kind": "INDIVIDUAL",
        "state": "SUCCEEDED" if succeeded else "FAILED",
        "failure_reason": None if succeeded else outcome,
        "policy_version": "terms",
        "agree_time": ended_at,
        "person_id": os.urandom(16).hex(),
        "opened_at": ended_at,
        "ended_at": ended_at,
    }


def made_up() -> Report:
    """Return a month's report with made-up figures, some of them hidden."""
    long_text = "Criminal Procedure Law, article 54, and the order of the court of the district"
    cells = {each.name: dict.fromkeys(("OTHER", *each.cells), 7) for each in report_catalogue.breakdowns()}
    outcome: dict[str, int | None] = {**cells["verifications.outcome"], "SUCCEEDED": 90}
    breakdowns: dict[str, Cells | None] = {**cells}
    breakdowns["verifications.outcome"] = {**outcome, "NO_RECORD": None, "OTHER": None}
    breakdowns["disclosures.legal_basis"] = {"OTHER": None, long_text[:80]: 12}
    return Report(
        edition=EDITION,
        period=OCTOBER,
        zone=ZONE.key,
        made=at("2026-11-01T00:15"),
        checkpoint=logs.signed(log_of(300)).decode(),
        logged={figure.name: 12_345_678 for figure in report_catalogue.logged_figures()},
        breakdowns=breakdowns,
        levels={each.name: dict.fromkeys(each.cells, 1_234_565) for each in report_catalogue.levels()},
        durations={each.name: Hours(30, 161) for each in report_catalogue.durations()},
    )
