"""Whether a running process is ready: its checks, made every few seconds.

- A check that does not end in five seconds has failed.
- Both databases must answer, and the log must accept entries.
- The clock must agree with the database's and the registry's.
- The key file must be there and open, and the roster file must verify. The roster in force must be the newest
  that the database has adopted.
- A registry or a witness that is away is no reason: sign-ups wait, and openings do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idvault.core.ailment import AilmentError
from idvault.processes import doctor
from idvault.processes.doctor import Check

PATIENCE = 5.0
# An HTTP date has whole seconds only.
_ROUNDING = timedelta(seconds=1)
_EVERY = timedelta(minutes=1)


async def look(checks: Iterable[Check], *, patience: float = PATIENCE) -> dict[str, str]:
    """Run all checks at once; return the advice of each that failed, by its name."""
    found = await asyncio.gather(*(doctor.examine([_bounded(check, patience)]) for check in checks))
    return {each.name: each.advice for findings in found for each in findings if each.advice is not None}


def _bounded(check: Check, patience: float) -> Check:
    async def run() -> None:
        try:
            await asyncio.wait_for(check.run(), patience)
        except TimeoutError:
            raise AilmentError("there is no answer") from None

    return Check(check.name, run)


def check_clock(*, whose: str, theirs: datetime | None, now: datetime) -> None:
    """Raise AilmentError if a clock is known and differs by more than the registry accepts."""
    if theirs is not None and abs(now - theirs) > doctor.CLOCK_DIFFERENCE + _ROUNDING:
        seconds = round((now - theirs).total_seconds())
        raise AilmentError(f"this host's clock differs from the {whose}'s by {seconds} s: run NTP on both")


@dataclass(kw_only=True, eq=False, repr=False)
class RosterAge:
    """Compares the roster in force with the newest one of the database, over two looks.

    A new version is in the database shortly before a process follows it.
    """

    in_force: Callable[[], tuple[int, str]]
    _missed: tuple[int, str] | None = field(default=None, init=False)

    def check(self, newest: tuple[int, str] | None) -> None:
        """Raise AilmentError if this version was missed at the last look, too."""
        missed = newest if newest is not None and newest != self.in_force() else None
        before, self._missed = self._missed, missed
        if missed is not None and missed == before:
            raise AilmentError(
                f"version {missed[0]} of the roster is in the database and not in force here: see "
                "roster_refused in this process's logs"
            )


@dataclass(kw_only=True, eq=False, repr=False)
class RegistryClock:
    """Compares this host's clock with the registry's, which is asked once a minute.

    ask: returns the registry's time, None if it is away or does not tell.
    """

    ask: Callable[[], Awaitable[datetime | None]]
    _asked_at: datetime | None = field(default=None, init=False)
    _theirs: datetime | None = field(default=None, init=False)

    async def check(self, *, now: datetime) -> None:
        """Raise AilmentError if the clocks differ, as far as the registry's last answer tells."""
        if self._asked_at is None or abs(now - self._asked_at) >= _EVERY:
            self._asked_at, self._theirs = now, await self.ask()
        check_clock(whose="registry", theirs=self._theirs, now=self._asked_at)
