"""The addresses of reports."""

from aiohttp import web

from idvault.web.tip_off import draft
from idvault.web.tip_off.pages import FORM_BYTES, TipOffPages

_PLATFORM = "/r/{platform:[a-z0-9-]{1,63}}"
_DRAFT = _PLATFORM + "/{draft:[0-7][0-9a-hjkmnp-tv-z]{25}}"
_WHY = f"{_DRAFT}/{draft.WHY}"
LARGE_FORMS = {web.DynamicResource(_WHY).canonical: FORM_BYTES}
"""The form with a file, as Pages.large_forms wants it."""


def routes(tip_offs: TipOffPages) -> list[web.RouteDef]:
    """Return what each address does."""
    return [
        web.get("/r", tip_offs.list),
        web.get(_PLATFORM, tip_offs.start),
        web.post(_PLATFORM, tip_offs.begin),
        web.get(f"{_PLATFORM}/reply", tip_offs.ask),
        web.post(f"{_PLATFORM}/reply", tip_offs.read),
        web.get(f"{_DRAFT}/{draft.DONE}", tip_offs.show),
        web.post(f"{_DRAFT}/{draft.DONE}", tip_offs.finish),
        *(web.get(f"{_DRAFT}/{step}", tip_offs.show) for step in draft.STEPS),
        *(web.post(f"{_DRAFT}/{step}", tip_offs.answer) for step in draft.STEPS),
    ]
