"""Builds the transparency report: reports on demand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.core.public_files import LocalPublicFiles
from idvault.log.ports import CheckpointStore, PublicFiles
from idvault.log.store import SqlCheckpointStore
from idvault.processes.bootstrap.base import urls
from idvault.report.acts.report import ReportFlow
from idvault.report.ports import ReportStore
from idvault.report.store import SqlReportStore


def wire_reports(
    *, store: ReportStore, complete: CheckpointStore, zone: ZoneInfo, published: PublicFiles | None
) -> ReportFlow:
    """Connect the flow to its ports; production and tests differ only in the ports."""
    return ReportFlow(store=store, complete=complete, zone=zone, published=published)


@asynccontextmanager
async def open_reports(settings: Settings) -> AsyncIterator[ReportFlow]:
    """Open both databases for a report on demand; published months are read from their files."""
    main, shred = (Database(url=url, pool_size=1) for url in urls(settings))
    published = LocalPublicFiles(directory=settings.public_dir) if settings.public_dir.name else None
    try:
        yield wire_reports(
            store=SqlReportStore(database=main),
            complete=SqlCheckpointStore(database=shred),
            zone=settings.zone,
            published=published,
        )
    finally:
        await main.close()
        await shred.close()
