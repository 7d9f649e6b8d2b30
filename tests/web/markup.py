"""What a page is made of: its forms with their fields, its links, and its text."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """A form as it would be sent untouched. hidden: the names of the fields that nobody sees."""

    method: str
    action: str
    has_file: bool
    fields: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)


@dataclass
class Markup(HTMLParser):
    """A page that was read. sources: of what a browser fetches by itself."""

    path: str
    language: str = ""
    forms: list[Form] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    _marked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "html":
            self.language = given["lang"]
        elif tag == "a":
            self.links.append(given["href"])
            self._marked = ["a"] if "lang" in given else []
        elif tag == "button":
            self._marked = ["button"] if "lang" in given else []
        elif tag in ("link", "script"):
            self.sources.append(given.get("href") or given.get("src") or "inline")
        elif tag == "form":
            action = given.get("action", self.path)
            self.forms.append(Form(given["method"], action, given.get("enctype") == "multipart/form-data"))
        # A browser does not send a field without a name.
        elif tag in ("input", "textarea") and self.forms and "name" in given:
            self._field(given)

    def _field(self, given: dict[str, str]) -> None:
        form = self.forms[-1]
        form.fields.setdefault(given["name"], given.get("value", ""))
        if given.get("type") == "hidden":
            form.hidden.add(given["name"])

    def handle_endtag(self, tag: str) -> None:
        if self._marked == [tag]:
            self._marked = []

    def handle_data(self, data: str) -> None:
        # A link or button in the other language says so by an attribute, for readers and for this test.
        if data.strip() and not self._marked:
            self.texts.append(data.strip())


def read(text: str, *, path: str) -> Markup:
    """Read a page. path: where it was, for a form that names no address."""
    markup = Markup(path)
    markup.feed(text)
    return markup
