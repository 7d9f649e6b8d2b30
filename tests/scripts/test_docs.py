"""The documentation site: its pages, its links, and that a reader needs no network."""

import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import material  # type: ignore[import-untyped]
import pytest
from mkdocs.commands import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, PluginError
from mkdocs.structure.files import get_files
from mkdocs.structure.nav import get_navigation

from tools.support.browser import browsing, equip
from tools.support.documentation import api, built, chinese, contract, hooks, links, lists, names, searched

ROOT = Path(__file__).resolve().parents[2]


def site(folder: Path, pages: dict[str, str], *, config: str = "mkdocs.yml", **more: Any) -> Path:
    """Build some pages with the settings of the project's site; return the folder of the site."""
    for name, text in pages.items():
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    given: dict[str, Any] = {"docs_dir": f"{folder / 'docs'}", "site_dir": f"{folder / 'site'}", "hooks": []}
    nav = [name for name in pages if name.endswith(".md")]
    build.build(load_config(f"{ROOT / config}", **given, nav=nav, extra_css=[], **more))
    return folder / "site"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("text\n- a\n- b", "text\n\n- a\n- b"),
        ("- a\n  more\n\n  still\n\nend", "- a\n    more\n\n    still\n\nend"),
        ("1. a\n   ```\n     x\n   ```\n2. b", "1. a\n    ```\n      x\n    ```\n2. b"),
        ("- a\n  - b\n    c\n- d", "- a\n    - b\n        c\n- d"),
        ("```\n- no item\n  x\n```\n", "```\n- no item\n  x\n```\n"),
        ("- a\n\n  b\n- c", "- a\n\n    b\n\n- c"),
        ("| a |\n|---|\n<!-- x -->\n| b |", "| a |\n|---|\n| b |"),
        ("```example leaf\nx\n```", "```example\nx\n```"),
        ("| a |\n|---|\n| b |", "| a |\n|---|\n| b |"),
    ],
)
def test_lists_are_indented_for_the_parser(page: str, expected: str) -> None:
    """What belongs to an item in CommonMark is indented by four blanks; other text stays."""
    assert lists.indented(page) == expected


@pytest.mark.parametrize(
    ("source", "target", "language", "expected"),
    [
        ("README.md", "docs/log.md#follow-it", "en", "[x](../log.md#follow-it)"),
        ("docs/log.md", "../CHANGELOG.md", "en", "[x](project/CHANGELOG.md)"),
        ("README.md", "proto/idvault/v1", "en", "[x](../api/index.md)"),
        ("docs/log.md", "../clients/examples/node", "en", "x (`clients/examples/node`)"),
        ("docs/index.md", "zh/index.md", "en", '<a href="zh/index.html">x</a>'),
        ("docs/zh/people/check.md", "identity.md#opened", "zh", "[x](identity.md#opened)"),
        ("docs/zh/people/check.md", "../../adr/README.md", "zh", '<a href="../../adr/index.html">x</a>'),
        ("docs/log.md", "https://vault.example/log", "en", "[x](https://vault.example/log)"),
    ],
)
def test_links_are_those_of_the_site(source: str, target: str, language: str, expected: str) -> None:
    """A link keeps its target where the site has it; else its text and path are left."""
    assert links.rewritten(f"[x]({target})", source=source, language=language) == expected


def test_a_picture_on_a_page_in_chinese_is_that_of_the_english_site() -> None:
    """It keeps its address, as HTML; on an English page nothing changes."""
    picture = "![队列](../pages/queue-zh.png)"
    made = links.rewritten(picture, source="docs/zh/moderation.md", language="zh")
    assert made == '<a href="../pages/queue-zh.png"><img src="../pages/queue-zh.png" alt="队列"></a>'
    assert links.rewritten(picture, source="docs/people/check.md") == picture


