"""The page on which a member enrols an authenticator app: the new secret once, then its first code.

- The secret is the answer to the form that asked for it, and no address leads to it: neither the back
  button, a reload, the history nor another tab shows it again. The page leaves by itself after five minutes.
- It is in memory only while that page is made; a form that is sent again gets no secret.
- The former second factor stays valid until a code of the new one was accepted.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import segno
from markupsafe import Markup

from idvault_client.errors import PreconditionFailed, SecondFactorRefused
from idvault_people import second_factor
from idvault_people.console import explaining, shown
from idvault_people.console.visit import Answer, ConsolePage, GoTo, Hiding, Route, Visit
from idvault_people.member import MemberClient
from idvault_people.second_factor import SecondFactorState
from idvault_people.trust import FindingError
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.disclosure import HistoryFinding

PATH = "/second-factor"
_SECONDS = 300
_SECRET = re.compile(r"[A-Z2-7]{16,}")
_GROUP = 4


@dataclass(frozen=True, kw_only=True)
class SecondFactorPages:
    """The page of an own second factor. client: returns the member's client.

    waits: returns the page that waits for a second factor, "" if none does.
    """

    client: Callable[[], MemberClient]
    waits: Callable[[], str] = str
    _begun: set[str] = field(default_factory=set, repr=False)

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (
            Route("GET", PATH, self.show),
            Route("POST", PATH, self.begin),
            Route("POST", f"{PATH}/confirm", self.confirm),
            Route("GET", f"{PATH}/confirm", lambda _visit: GoTo(PATH)),
        )

    def show(self, visit: Visit) -> Answer:
        """Show the state, and offer a new secret."""
        return self._page(visit, {})

    def begin(self, visit: Visit) -> Answer:
        """Show a new secret, once."""
        once = visit.fields.get("once", "")
        if once in self._begun:
            return GoTo(PATH)
        client = self.client()
        try:
            uri = second_factor.begin(client.edge, identity=client.identity, code=visit.given("code"))
        except SecondFactorRefused as error:
            return self._page(visit, {"code": explaining.code(error, visit)})
        except UnsealError as error:
            text = "the answer was not sealed to you for this request"
            raise FindingError(HistoryFinding.OTHER_REQUEST, text) from error
        self._begun.add(once)
        values = {**_shown(uri), "account": client.identity.name}
        return ConsolePage(
            template="new_secret.html",
            title=visit.say("secret_title"),
            values=values,
            hides=Hiding(_SECONDS, PATH),
        )

    def confirm(self, visit: Visit) -> Answer:
        """Prove by a first code that the secret is in the app."""
        try:
            second_factor.confirm(self.client().edge, code=visit.given("first_code"))
        except SecondFactorRefused as error:
            return self._page(visit, {"first_code": explaining.code(error, visit)})
        except PreconditionFailed:
            return self._page(visit, {"": visit.say("enrol_none")})
        return GoTo(f"{PATH}?done=1")

    def _page(self, visit: Visit, errors: dict[str, str]) -> Answer:
        found = second_factor.state(self.client().edge)
        values = {
            "state": state(found, visit) if found.enrolled else visit.say("enrol_without"),
            "enrolled": found.enrolled,
            "pending": found.pending,
            "waits": self.waits(),
            "done": "done" in visit.query and found.enrolled and not found.pending,
        }
        return ConsolePage(
            template="second_factor.html",
            title=visit.say("second_factor"),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )


def state(found: SecondFactorState, visit: Visit) -> str:
    """Return whether there is a second factor, with the tries that are left or the end of a lock."""
    if not found.enrolled:
        return visit.say("code_none")
    if found.locked_until is not None:
        return visit.say("code_locked", time=shown.time(found.locked_until, visit))
    return visit.say("code_left", left=found.tries_left)


def _shown(uri: str) -> dict[str, Any]:
    """Return what a page shows of an otpauth URI; raises FindingError if it is none."""
    parts = urlsplit(uri)
    secret = "".join(parse_qs(parts.query).get("secret", []))
    if parts.scheme != "otpauth" or not _SECRET.fullmatch(secret):
        raise FindingError(HistoryFinding.OTHER_REQUEST, "the vault's secret is no secret of an app")
    picture = segno.make_qr(uri, error="m").svg_inline(omitsize=True, light="#fff")
    groups = [secret[at : at + _GROUP] for at in range(0, len(secret), _GROUP)]
    return {"picture": Markup(picture), "secret": " ".join(groups)}  # noqa: S704 - made by segno from bits
