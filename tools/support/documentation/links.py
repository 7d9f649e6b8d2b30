"""Links between the pages of the repository, as links between the pages of the site.

- A page of docs/ keeps its place. A page of the root (README.md) becomes project/README.md.
- proto/ becomes the API reference.
- A link to anything else of the repository becomes its text and its path: it is not on the site.
- A link to the other language becomes HTML: mkdocs would look for its page in this site, and warn. So does a
  picture on a page in Chinese: all are in docs/pages, which is in the English site.
"""

import posixpath
import re
from pathlib import PurePosixPath

ROOT_PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
_LINK = re.compile(r"(?<!!)\[([^\]\[]*(?:\[[^\]]*\][^\]\[]*)*)\]\(([^)#:\s]+)(#[^)\s]*)?\)")
_PICTURE = re.compile(r"!\[([^\]]*)\]\((\.\./[^)\s]+)\)")


def rewritten(text: str, *, source: str, language: str = "en") -> str:
    """Return the page with links of the site. source: the path of the page in the repository."""
    here = posixpath.dirname(place(source, language=language) or "")

    def replace(link: re.Match[str]) -> str:
        words, target, anchor = link[1], link[2], link[3] or ""
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
        found = place(path, language=language)
        if found is None:
            return words if words.strip("`") == path else f"{words} (`{path}`)"
        there = f"{posixpath.relpath(found, here or '.')}{anchor}"
        leads_out = path.startswith("docs/zh/") == (language == "en")
        return f'<a href="{there}">{words}</a>' if leads_out else f"[{words}]({there})"

    if language == "zh":
        text = _PICTURE.sub(r'<a href="\2"><img src="\2" alt="\1"></a>', text)
    return _LINK.sub(replace, text)


def place(path: str, *, language: str = "en") -> str | None:
    """Return where a path of the repository is on the site of a language, None if it is not there."""
    if path in ROOT_PAGES:
        found = f"project/{path}"
    elif path in ("proto", "proto/idvault/v1"):
        found = "api/index.md"
    elif path.startswith("docs/"):
        found = path.removeprefix("docs/")
    else:
        return None
    if language == "en":
        return _built(found) if found.startswith("zh/") else found
    # The site in Chinese is in the folder zh/ of the other one, whose pages mkdocs does not know here.
    return found.removeprefix("zh/") if found.startswith("zh/") else f"../{_built(found)}"


def _built(page: str) -> str:
    """Return the file that mkdocs makes of a page."""
    path = PurePosixPath(page)
    if path.suffix != ".md":
        return page
    return str(path.with_name("index.html") if path.stem == "README" else path.with_suffix(".html"))
