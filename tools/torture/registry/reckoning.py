"""Decides whether an overload went right, from the callers' answers and the database's content.

- Every request was answered at once: verified, PENDING, or refused with REGISTRY_BACKLOG.
- Every claim that was not refused was settled exactly once; nothing is left behind.
- The registry was never called more often than its cap allows.
- While every platform had enough waiting claims, each got the same share of the settlements.
- No re-verification was settled while a sign-up of its platform waited for a worker.
"""

from statistics import median

from idvault_verify.claim import ClaimState
from tools.torture.registry import oracle
from tools.torture.registry.oracle import WrongError
from tools.torture.registry.overload import REFUSED, STEP, Overload
from tools.torture.registry.people import PARTIES

_ANSWERS = {ClaimState.PENDING, ClaimState.SUCCEEDED, REFUSED}
_AHEAD = 3.0  # seconds by which a worker may take slots in advance, limited by its patience
_UNFAIR = 0.1
_ENOUGH = 100  # shares of fewer settlements are not meaningful


async def reckon(overload: Overload) -> dict[str, float]:
    """Return all counts by name; raises WrongError."""
    _check_answers(overload)
    accepted = [one for one in overload.flood if one.answer != REFUSED]
    await _check_stored(overload, len(accepted))
    waits = [one.ends[0] - one.came for one in accepted if one.answer == ClaimState.PENDING]
    shared = overload.shared.total()
    elapsed = overload.seconds - overload.began
    calls = overload.internet.calls - overload.calls_before
    if calls > overload.cap * (elapsed + STEP + _AHEAD) + 1:
        raise WrongError(f"{calls} calls in {elapsed:.0f} s are above the cap")
    if overload.overtaken:
        raise WrongError(f"{overload.overtaken} re-verifications overtook sign-ups")
    if shared >= _ENOUGH and any(abs(_share(overload, party) * 3 - 1) > _UNFAIR for party in PARTIES):
        raise WrongError("the platforms' shares differ")
    return {
        "claims": len(overload.flood),
        "at_once": len(accepted) - len(waits),
        "pending": len(waits),
        "refused": len(overload.flood) - len(accepted),
        "longest_queue": overload.longest_queue,
        "repeated": overload.repeated,
        "calls": calls,
        "simulated_minutes": round(elapsed / 60, 1),
        "median_wait": median(waits or [0.0]),
        "longest_wait": max(waits, default=0.0),
        "settled_while_all_wait": shared,
    } | {f"share_{party}": round(_share(overload, party), 3) for party in PARTIES}


def _share(overload: Overload, party: str) -> float:
    return overload.shared[party] / max(1, overload.shared.total())


def _check_answers(overload: Overload) -> None:
    for one in overload.flood:
        if one.answer not in _ANSWERS:
            raise WrongError(f"a claim was answered {one.answer or 'nothing'}")
        if len(one.ends) != (one.answer != REFUSED):
            raise WrongError(f"a claim that was answered {one.answer} was settled {len(one.ends)} times")


async def _check_stored(overload: Overload, accepted: int) -> None:
    stored = await overload.database.read("reckon", oracle.read)
    sign_ups = sum(one.answer != REFUSED and not one.again for one in overload.flood)
    accounts = sign_ups + overload.known
    wanted = {
        "claims": accepted + overload.known,
        "settlements": accepted + overload.known,
        "verified": accounts,
        "early": 0,
        "open": 0,
        "intakes": 0,
        "slots": accounts,
    }
    for name, count in wanted.items():
        found = stored[name] if isinstance(stored[name], int) else len(stored[name])
        if found != count:
            raise WrongError(f"{name}: {found} instead of {count}")
