"""What the operator decides, in two steps: a preview of exactly what will be done, and then a button.

A decision is kept in memory until it is done: what failed can be repeated, under the same request id where
the vault has one, so that it counts once. Afterwards its page leads to the outcome.

The second step asks for a code of the operator's second factor. The vault checks it: with the request itself
where the change is one of its methods, or before the console runs a command of the vault's host. An operator
without a second factor is led to the page that sets one up, and back.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from idvault_client.errors import SecondFactorRefused, VaultError
from idvault_people import second_factor
from idvault_people.console import explaining
from idvault_people.console.drafts import Drafts
from idvault_people.console.operator.parts import RED, OperatorNote, OperatorSection
from idvault_people.console.operator.session import CodeSpentError, OperatorSession
from idvault_people.console.operator.vault_commands import CommandRefusedError
from idvault_people.console.second_factor import PATH as SECOND_FACTOR
from idvault_people.console.visit import Answer, ConsolePage, GoTo, NoPageError, Route, Visit

_ROOT = "/decisions"
_PATH = f"{_ROOT}/{{draft:[0-9a-f]{{32}}}}"
_TEMPLATE = "operator_decision.html"


class OutdatedPreviewError(Exception):
    """What a preview showed has changed: the decision is made anew, or was carried out already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatorDecision:
    """What will be done. act: does it, with a code of the second factor.

    title, button: keys of texts. shown, done: the preview, and what is told afterwards, in the visit's
    language. is_final: whether nothing takes it back. after: the page that shows the outcome; back: the one
    that asked. next_step: the page where the operator goes on, and the key of the text that leads there.
    """

    title: str
    button: str
    shown: Callable[[Visit], OperatorSection]
    act: Callable[[str], None] = field(repr=False)
    done: Callable[[Visit], str]
    after: str
    back: str
    is_final: bool = False
    next_step: tuple[str, str] = ("", "")

    def told(self, visit: Visit) -> OperatorNote:
        """Return what the page of the outcome says first."""
        link, label = self.next_step
        return OperatorNote(text=self.done(visit), link=link, label=visit.say(label) if label else "")


@dataclass(kw_only=True, eq=False)
class PreviewPages:
    """The pages of decisions that wait for their second step.

    _unenrolled: the newest one that found no second factor, "" if there is none.
    """

    session: OperatorSession
    _unenrolled: str = field(default="", init=False)
    _drafts: Drafts[OperatorDecision] = field(default_factory=lambda: Drafts(_ROOT), repr=False)

    @property
    def waits(self) -> str:
        """The page of a decision that waits for a second factor, "" if none does."""
        return f"{_ROOT}/{self._unenrolled}" if self._drafts.has(self._unenrolled) else ""

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (Route("GET", _PATH, self.show), Route("POST", _PATH, self.decide))

    def propose(self, decision: OperatorDecision) -> GoTo:
        """Keep a decision, and lead to its preview."""
        key = os.urandom(16).hex()
        self._drafts.keep(key, decision)
        return GoTo(f"{_ROOT}/{key}")

    def show(self, visit: Visit) -> Answer:
        """Show what will be done, or lead to the outcome of what was done."""
        return self._drafts.sent(visit) or self._preview(self._found(visit), visit, {})

    def decide(self, visit: Visit) -> Answer:
        """Do it; what the vault or its host refuses can be repeated."""
        if (sent := self._drafts.sent(visit)) is not None:
            return sent
        decision, code = self._found(visit), visit.given("code")
        if not code:
            return self._preview(decision, visit, {"code": visit.say("required")})
        try:
            decision.act(code)
        except SecondFactorRefused as error:
            return self._preview(decision, visit, {"code": explaining.code(error, visit)})
        except CodeSpentError as error:
            return self._failed(decision, visit, error)
        except OutdatedPreviewError:
            self._drafts.finish(visit, decision.after)
            raise
        self.session.commands.forget()
        self.session.done[visit.parts["draft"]] = decision.told
        return self._drafts.finish(visit, f"{decision.after}?done={visit.parts['draft']}")

    def _found(self, visit: Visit) -> OperatorDecision:
        found = self._drafts.find(visit)
        if found is None:
            raise NoPageError
        return found

    def _failed(self, decision: OperatorDecision, visit: Visit, error: CodeSpentError) -> ConsolePage:
        """Show the preview with what came of its command, and that the next try takes the next code."""
        is_refused = isinstance(error.cause, CommandRefusedError)
        text = visit.say("command_refused" if is_refused else "command_unknown")
        note = OperatorNote(text=text, said=str(error), colour=RED)
        page = self._preview(decision, visit, {"code": visit.say("code_spent")}, note)
        return replace(page, status=409 if is_refused else 503)

    def _preview(
        self, decision: OperatorDecision, visit: Visit, errors: Mapping[str, str], *notes: OperatorNote
    ) -> ConsolePage:
        sections = [OperatorSection(notes=notes)] if notes else []
        sections.append(decision.shown(visit))
        is_enrolled = self._is_enrolled()
        if not is_enrolled:
            self._unenrolled = visit.parts["draft"]
            link, label = SECOND_FACTOR, visit.say("enrol_link")
            note = OperatorNote(text=visit.say("code_first"), link=link, label=label)
            sections.append(OperatorSection(notes=[note]))
        return self.session.page(
            visit,
            visit.say(decision.title),
            sections,
            back=decision.back,
            template=_TEMPLATE,
            errors=errors,
            labels={"code": visit.say("code")},
            button=visit.say(decision.button),
            is_final=decision.is_final,
            is_enrolled=is_enrolled,
        )

    def _is_enrolled(self) -> bool:
        try:
            found = second_factor.state(self.session.operator().edge).enrolled
        except VaultError:
            return True  # not known: what comes of the code says more
        if found:
            self._unenrolled = ""
        return found
