"""A case on one screen: what is known about it, and beside that the forms of what can be done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from idvault_people.console.visit import ConsolePage
from idvault_people.moderation.form import Form
from idvault_people.moderation.shown import Link, PagePart, Row


@dataclass(frozen=True, kw_only=True, slots=True)
class CasePage:
    """One case. happened: what the last form did, and where one goes on, "" for nowhere; then: the words of
    that link, "" for the usual ones. late: says that the case is overdue, "" if it is not.

    hint: said under the title. facts: told before the form. spent, codes: as of a PagePart. main: where what
    the page is for is done. form: the decision. buttons: forms of a button alone. folded: forms that are
    shown when somebody asks for them.
    walk: the list that the case is in, the case before and the one after. keep: what a change of language
    keeps of the address, "" for all of it.
    """

    title: str
    sections: Sequence[PagePart]
    acts: Sequence[Link] = ()
    notes: Sequence[str] = ()
    hint: str = ""
    happened: Link | None = None
    then: str = ""
    late: str = ""
    aside: str = ""
    facts: Sequence[Row] = ()
    spent: int | None = None
    codes: Sequence[Row] = ()
    main: Sequence[Link] = ()
    form: Form | None = None
    buttons: Sequence[Form] = ()
    folded: Sequence[Form] = ()
    walk: Sequence[Link] = ()
    keep: str = ""

    def page(self, *, errors: Mapping[str, str] | None = None, status: int = 200) -> ConsolePage:
        """Return the page. errors: by the id of a field of the form."""
        return ConsolePage(
            template="moderation_case.html",
            title=self.title,
            values={"case": self, "labels": self._labels, **({"keep": self.keep} if self.keep else {})},
            errors=errors or {},
            status=status,
        )

    @property
    def _labels(self) -> Mapping[str, str]:
        return self.form.labels if self.form else {}

    @property
    def keys(self) -> Sequence[str]:
        """The keys that do something on this page, in the order in which they are told."""
        given = {each.key for each in (*self.walk, *self.acts)} | {each.key for each in self.buttons}
        given |= {each.key for each in self.form.fields} if self.form else set()
        return [
            *(["j k"] if given & {"j", "k"} else []),
            *(key for key in ("a", "d", "m") if key in given),
            "?",
        ]

    def ask(self) -> Form:
        """Return the form; raises ValueError if there is none."""
        if self.form is None:
            raise ValueError("a case without a form")
        return self.form

    def deciding(self, form: Form) -> "CasePage":
        """Return the case with a form that is shown again on this page if it is refused."""

        def whole(again: Form, errors: Mapping[str, str], status: int) -> ConsolePage:
            return replace(self, form=again).page(errors=errors, status=status)

        return replace(self, form=replace(form, whole=whole))
