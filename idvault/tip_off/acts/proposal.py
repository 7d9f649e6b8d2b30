"""What the end of a proposed sanction does to the report that waits for it.

- The report is locked before the account and the sanction, as a decision about a report locks them.
- In force: the report is upheld in the same act, its reporter is told, and the reports that were merged into
  it close. Withdrawn or lapsed: the report is open again, and its deadline is the old one.
"""

from functools import partial

from idvault.core.act import Tx
from idvault.sanction.acts import Follow
from idvault.sanction.rules import Sanction
from idvault.tip_off import rules
from idvault.tip_off.acts.case import join, judge, write
from idvault.tip_off.store import rows
from idvault_verify.sanction import Origin, SanctionState
from idvault_verify.tip_off import TipOff


async def lock_report(tx: Tx, proposed: Sanction) -> Follow | None:
    """Lock the report that a sanction decides, if one waits for it (sanction.acts.WaitingLock)."""
    statement = proposed.statement
    if statement.origin is not Origin.TIP_OFF or proposed.state is not SanctionState.PROPOSED:
        return None
    found = await rows.lock_reference(tx.connection, proposed.relying_party, statement.tip_off)
    # Other sanctions may name the report, and one whose proposal has lapsed may have another one by now.
    if found is None or found.proposal_id != proposed.sanction_id:
        return None
    return partial(_follow, tx, found)


async def _follow(tx: Tx, waiting: TipOff, sanction: Sanction) -> None:
    """Uphold a report by its sanction, or open it again."""
    if sanction.state is not SanctionState.IN_FORCE:
        await write(tx, waiting, rules.reopen)
        return
    paper = sanction.confirmation or b""
    upheld = await write(tx, waiting, partial(rules.uphold, now=tx.now.business), paper=paper)
    merged = await rows.lock_merged(tx.connection, upheld.relying_party, [upheld.tip_off_id])
    closed = await join(tx, merged, upheld, paper=paper)
    await judge(tx, upheld, [upheld, *closed])
