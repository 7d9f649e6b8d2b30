"""Builds what erasures need: of the platform edge, and of the hosted pages, which ask for them too."""

from datetime import timedelta

from idvault.erasure.acts import ErasureContext
from idvault.erasure.rules import ErasureTerms
from idvault.log.acts.proofs import LogProofs
from idvault.processes.bootstrap.base import Base


def erasure_context(base: Base) -> ErasureContext:
    """Return the proofs, and the operator's terms."""
    settings = base.settings
    terms = ErasureTerms(
        waiting=timedelta(days=settings.erasure_waiting_days),
        delay=timedelta(days=settings.erasure_delay_days),
    )
    return ErasureContext(LogProofs(main=base.main, shred=base.shred), terms)
