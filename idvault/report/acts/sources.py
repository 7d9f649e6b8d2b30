"""What reports are made of, and where they are published."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.log.ports import PublicFiles
from idvault_verify.period import Period

P = ParamSpec("P")
T = TypeVar("T")

FOLDER = "report"
PLATFORMS, PLATFORMS_NOTE = "platforms.json", "platforms.note"
"""The endings of the file of a month's platforms, and of its note."""
# Decoding a window takes some 20 ms, in which the worker does nothing else.
WINDOW = 2_000


def path_of(period: Period, ending: str) -> str:
    """Return the path of a published report. ending: such as json, note or html."""
    return f"{FOLDER}/{period.name}.{ending}"


@dataclass(kw_only=True, eq=False, repr=False)
class ReportSources:
    """What reports are made of. published: the public directory, None to count every month again."""

    main: Database
    shred: Database
    zone: ZoneInfo
    published: PublicFiles | None = None

    async def read(
        self,
        name: str,
        work: Callable[Concatenate[Connection, P], Coroutine[Any, Any, T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Read the main database; raises UnavailableError (STORE_UNAVAILABLE)."""
        return await self.main.read(f"report.{name}", lambda one: work(one, *args, **kwargs))


def period_times(sources: ReportSources, period: Period) -> dict[str, datetime]:
    """Return when a period begins and ends in the operator's zone, as the store takes it."""
    return {"since": period.start(sources.zone), "until": period.end(sources.zone)}
