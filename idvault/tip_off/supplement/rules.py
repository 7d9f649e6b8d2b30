"""What a reporter answers to the reply: one text, once, while the report is open.

- It follows a reply: whoever reports asks nothing of the platform, and has nothing to answer before.
- Once: a platform works on a report, and leads no conversation. A second text is refused.
- It changes neither state, assignee nor deadline, and is no new report: nobody is counted for it.
- A proposed decision or an open referral changes nothing for the reporter, who must not learn of either.
- Nobody works on a merged report, so nobody would read an answer to it.
- Its event names the report alone, as that of the filing does.
"""

from dataclasses import replace
from datetime import datetime

from idvault_verify.error import TransitionError
from idvault_verify.tip_off import TipOff, TipOffState

DONE = "SUPPLEMENTED"
"""What a refusal names as wanted, and as present once there is one."""


def is_open(tip_off: TipOff) -> bool:
    """Return whether the reporter can answer now."""
    return tip_off.state is TipOffState.ANSWERED and tip_off.supplemented_at is None


def supplement(*, tip_off: TipOff, now: datetime) -> TipOff:
    """Return the report with the reporter's answer; raises TransitionError."""
    if not is_open(tip_off):
        present = DONE if tip_off.supplemented_at is not None else tip_off.state.value
        raise TransitionError(state=present, wanted=DONE)
    return replace(tip_off, supplemented_at=now)
