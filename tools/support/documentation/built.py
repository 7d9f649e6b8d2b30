"""Checks the built site: every link leads somewhere, and nothing is loaded from elsewhere.

`python -m tools.support.documentation.built FOLDER` prints each fault; exit code 1 if there are any.
"""

import re
import sys
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser loads by itself, by tag and attribute. The links of <a> wait for a reader.
_LOADED = {
    *((tag, "src") for tag in ("audio", "embed", "iframe", "img", "script", "source", "video")),
    *((tag, "srcset") for tag in ("img", "source")),
    ("link", "href"),
    ("object", "data"),
}
# A table or a block of code that was not understood, and is shown as it was written.
_MARK = re.compile(r"\s*(?:```|\|.*\|)")
_CSS_URL = re.compile(r"(?:url\(\s*|@import\s+)[\"']?([^\"')\s]+)")


@dataclass
class _Document(HTMLParser):
    """The ids and the addresses of a page."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.add(value or "")
            elif (tag, name) == ("a", "href"):
                self.links.append(value or "")
            elif (tag, name) in _LOADED:
                self.loaded.append(value or "")

    def handle_data(self, data: str) -> None:
        if _MARK.match(data):
            self.marks.append(data.strip()[:40])


def faults(site: Path) -> list[str]:
    """Return what is wrong, each with the file in which it is."""
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"{site}: no page"]
    found = []
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        found += [f"{name}: {each} is shown as it was written" for each in page.marks]
        found += [f"{name}: loads {each}" for each in page.loaded if _is_elsewhere(each)]
        if path.name != "404.html":  # its links begin at the root of a server, wherever that is
            found += [f"{name}: {each} is not there" for each in page.loaded if _is_missing(path, each)]
            found += [f"{name}: {each} leads nowhere" for each in page.links if _is_dead(path, each, pages)]
    for path in sorted(site.rglob("*.css")):
        urls = _CSS_URL.findall(path.read_text("utf-8"))
        found += [f"{path.relative_to(site)}: loads {url}" for url in urls if _is_elsewhere(url)]
    return found


def _read(path: Path) -> _Document:
    page = _Document()
    page.feed(path.read_text("utf-8"))
    return page


def _is_elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def _is_missing(path: Path, address: str) -> bool:
    return (
        not _is_elsewhere(address)
        and not address.startswith("data:")
        and not _target(path, address).is_file()
    )


def _is_dead(path: Path, address: str, pages: dict[Path, _Document]) -> bool:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https", "mailto"):
        return False
    target = _target(path, address)
    if not parts.fragment or parts.fragment == "__skip":
        return not target.is_file()
    return target not in pages or unquote(parts.fragment) not in pages[target].ids


def _target(path: Path, address: str) -> Path:
    relative = unquote(urlsplit(address).path)
    return Path((path.parent / relative).resolve()) if relative else path


def main() -> int:
    """Print the faults of the site in the named folder."""
    found = faults(Path(sys.argv[1]).resolve())
    print("\n".join(found) or "site: every link leads somewhere, and nothing is loaded from elsewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
