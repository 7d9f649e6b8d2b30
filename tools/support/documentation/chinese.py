"""Lets the search of a built site find Chinese words, which stand in a sentence without blanks.

- The index gets a blank without width between two words, which the separator of mkdocs.yml names.
- A reader's query is cut by the words of the index, in the browser. The theme's script leaves out those that
  end the query, so that of two words the last one is not searched, and writes two wildcards after the others,
  so that they count as missing. Both are mended in the copy of the site.
"""

import json
import re
from pathlib import Path

import rjieba

BETWEEN = "\u200b"
_RUN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
# The loop over the ends of a query's parts, which stops before the end of the query.
_LOOP = re.compile(
    r"for\(let (?P<end>\w)=\w\+1;(?P=end)<(?P<query>\w)\.length;(?P=end)\+\+\)(?P=query)\.slice\("
)
_JOINED = '.join("* ")'


class SearchScriptError(Exception):
    """The theme's script of the search is not the one that is mended here."""


def separated(text: str) -> str:
    """Return a text with a blank without width on both sides of each Chinese word."""

    def cut(run: re.Match[str]) -> str:
        return BETWEEN + BETWEEN.join(rjieba.cut(run[0])) + BETWEEN

    return _RUN.sub(cut, text).strip(BETWEEN)


def prepare(site: Path) -> None:
    """Separate the words of a site's index, and mend its script; raises SearchScriptError."""
    path = site / "search" / "search_index.json"
    index = json.loads(path.read_text("utf-8"))
    for entry in index["docs"]:
        entry |= {field: separated(entry[field]) for field in ("title", "text")}
    path.write_text(json.dumps(index, ensure_ascii=False, separators=(",", ":")), "utf-8")
    for script in (site / "assets" / "javascripts" / "workers").glob("search.*.js"):
        script.write_text(mended(script.read_text("utf-8")), "utf-8")


def mended(script: str) -> str:
    """Return the script of the search, which also tries what ends a query; raises SearchScriptError."""
    loops, joined = list(_LOOP.finditer(script)), script.count(_JOINED)
    if (len(loops), joined) != (1, 1):
        raise SearchScriptError("the theme cuts queries in another way: look whether it must still be mended")
    (found,) = loops
    end, query = found["end"], found["query"]
    loop = found[0].replace(f"{end}<{query}.length", f"{end}<={query}.length")
    return (script[: found.start()] + loop + script[found.end() :]).replace(_JOINED, '.join(" ")')
