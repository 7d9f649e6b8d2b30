"""Opens what reports on demand are made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.core.public_files import LocalPublicFiles
from idvault.processes.bootstrap.base import open_pair, urls
from idvault.report.acts.sources import ReportSources


def sources_of(settings: Settings, main: Database, shred: Database) -> ReportSources:
    """Return what reports are made of; published months are read from their files."""
    published = LocalPublicFiles(directory=settings.public_dir) if settings.public_dir.name else None
    return ReportSources(main=main, shred=shred, zone=settings.zone, published=published)


@asynccontextmanager
async def open_reports(settings: Settings) -> AsyncIterator[ReportSources]:
    """Open both databases for a report on demand."""
    async with open_pair(urls(settings)) as (main, shred):
        yield sources_of(settings, main, shred)
