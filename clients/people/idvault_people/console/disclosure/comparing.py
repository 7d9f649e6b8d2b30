"""Compares an order's file with the SHA-256 in a request: on this machine, and nothing of it is kept."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from idvault_people.console.app import MOST_BYTES
from idvault_people.console.disclosure.session import CustodianSession
from idvault_people.console.visit import Answer, ConsolePage, Route, Upload, Visit
from idvault_people.disclosure import order_file
from idvault_people.disclosure.pending import terms_of
from idvault_verify.attest.disclosure import Terms

# What else a form has beside the file.
_MOST_FILE = MOST_BYTES - 64 * 1024


@dataclass(frozen=True, kw_only=True)
class OrderFiles:
    """The page on which a custodian compares the file of an order."""

    session: CustodianSession

    def routes(self) -> tuple[Route, ...]:
        """Return the page."""
        path = "/requests/{id:[0-9a-f]{32}}/order"
        return (Route("GET", path, self.ask), Route("POST", path, self.compare))

    def ask(self, visit: Visit) -> Answer:
        """Ask for the file."""
        return self._page(visit, self._terms(visit))

    def compare(self, visit: Visit) -> Answer:
        """Say whether a file is the one that the request names."""
        terms, file = self._terms(visit), visit.files.get("order")
        # An answer to a form, and no page to go to: that would have to be kept somewhere.
        return self._page(visit, terms, file=file, error="" if file else visit.say("file_missing"))

    def _page(self, visit: Visit, terms: Terms, *, file: Upload | None = None, error: str = "") -> Answer:
        values = {
            "one": {"id": visit.parts["id"], "case": terms.case_reference} | named(terms),
            "compared": _compared(file, terms) if file and order_file.digest_in(terms.legal_basis) else None,
        }
        return ConsolePage(
            template="compare.html",
            title=visit.say("compare_title"),
            values=values,
            errors={"order": error} if error else {},
            status=422 if error else 200,
        )

    def _terms(self, visit: Visit) -> Terms:
        return terms_of(self.session.custodian().find(visit.parts["id"]))


def named(terms: Terms) -> dict[str, Any]:
    """Return what the form of a comparison needs of a request."""
    return {"order_digest": order_file.digest_in(terms.legal_basis), "most_file": _MOST_FILE}


def _compared(file: Upload, terms: Terms) -> dict[str, Any]:
    found = sha256(file.content).hexdigest()
    result = "same" if found == order_file.digest_in(terms.legal_basis) else "other"
    return {"result": result, "name": file.name, "digest": found}