def test_the_reference_has_every_method_message_and_enum() -> None:
    """Each has its heading; a method has its roles and statuses, and each value its meaning."""
    pages = api.pages()
    for file in contract.load():
        page = pages[file.name]
        for where, service in file.services():
            for place, method in file.methods(where, service):
                section = page.split(f"### {method.name} {{ #{service.name}.{method.name} }}")[1]
                section = section.split("\n### ")[0]
                assert f"Called by **{', '.join(contract.roles(method))}**" in section
                assert contract.roles(method)
                assert "\nStatuses:\n\n- " in section
                assert file.comments[place].split()[0] in section
        for _, name, message in file.messages():
            section = page.split(f"### {name} {{ #{name} }}")[1].split("\n### ")[0]
            assert [field.name for field in message.field if f"| `{field.name}` |" not in section] == []
        for _, name, enum in file.enums():
            section = page.split(f"### {name} {{ #{name} }}")[1].split("\n### ")[0]
            assert [value.name for value in enum.value if f"| `{value.name}` |" not in section] == []
    fields = [each for file in contract.load() for *_, message in file.messages() for each in message.field]
    marked = sum(page.count(", *personal* |") for page in pages.values())
    assert marked == sum(contract.is_personal(each) for each in fields) > 5
    methods = sum(len(service.method) for file in contract.load() for _, service in file.services())
    assert pages["index"].count("\n| [") == methods > 80


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ('<script src="https://cdn.example/a.js"></script>', "loads https://cdn.example/a.js"),
        ('<link rel="stylesheet" href="//cdn.example/a.css">', "loads //cdn.example/a.css"),
        ('<img src="lost.png">', "lost.png is not there"),
        ('<a href="lost.html">x</a>', "lost.html leads nowhere"),
        ('<a href="#lost">x</a>', "#lost leads nowhere"),
        ("<p>```example leaf</p>", "```example leaf is shown as it was written"),
        ("<p>| a | b |</p>", "| a | b | is shown as it was written"),
        ('<a href="index.html#there" id="there">x</a><a href="https://vault.example">y</a>', ""),
    ],
)
def test_what_a_page_loads_and_links_to_is_there(tmp_path: Path, page: str, fault: str) -> None:
    """A file from elsewhere, a lost file, a dead link and a dead anchor are each named."""
    (tmp_path / "index.html").write_text(page, "utf-8")
    assert built.faults(tmp_path) == ([f"index.html: {fault}"] if fault else [])


def test_a_style_that_loads_from_elsewhere_is_found(tmp_path: Path) -> None:
    """A font or an import of another host in a style sheet is a fault, and so is a site without pages."""
    assert built.faults(tmp_path) == [f"{tmp_path}: no page"]
    (tmp_path / "index.html").write_text("<p>", "utf-8")
    (tmp_path / "a.css").write_text('@import "https://cdn.example/b.css"; a { src: url(c.woff2) }', "utf-8")
    assert built.faults(tmp_path) == ["a.css: loads https://cdn.example/b.css"]


@pytest.mark.parametrize("broken", ["[x](#lost)", "[x](lost/README.md)", "[x](index.md#lost)"])
def test_a_broken_link_stops_the_build(tmp_path: Path, broken: str) -> None:
    """A link to a page or an anchor that is not there is an error."""
    site(tmp_path, {"index.md": "# a\n\n[x](#a)\n"})
    with pytest.raises(Abort):
        site(tmp_path, {"index.md": f"# a\n\n{broken}\n"})


def test_the_script_hides_no_warning() -> None:
    """Each build is strict and not quiet: mkdocs drops warnings with --quiet before --strict counts them."""
    script = (ROOT / "scripts" / "docs").read_text("utf-8")
    builds = [line for line in script.splitlines() if "-m mkdocs build" in line]
    assert builds
    assert all("--strict" in each and "--quiet" not in each for each in builds)


def test_a_page_that_stands_twice_stops_the_build(tmp_path: Path) -> None:
    """A page has one place in the navigation."""
    site(tmp_path, {"index.md": "# a\n"})
    config = load_config(f"{ROOT / 'mkdocs.yml'}", docs_dir=f"{tmp_path / 'docs'}", hooks=[], extra_css=[])
    for nav, twice in ((["index.md"], False), (["index.md", {"again": "index.md"}], True)):
        config.nav = nav
        files = get_files(config)
        found = get_navigation(files, config)
        if twice:
            with pytest.raises(PluginError, match=r"more than once in nav: index\.md"):
                hooks.on_nav(found, config, files)
        else:
            assert hooks.on_nav(found, config, files) is found


def pages_of(nav: Any) -> Iterator[str]:
    """Yield the pages of a part of the navigation, in order."""
    if isinstance(nav, str):
        yield nav
    for each in nav.values() if isinstance(nav, dict) else nav if isinstance(nav, list) else ():
        yield from pages_of(each)


@pytest.mark.parametrize(("config", "folder"), [("mkdocs.yml", "docs"), ("mkdocs.zh.yml", "docs/zh")])
def test_the_first_page_leads_to_the_quick_start_and_to_each_reader(config: str, folder: str) -> None:
    """The quick start comes first; each part of the navigation has a row that begins with its page."""
    page, language = (ROOT / folder / "index.md").read_text("utf-8"), "zh" if "zh" in config else "en"
    assert 0 < page.index("](quick-start.md)") < page.index("\n|")
    begin, *parts = ([*pages_of(part)] for part in load_config(f"{ROOT / config}").nav or ())
    assert begin == ["index.md", "quick-start.md"]
    rows = re.findall(r"^\| \*\*.*?\]\(([^)#]+)", page, re.MULTILINE)
    read = [links.place(posixpath.normpath(f"{folder}/{each}"), language=language) for each in rows]
    owners = [number for each in read for number, part in enumerate(parts) if each in part]
    assert owners == [*range(len(parts))]


