"""How an officer signs: a form, then exactly what will be signed, then a code of the second factor.

A mistake, another language and a refusal lose nothing of what was typed (console.drafts), and nothing is
given twice.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from idvault_client.errors import Unavailable, VaultError
from idvault_people.authority.officer import OrderDocument
from idvault_people.console import drafts
from idvault_people.console.authority import explaining
from idvault_people.console.authority.session import OfficerSession
from idvault_people.console.drafts import Drafts, Signable
from idvault_people.console.shown import Row
from idvault_people.console.visit import Answer, ConsolePage, GoTo, Route, Visit
from idvault_verify.attest.order import JointTerms, OrderTerms
from idvault_verify.error import Reason

# Without a reason the answer was not understood; with this one, the vault has what was sent.
_SETTLES_NOTHING = (None, Reason.REQUEST_ID_REUSED)
Paper = TypeVar("Paper", OrderTerms, JointTerms)


@dataclass(eq=False)
class PaperDraft(Generic[Paper]):
    """What was typed so far, by field. rows: how many platforms an order's form asks for.

    document, document_name: of an order; the name is shown here only. papers: what was shown last, which was
    made of what was typed. tried: what was sent, now or before a change, and the vault may have.
    """

    typed: dict[str, str] = field(default_factory=dict, repr=False)
    rows: int = 1
    document: OrderDocument | None = None
    document_name: str = field(default="", repr=False)
    papers: tuple[Paper, ...] = field(default=(), repr=False)
    tried: list[tuple[Paper, ...]] = field(default_factory=list, repr=False)


@dataclass(kw_only=True, eq=False)
class SigningPages(ABC, Generic[Paper]):
    """The pages of something that is signed. root: their address; form, preview: their templates."""

    session: OfficerSession
    root: ClassVar[str]
    form: ClassVar[str]
    preview: ClassVar[str]
    title: ClassVar[str]
    _drafts: Drafts[PaperDraft[Paper]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Begin without drafts."""
        self._drafts = Drafts(self.root)

    @abstractmethod
    def take(self, draft: PaperDraft[Paper], visit: Visit) -> None:
        """Keep what was typed."""

    @abstractmethod
    def wrong(self, draft: PaperDraft[Paper], visit: Visit) -> dict[str, str]:
        """Return what is wrong with it, by field."""

    @abstractmethod
    def asked(self, draft: PaperDraft[Paper], visit: Visit) -> Mapping[str, Any]:
        """Return the values of the form's template."""

    @abstractmethod
    def made(self, draft: PaperDraft[Paper]) -> Sequence[Paper]:
        """Return what a draft without mistakes asks to sign; raises InvalidError."""

    @abstractmethod
    def told(self, draft: PaperDraft[Paper], visit: Visit) -> Mapping[str, Any]:
        """Return the values of the preview's template."""

    @abstractmethod
    def look(self, papers: Sequence[Paper]) -> None:
        """Read back what was sent; raises NotFound if it did not arrive."""

    @abstractmethod
    def send(self, papers: Sequence[Paper], code: str) -> None:
        """Sign and send; raises VaultError, FindingError."""

    @abstractmethod
    def place(self, papers: Sequence[Paper]) -> str:
        """Return the page of what was sent."""

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        one = f"{self.root}/{{draft:[0-9a-f]{{32}}}}"
        return (
            Route("GET", self.root, self.begin),
            Route("GET", one, self.ask),
            Route("POST", one, self.answer),
            Route("GET", f"{one}/check", self.check),
            Route("POST", f"{one}/check", self.sign),
        )

    def begin(self, visit: Visit) -> Answer:
        """Lead to a new form, which is kept once something was typed."""
        return GoTo(f"{self.root}/{os.urandom(16).hex()}")

    def ask(self, visit: Visit) -> Answer:
        """Show the form with what was typed."""
        return self._drafts.sent(visit) or self._form(visit, self._drafts.find(visit) or PaperDraft(), {})

    def answer(self, visit: Visit) -> Answer:
        """Keep what was typed, and lead to what will be signed."""
        draft = self._drafts.find(visit) or PaperDraft()
        if there := self._drafts.sent(visit):
            return there
        # Kept before the vault is asked anything, which may not answer.
        self._drafts.keep(visit.parts["draft"], draft)
        draft.papers = ()
        self.take(draft, visit)
        if there := self._arrived(visit, draft):
            return there
        if visit.given("step") == "more":
            draft.rows += 1
            return self._form(visit, draft, {})
        errors = self.wrong(draft, visit)
        return self._form(visit, draft, errors) if errors else GoTo(f"{self._drafts.here(visit)}/check")

    def check(self, visit: Visit) -> Answer:
        """Show exactly what will be signed."""
        draft = self._drafts.find(visit)
        if there := self._drafts.sent(visit) or (draft and self._arrived(visit, draft)):
            return there
        return self._preview(visit, draft, {}) if draft else GoTo(self._drafts.here(visit))

    def sign(self, visit: Visit) -> Answer:
        """Sign and send what was shown."""
        draft, code = self._drafts.find(visit), visit.given("code")
        if there := self._drafts.sent(visit) or (draft and self._arrived(visit, draft)):
            return there
        if draft is None:
            return GoTo(self._drafts.here(visit))
        if not draft.papers or self._is_old(draft) or visit.given("digest") != drafts.digest(draft.papers):
            return self._preview(visit, draft, {"": visit.say("preview_changed")})
        if not code:
            return self._preview(visit, draft, {"code": visit.say("required")})
        errors = self._refused(visit, draft, code)
        return self._preview(visit, draft, errors) if errors else self._finished(visit, draft.papers)

    def _refused(self, visit: Visit, draft: PaperDraft[Paper], code: str) -> dict[str, str]:
        """Sign and send; return what the vault refused, by field. Raises for an answer that was lost."""
        papers, is_first = draft.papers, draft.papers not in draft.tried
        if is_first:
            draft.tried.append(papers)
        try:
            self.send(papers, code)
        except Unavailable:
            raise
        except VaultError as error:
            # A repeat that is refused says nothing of the call before it, which may still be on its way.
            if is_first and error.reason not in _SETTLES_NOTHING:
                draft.tried.remove(papers)
            if explaining.asks_for_another(error):
                draft.papers = ()
            return explaining.by_field(error, visit)
        return {}

    def _arrived(self, visit: Visit, draft: PaperDraft[Paper]) -> GoTo | None:
        """Return the page of what was sent, if its answer was lost but the vault has it."""
        papers = drafts.arrived(draft.tried, self.look)
        return None if papers is None else self._finished(visit, papers)

    def _finished(self, visit: Visit, papers: Sequence[Paper]) -> GoTo:
        return self._drafts.finish(visit, self.place(papers))

    def _form(self, visit: Visit, draft: PaperDraft[Paper], errors: Mapping[str, str]) -> Answer:
        values = {
            "action": self._drafts.here(visit),
            "typed": draft.typed,
            **self.asked(draft, visit),
        }
        return ConsolePage(
            template=self.form,
            title=visit.say(self.title),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )

    def _preview(self, visit: Visit, draft: PaperDraft[Paper], errors: Mapping[str, str]) -> Answer:
        if not draft.papers or self._is_old(draft):
            if wrong := self.wrong(draft, visit):
                return self._form(visit, draft, wrong)
            draft.papers = tuple(self.made(draft))
        here = self._drafts.here(visit)
        values: dict[str, Any] = {
            "action": f"{here}/check",
            "change": here,
            "digest": drafts.digest(draft.papers),
            **self.told(draft, visit),
        }
        values["details"] = [*values["details"], *signed_codes(draft.papers, visit)]
        return ConsolePage(
            template=self.preview,
            title=visit.say("check_title"),
            values=values,
            errors=errors,
            status=422 if errors else 200,
        )

    def _is_old(self, draft: PaperDraft[Paper]) -> bool:
        return drafts.is_old(draft.papers, now=self.session.now())


def signed_codes(papers: Sequence[Signable], visit: Visit) -> Sequence[Row]:
    """Return the bytes that will be signed, in hex, and their hash."""
    return [
        (visit.say("bytes_in_hex"), "\n".join(each.canonical().hex() for each in papers)),
        (visit.say("bytes_hash"), drafts.digest(papers)),
    ]
