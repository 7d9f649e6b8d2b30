"""Checks in order for a command, and at once for a process: one that fails or hangs stops no other."""

import asyncio

from idvault.core import check
from idvault.core.check import AilmentError, Check, Finding, in_thread, within
from idvault_verify.error import Reason, UnavailableError

made: list[str] = []


async def well() -> None:
    made.append("well")


async def ill() -> None:
    raise AilmentError("rest")


async def broken() -> None:
    raise UnavailableError(Reason.STORE_UNAVAILABLE)


async def remarks() -> str:
    return "fine, but"


async def hangs() -> None:
    await asyncio.Event().wait()


async def test_every_check_is_made() -> None:
    """A check that fails or cannot run is reported and does not stop the others."""
    found = await check.examine([Check("a", ill), Check("b", broken), Check("c", well), Check("d", remarks)])
    assert found == [
        Finding("a", "rest"),
        Finding("b", "STORE_UNAVAILABLE: see this process's logs"),
        Finding("c", None),
        Finding("d", None, remark="fine, but"),
    ]


async def test_a_check_that_needs_another() -> None:
    """It is made if the other one has passed, and else reported as not made, without a cause of its own."""
    made.clear()
    checks = [Check("a", ill), Check("b", well, needs="a"), Check("c", well), Check("d", well, needs="c")]
    found = await check.examine(checks)
    assert found[1] == Finding("b", "not checked: mend a first", is_made=False)
    assert [each.advice is None and each.is_made for each in found] == [False, False, True, True]
    assert made == ["well", "well"]


async def test_every_failed_check_is_a_reason() -> None:
    """A check that passes gives no reason, one that fails says why, and one that hangs gives no answer."""
    checks = [Check("a", well), Check("b", ill), within(Check("c", hangs), patience=0.01)]
    assert await check.look(checks) == {"b": "rest", "c": "there is no answer"}
    assert await within(Check("d", remarks)).run() == "fine, but"


async def test_a_check_of_files_waits_in_a_thread() -> None:
    """It has its arguments, and fails like any other."""

    def refuse(*words: str) -> None:
        raise AilmentError(" ".join(words))

    assert await check.look([in_thread("a", refuse, "no", "file")]) == {"a": "no file"}
