"""The addresses of "my identity". None holds more than ids: of the session, a verification or a sanction."""

from aiohttp import web

from idvault.web.identity.pages import FORM_BYTES, IdentityPages

_ID = "[0-9a-f]{32}"
_HERE = f"/i/{{session:{_ID}}}"
_APPEAL = f"{_HERE}/sanctions/{{sanction:{_ID}}}/appeal"
_CONTEST = f"{_HERE}/verifications/{{verification:{_ID}}}/contest"
LARGE_FORMS = {web.DynamicResource(form).canonical: FORM_BYTES for form in (_APPEAL, _CONTEST)}
"""The forms with a long text, as Pages.large_forms wants them."""


def routes(pages: IdentityPages) -> list[web.RouteDef]:
    """Return what each address does."""
    return [
        web.get(_HERE, pages.overview),
        web.get(f"{_HERE}/stored", pages.stored),
        web.get(f"{_HERE}/verifications", pages.verifications),
        web.get(f"{_HERE}/verifications/{{verification:{_ID}}}/receipt", pages.receipt),
        web.get(f"{_HERE}/disclosures", pages.disclosures),
        web.get(f"{_HERE}/history", pages.history),
        web.get(f"{_HERE}/standing", pages.standing),
        web.get(_APPEAL, pages.ask_appeal),
        web.post(_APPEAL, pages.appeal),
        web.get(_CONTEST, pages.ask_contest),
        web.post(_CONTEST, pages.contest),
        web.get(f"{_HERE}/receipt", pages.check_receipt),
        web.get(f"{_HERE}/erase", pages.erase),
        web.post(f"{_HERE}/erase", pages.change_erasure),
    ]
