"""How every form acts: shown with a new request id, and shown again with the same one if it was refused.

The same request id makes a form that is sent again, by a double click or after a lost answer, the same act.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from uuid import NAMESPACE_OID, uuid5

from idvault_client.errors import VaultError
from idvault_people.console.visit import Answer, ConsolePage, GoTo, Visit
from idvault_people.moderation import explanation
from idvault_people.moderation.shown import Field, PagePart, Row

REQUEST_ID = "request_id"


def part_id(request_id: str, part: str) -> str:
    """Return the request id of one of several acts of a form: the same whenever the form is sent again."""
    return str(uuid5(NAMESPACE_OID, f"{request_id} {part}"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A form. texts: said before its fields; signs: whether the moderator signs what it does.

    sections: shown before the fields. back: the page that it belongs to. more: a second button's value and
    text. action: where it is sent, "" for the page's own address. key: that presses its button, "" for none.
    beside: what one looks at while one fills it in; besides: what that is called.
    goes_on: what the button says instead once an option that leads to another page is chosen.
    states: the list of words for the state that made the vault refuse it.
    whole: makes the page on which it stands; None: a page of its own.
    """

    title: str
    button: str
    back: str
    request_id: str
    fields: Sequence[Field] = ()
    texts: Sequence[str] = ()
    sections: Sequence[PagePart] = ()
    signs: bool = False
    step: str = ""
    more: Row | None = None
    action: str = ""
    key: str = ""
    goes_on: str = ""
    states: str = "state"
    beside: Sequence[PagePart] = ()
    besides: str = ""
    whole: "Callable[[Form, Mapping[str, str], int], ConsolePage] | None" = None

    def page(self, *, errors: Mapping[str, str] | None = None, status: int = 200) -> ConsolePage:
        """Return the page. errors: by the id of a field."""
        told = self._in_order(errors or {})
        if self.whole is not None:
            return self.whole(self, told, status)
        return ConsolePage(
            template="moderation_form.html",
            title=self.title,
            values={"shown": self, "labels": self.labels},
            errors=told,
            status=status,
        )

    @property
    def labels(self) -> Mapping[str, str]:
        """What the fields that people see are called, by their ids."""
        return {each.id: each.label for each in self.fields if each.kind != "hidden"}

    def _in_order(self, errors: Mapping[str, str]) -> Mapping[str, str]:
        """Return what is wrong in the order of the fields, so that it is mended from top to bottom."""
        known = {each.id: errors[each.id] for each in self.fields if each.id in errors}
        return {**known, **errors}

    def refilled(self, visit: Visit) -> "Form":
        """Return the form with what was typed, under the request id that it was sent with."""
        fields = [replace(each, value=_typed(each, visit)) for each in self.fields]
        return replace(self, fields=fields, request_id=visit.given(REQUEST_ID) or self.request_id)

    def refused(self, error: VaultError, visit: Visit) -> ConsolePage:
        """Return the page again, with what the vault refused."""
        known = frozenset(each.id for each in self.fields if each.kind != "hidden")
        errors = explanation.field_errors(error, visit, known=known, states=self.states)
        return self.refilled(visit).page(errors=errors, status=explanation.status(error))

    def act(self, visit: Visit, act: Callable[[str], str]) -> Answer:
        """Act and redirect, or show the form again. act: takes the request id, returns where to go."""
        try:
            return GoTo(act(visit.given(REQUEST_ID) or self.request_id))
        except VaultError as error:
            return self.refused(error, visit)


def _typed(field: Field, visit: Visit) -> str:
    if field.kind == "checks":
        # A page that is read before it is signed hides them in one field.
        hidden = visit.given(field.id).split()
        return " ".join(
            value for value, _ in field.options if visit.given(f"{field.id}.{value}") or value in hidden
        )
    if field.kind == "file":
        return ""
    typed, file = visit.given(field.id), visit.files.get(f"{field.id}_file")
    # A browser forgets the file when it shows the form again; its SHA-256 stays.
    return typed if file is None else "\n".join(filter(None, (typed, sha256(file.content).hexdigest())))
