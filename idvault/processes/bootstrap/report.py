"""Opens what reports on demand are made of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.core.public_files import LocalPublicFiles
from idvault.log.store import SqlCheckpointStore
from idvault.processes.bootstrap.base import urls
from idvault.report.acts.report import ReportSources


@asynccontextmanager
async def open_reports(settings: Settings) -> AsyncIterator[ReportSources]:
    """Open both databases for a report on demand; published months are read from their files."""
    main, shred = (Database(url=url, pool_size=1) for url in urls(settings))
    try:
        yield ReportSources(
            main=main,
            complete=SqlCheckpointStore(database=shred),
            zone=settings.zone,
            published=LocalPublicFiles(directory=settings.public_dir) if settings.public_dir.name else None,
        )
    finally:
        await main.close()
        await shred.close()
