"""Stores what a reporter answers to the reply.

Number and secret are checked as those of whoever reads a report, with the same tries, before the act: neither
ever changes. The report's row is locked, so of answer and decision the second one sees the first.
"""

from functools import partial

from idvault.core.act import Tx, Vault, mutation
from idvault.sealing.ports import CaseField
from idvault.tip_off import rules
from idvault.tip_off.acts import filing
from idvault.tip_off.acts.case import TipOffCall, TipOffContext, put_texts, write
from idvault.tip_off.acts.filing import ReporterView
from idvault.tip_off.store import rows
from idvault.tip_off.store.rows import TipOffText
from idvault.tip_off.supplement import rules as supplement_rules
from idvault_verify import tip_off as verify_tip_off
from idvault_verify.clock import ClockReading
from idvault_verify.tip_off import TipOff


async def supplement(
    vault: Vault,
    call: TipOffCall,
    now: ClockReading,
    *,
    reference: str,
    secret: str,
    text: str,
    context: TipOffContext,
) -> ReporterView:
    """Add the reporter's answer; return what the reporter may read now.

    Raises NotFoundError (TIP_OFF_NOT_FOUND), TransitionError, InvalidError.
    """
    rules.check_lines(text, field="text", limit=verify_tip_off.SUPPLEMENT_LENGTH)
    party = call.relying_party
    found = await filing.find(vault, party, reference=reference, secret=secret, context=context, now=now)
    place = CaseField(party, found.tip_off.tip_off_id, rows.SUPPLEMENT)
    sealed = TipOffText(rows.SUPPLEMENT, context.sealer.seal(place, text))
    changed = await _supplement(vault, call, now, found.tip_off.tip_off_id, sealed)
    present = await vault.read("tip_off.follow", lambda one: rows.follow(one, party, changed.reference))
    return filing.view(present, context, now=now)


@mutation("tip_off.supplement", again=rows.get)
async def _supplement(tx: Tx, tip_off_id: str, text: TipOffText) -> TipOff:
    stored = await rows.lock(tx.connection, tx.party, tip_off_id)
    changed = await write(tx, stored, partial(supplement_rules.supplement, now=tx.now.business))
    await put_texts(tx, changed, [text])
    return changed