def test_chinese_words_are_separated() -> None:
    """Each word of a sentence in Chinese is by itself; what is not Chinese stays as it is."""
    words = chinese.separated("举报人可以申诉。See <code>acts</code>，由保管人决定").split(chinese.BETWEEN)
    assert words == ["举报人", "可以", "申诉", "。See <code>acts</code>，", "由", "保管人", "决定"]
    assert chinese.separated("Nothing (here).") == "Nothing (here)."


def test_the_search_tries_what_ends_a_query() -> None:
    """The theme's script is mended in two places; one that cuts queries otherwise stops the build."""
    (script,) = Path(material.__path__[0]).glob("templates/assets/javascripts/workers/search.*.js")
    theme = script.read_text("utf-8")
    mended = chinese.mended(theme)
    assert (mended == theme, len(mended)) == (False, len(theme))
    with pytest.raises(chinese.SearchScriptError):
        chinese.mended(mended)


def test_long_names_in_tables_can_be_broken() -> None:
    """After each underscore of a name in a cell; elsewhere nothing changes."""
    cell, sentence = "<td><code>A_B_C</code>, so</td>", "<p><code>A_B_C</code></p>"
    made = names.breakable(f"{cell}\n{sentence}")
    assert made == f"<td><code>A_<wbr>B_<wbr>C</code>, so</td>\n{sentence}"


@pytest.fixture(scope="module")
def chinese_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site in Chinese, as it is built, with the style that it shares with the English one."""
    folder = tmp_path_factory.mktemp("site")
    build.build(load_config(f"{ROOT / 'mkdocs.zh.yml'}", site_dir=f"{folder / 'zh'}"))
    shutil.copytree(ROOT / "docs" / "site", folder / "site")
    return folder / "zh"


def test_chinese_words_are_found(chinese_site: Path) -> None:
    """Each word of the table finds its page among the first."""
    assert len(searched.CHINESE) >= 10
    assert searched.faults(chinese_site, searched.CHINESE) == []
    # The end of a word is not a word.
    (found,) = searched.search(chinese_site, ["诉"])
    assert found == []


def test_pages_fit_the_window_and_can_be_read(chinese_site: Path) -> None:
    """Nothing is wider than a small or a large window, and each colour stands out, by day and by night."""
    rules = """axe.run({runOnly: ["color-contrast", "aria-dialog-name"]}).then(found => found.violations.map(
        each => [each.id, each.nodes[0].html]))"""
    with browsing() as browser:
        page = browser.new_page()
        equip(page)
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            for name in ("moderation", "disclosure", "hand-over", "index", "quick-start"):
                page.goto((chinese_site / f"{name}.html").as_uri())
                assert page.evaluate("document.documentElement.scrollWidth") == width, name
            page.emulate_media(color_scheme="light")
            assert page.evaluate(rules) == []
            page.emulate_media(color_scheme="dark")
            page.reload()
            assert page.evaluate(rules) == []


def test_english_words_are_found(tmp_path: Path) -> None:
    """So does each word whose page is short; scripts/docs searches the whole site for all of them."""
    expected = {word: page for word, page in searched.ENGLISH.items() if is_short(page)}
    names = {page.replace(".html", ".md") for page in expected.values()}
    pages = {name: (ROOT / "docs" / name).read_text("utf-8") for name in sorted(names)}
    made = site(tmp_path, {"index.md": "# a\n", **pages}, strict=False)
    chinese.prepare(made)
    assert len(expected) >= 10
    assert searched.faults(made, expected) == []
    lost = searched.faults(made, {"appeal": "log.html", "xyzzy": "log.html"})
    assert lost[1] == "xyzzy: log.html is not among the first 3 pages found: none"
    assert lost[0].startswith("appeal: log.html is not among the first 3 pages found: people/decisions.html")


def is_short(page: str) -> bool:
    """Return whether a page of docs/ is built in a moment."""
    path = (ROOT / "docs" / page).with_suffix(".md")
    return path.is_file() and path.stat().st_size < 45_000


def test_the_search_works_in_a_page_that_was_opened_as_a_file(tmp_path: Path) -> None:
    """A word in Chinese is found without a server, and nothing is asked of the network."""
    shim = (ROOT / "docs" / "site" / "iframe-worker.js").read_text("utf-8")
    pages = {"index.md": "# 首页\n", "receipt/README.md": "# 回执\n\n验证\n", "shim/iframe-worker.js": shim}
    extra = {"polyfills": ["shim/iframe-worker.js"], "generator": False}
    made = site(tmp_path, pages, config="mkdocs.zh.yml", extra=extra)
    assert built.faults(made) == []
    asked: list[str] = []
    with browsing() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((made / "index.html").as_uri())
        page.focus(".md-search__input")
        page.keyboard.insert_text("回执")
        found = page.locator(".md-search-result__item h1")
        for _ in range(300):
            page.keyboard.press("Shift")  # as an input method does, which ends with a key
            if found.count():
                break
            page.wait_for_timeout(100)
        assert found.first.inner_text() == "回执"
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}
