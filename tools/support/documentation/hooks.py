"""What mkdocs calls while it builds the site: pages from outside docs/, links, the other language."""

from collections import Counter
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from tools.support.documentation import api, chinese, links, lists, names

ROOT = Path(__file__).resolve().parents[3]
# Pages that are looked up and not read: whoever searches for a word finds the guides before them.
_LOOKED_UP = (
    "adr/",
    "api/",
    "benchmarks/",
    "formats.md",
    "project/CHANGELOG.md",
    "reference.md",
    "reliability.md",
)
_SEARCH = 'data-md-component="search" role="dialog"'


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the root and the API reference."""
    if _language(config) == "en":
        for name in links.ROOT_PAGES:
            text = (ROOT / name).read_text("utf-8")
            files.append(File.generated(config, f"project/{name}", content=text))
        for name, text in api.pages().items():
            files.append(File.generated(config, f"api/{name}.md", content=text))
    return files


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> Navigation:
    """Refuse a page that stands twice in the navigation, of which mkdocs says nothing; raises PluginError."""
    counted = Counter(page.file.src_uri for page in nav.pages)
    if twice := [uri for uri, count in counted.items() if count > 1]:
        raise PluginError(f"more than once in nav: {', '.join(twice)}")
    return nav


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Return the page as mkdocs' parser reads it, with links of the site."""
    if page.file.src_uri.startswith(_LOOKED_UP):
        page.meta["search"] = {"boost": 0.2}
    if page.file.src_uri.startswith("api/"):
        return markdown
    return lists.indented(links.rewritten(markdown, source=_source(page, config), language=_language(config)))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let the long names in tables be broken after an underscore, where there is no room."""
    return names.breakable(html)


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Any) -> dict[str, Any]:
    """Offer the same page in the other language, or that language's first page."""
    own, is_chinese = page.file.src_uri, _language(config) == "zh"
    there = ROOT / "docs" / own if is_chinese else ROOT / "docs" / "zh" / own
    other = (own if there.is_file() else "index.md").removesuffix(".md") + ".html"
    # Written in this way mkdocs does not take the folder for the one of the same name in this site.
    english = f"../{other.replace('people/', '%70eople/')}" if is_chinese else page.url
    config.extra["alternate"] = [
        {"name": "English", "lang": "en", "link": english},
        {"name": "中文", "lang": "zh", "link": page.url if is_chinese else f"zh/{other}"},
    ]
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Name the dialog of the search, which the theme does not, for whoever hears the page."""
    name = {"en": "Search", "zh": "搜索"}[_language(config)]
    return output.replace(_SEARCH, f'{_SEARCH} aria-label="{name}"')


@event_priority(-50)  # the search has written its index, and `offline` has not yet read it
def on_post_build(config: MkDocsConfig) -> None:
    """Let the search of the site find Chinese words; raises SearchScriptError."""
    chinese.prepare(Path(config.site_dir))


def _language(config: MkDocsConfig) -> str:
    return str(config.theme["language"])


def _source(page: Page, config: MkDocsConfig) -> str:
    uri = page.file.src_uri
    if uri.startswith("project/"):
        return uri.removeprefix("project/")
    return f"docs/zh/{uri}" if _language(config) == "zh" else f"docs/{uri}"
