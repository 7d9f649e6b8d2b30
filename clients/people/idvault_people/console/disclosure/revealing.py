"""When a page shows an identity: only after the user asked for it, and for a short time."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup

from idvault_people.console.visit import Hiding, Visit
from idvault_verify.attest.payload import Payload
from idvault_verify.claim import OpaqueIdentity
from idvault_verify.offline.evidence import summary

_SHOWN_SECONDS = 30
# A screen reader says the word in place of the dots.
_MASK = Markup('<span aria-hidden="true">●●●●●●</span><span class="unseen">{}</span>')


@dataclass(kw_only=True, eq=False)
class Revealing:
    """The identities that are shown now, by the address of their page."""

    now: Callable[[], datetime]
    _until: dict[str, datetime] = field(default_factory=dict)

    def show(self, path: str) -> None:
        """Show the identity of a page for a while."""
        self._until[path] = self.now() + timedelta(seconds=_SHOWN_SECONDS)

    def hide(self, path: str) -> None:
        """Mask it again."""
        self._until.pop(path, None)

    def hiding(self, path: str) -> Hiding | None:
        """Return when a page hides by itself, None if it is masked."""
        rest = (self._until.get(path, self.now()) - self.now()).total_seconds()
        if rest <= 0:
            self.hide(path)
            return None
        return Hiding(math.ceil(rest), path)

    def values(self, payload: Payload, path: str, visit: Visit) -> dict[str, Any]:
        """Return what a page shows of an identity."""
        hiding = self.hiding(path)
        mask = _MASK.format(visit.say("masked_value"))
        return {
            "identity": [(name, value if hiding else mask) for name, value in _whom(payload, visit)],
            "revealed": hiding is not None,
            "seconds": _SHOWN_SECONDS,
        }


def _whom(payload: Payload, visit: Visit) -> list[tuple[str, str]]:
    identity = payload.identity
    if isinstance(identity, OpaqueIdentity):
        return [(visit.say("provider"), identity.provider), (visit.say("opaque_id"), identity.opaque_id)]
    document = identity.document
    number = visit.say("in_brackets", text=document.number, more=visit.say(document.type))
    named = [(visit.say("real_name"), identity.name), (visit.say("document_number"), number)]
    reviewers = summary.reviewers(payload.review)
    return named if reviewers is None else [*named, (visit.say("reviewed_by"), reviewers)]
