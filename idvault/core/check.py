"""A check of a deployment or a process, and the two ways to make several: in order, or all at once.

A command makes them in order (`idvault check-config`, `idvault doctor`), a process all at once, every two
seconds (core.telemetry.watching).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import partial

from idvault_verify.error import IdvaultError


class AilmentError(Exception):
    """A check failed; the text says what to do and contains no address and no secret."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check. run: raises AilmentError or a domain error if the check fails; may return a remark.

    needs: the name of a check before it that must have passed, or else a command does not make this one.
    """

    name: str
    run: Callable[[], Awaitable[str | None]]
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    advice: what to do, None if the check passed. is_made: False if the check was not made, because one that
    it needs had failed. remark: what a check that passed has to say.
    """

    name: str
    advice: str | None
    is_made: bool = True
    remark: str | None = None


async def examine(checks: Iterable[Check]) -> list[Finding]:
    """Make all checks in order and return their findings; a failure stops only those that need its check."""
    findings: list[Finding] = []
    failed: set[str] = set()
    for check in checks:
        if check.needs in failed:
            findings.append(Finding(check.name, f"not checked: mend {check.needs} first", is_made=False))
            continue
        found = await _found(check)
        if found.advice is not None:
            failed.add(check.name)
        findings.append(found)
    return findings


async def look(checks: Iterable[Check]) -> dict[str, str]:
    """Make all checks at once; return the advice of each that failed, by its name."""
    found = await asyncio.gather(*(_found(check) for check in checks))
    return {each.name: each.advice for each in found if each.advice is not None}


def in_thread(name: str, check: Callable[..., None], *arguments: object) -> Check:
    """Return a check that waits for files, in a thread."""
    return Check(name, partial(asyncio.to_thread, check, *arguments))


def within(check: Check, *, patience: float = 5.0) -> Check:
    """Return the check, which fails if it does not end in time."""

    async def run() -> str | None:
        try:
            return await asyncio.wait_for(check.run(), patience)
        except TimeoutError:
            raise AilmentError("there is no answer") from None

    return Check(check.name, run, check.needs)


async def _found(check: Check) -> Finding:
    try:
        return Finding(check.name, None, remark=await check.run())
    except AilmentError as error:
        return Finding(check.name, str(error))
    except IdvaultError as error:
        return Finding(check.name, f"{error}: see this process's logs")
