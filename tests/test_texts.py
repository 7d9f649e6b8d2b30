"""The catalogues of texts: nothing is missing, stale or unused, and both languages have the same blanks."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from idvault_verify.text import Text, texts_of
from tools.support.generate import texts
from tools.support.project import ROOT, expect_none

PACKAGES = texts.packages()
HAN = re.compile("[\u4e00-\u9fff]")
# What each page offers is the name of the other language.
NAME_OF_A_LANGUAGE = "中文"
# Texts that name the console or the pages themselves, which the base looks up.
OF_THE_BASE = {"service"}

# English texts that are two things, which no context tells apart yet; with the reason of each.
TWO_THINGS = {
    "Back": "in a report it leads to the step before, in a console to the page that one came from",
    "Back to the list": "accounts in one's own name are told as an inventory, a queue is a list",
    "Cancelled": "the time of it beside an erasure, the state of a disclosure in a console",
    "Details": "a button that shows numbers to copy, and the particulars of a case",
    "Document": "what a person proves his identity with, and the paper of an order",
    "Name": "of a person in a form, and of a person or an organisation in an opened record",
    "Place": "where reported content stands, and an entry's position in the log",
    "What happened": "the newest of an account, and how an authority handled a matter",
    "approved": "the report counts acts, a custodian reads his verdict",
    "cancelled": "the report counts acts, an owner reads the state of the erasure",
    "closed": "the report counts acts, the pages tell a state",
    "{time} ({left})": "on a hosted page the time ends with a bracket of its own",
    "withdrawn": "a verification is taken away, a proposal or an order is taken back",
}


@cache
def catalogue(package: Path) -> Catalog:
    with texts.translations(package).open("rb") as file:
        return read_po(file, locale=texts.LANGUAGE)


def messages() -> Iterator[tuple[str, Message]]:
    for package in PACKAGES:
        yield from ((f"{package.name}: {each.id}", each) for each in catalogue(package) if each.id)


def every() -> Iterator[tuple[str, Message]]:
    """Yield the English of each message of all catalogues, with the message."""
    yield from ((str(each.id), each) for package in PACKAGES for each in catalogue(package) if each.id)


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _bare(message: Message) -> str:
    return re.sub(r"\{\w+\}|\W", "", str(message.string))


def test_catalogues_are_fresh() -> None:
    """Each catalogue has the messages of the code and no other, and the .mo is that of the .po."""
    assert texts.stale() == [], "run scripts/fix"
    assert {package.name for package in PACKAGES} == {
        "idvault",
        "idvault_client",
        "idvault_people",
        "idvault_verify",
    }


def test_every_message_has_its_chinese() -> None:
    """No message waits for its Chinese, and none for somebody who reads what a tool proposed."""
    expect_none(name for name, each in messages() if each.fuzzy or not str(each.string).strip())
    expect_none(str(name) for package in PACKAGES for name in catalogue(package).obsolete)


def test_both_languages_have_the_same_blanks() -> None:
    """A text without one of its values would hide it."""
    expect_none(name for name, each in messages() if blanks(str(each.id)) != blanks(str(each.string)))


def test_each_language_is_written_in_its_script() -> None:
    """English has no Chinese in it; Chinese has some, unless there is nothing but blanks and names."""
    for name, each in messages():
        if each.id != NAME_OF_A_LANGUAGE:
            assert not HAN.search(str(each.id)), name
            assert HAN.search(str(each.string)) or not _bare(each), name


def test_a_text_is_found_in_its_catalogue() -> None:
    """Every text of the code is in both languages; a context tells two of the same English apart."""
    for package in PACKAGES:
        for use in texts.uses(package):
            text = Text(use.english, package.name, use.context)
            known = catalogue(package).get(use.english, use.context or None)
            assert known is not None, use
            assert (text.in_language("en"), text.in_language("zh-CN")) == (use.english, known.string)
    make = texts_of("idvault_verify.report.moderation")
    assert make("impersonation").in_language("zh") == "冒充他人"
    with pytest.raises(ValueError, match="zh and en"):
        make("impersonation").in_language("fr")


def test_a_context_tells_something_apart() -> None:
    """An English text has contexts only where its Chinese differs."""
    found: dict[tuple[str, str], set[object]] = {}
    contexts: dict[tuple[str, str], set[str | None]] = {}
    for package in PACKAGES:
        for each in catalogue(package):
            found.setdefault((package.name, str(each.id)), set()).add(each.string)
            contexts.setdefault((package.name, str(each.id)), set()).add(each.context)
    expect_none(f"{name}" for name in found if len(found[name]) != len(contexts[name]))
    chinese: dict[str, set[object]] = {}
    for english, each in every():
        chinese.setdefault(english, set()).add(each.string)
    expect_none(f"{name}" for name in found if contexts[name] - {None} and len(chinese[name[1]]) == 1)


def test_one_english_text_is_one_chinese_text() -> None:
    """In all catalogues together, unless a context or a reason says why it is another one."""
    found: dict[str, set[str]] = {}
    for english, each in every():
        if each.context is None:
            found.setdefault(english, set()).add(str(each.string))
    expect_none(
        f"{english}: {sorted(chinese)}"
        for english, chinese in found.items()
        if len(chinese) > 1 and english not in TWO_THINGS
    )


def sources() -> Iterator[Path]:
    """Yield the files that name texts: code and templates, without the modules that hold the texts."""
    for package in PACKAGES:
        for path in [*package.rglob("*.py"), *package.rglob("*.html")]:
            if not re.search(r"texts(/|\.py$)", path.relative_to(ROOT).as_posix()):
                yield path


def named() -> tuple[set[str], set[tuple[str, str]]]:
    """Return the words that code and templates name, and what stands before and after a part of a key."""
    words: set[str] = set()
    around: set[tuple[str, str]] = set()
    for path in sources():
        source = path.read_text("utf-8")
        if path.suffix == ".html":
            pairs = re.findall(r"""["'(]([A-Za-z_]+)["'=]|\b([a-z_]+)=""", source)
            words |= {word for pair in pairs for word in pair}
            around |= {(before, "") for before in re.findall(r"""["']([A-Za-z_]+)["'] ?~""", source)}
            around |= {("", after) for after in re.findall(r"""~ ?["']([A-Za-z_]+)["']""", source)}
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
            elif isinstance(node, ast.keyword) and node.arg:
                words.add(node.arg)
            elif isinstance(node, ast.AnnAssign):
                words.add(ast.unparse(node.target))
            elif isinstance(node, ast.JoinedStr):
                parts = [each.value if isinstance(each, ast.Constant) else "\0" for each in node.values]
                before, _, after = "".join(map(str, parts)).partition("\0")
                if re.fullmatch("[A-Za-z_]+", before + after):
                    around.add((before, after))
    return words, around


def test_every_text_is_used() -> None:
    """No text is left whose key nothing names, in one piece or built of a fixed part and a named one."""
    words, around = named()

    def is_used(key: str) -> bool:
        rests = (
            key.removeprefix(before).removesuffix(after)
            for before, after in around
            if key.startswith(before) and key.endswith(after) and len(key) > len(before + after)
        )
        return key in words or key.isupper() or any(is_used(rest) for rest in rests)

    keys = {use.key for package in PACKAGES for use in texts.uses(package) if use.path.stem != "page"}
    unused = {key for key in keys if key.islower() or "_" in key} - OF_THE_BASE
    expect_none(key for key in unused if "." not in key and not is_used(key))


def test_a_changed_text_waits_for_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Chinese of a text whose English changed is kept as a proposal; a computed text is refused."""
    monkeypatch.setattr(texts, "ROOT", tmp_path)
    package = tmp_path / "sample"
    package.mkdir()
    module, place = package / "texts.py", texts.translations(package)
    place.parent.mkdir(parents=True)
    head = "from idvault_verify.text import texts_of\n_ = texts_of(__name__)\n"
    module.write_text(head + 'TEXTS = {"state": _("The state of your account")}\n')
    place.write_bytes(texts.files(package)[place])
    written = place.read_text("utf-8").rstrip().removesuffix('msgstr ""')
    place.write_text(written + 'msgstr "账号状态"\n', "utf-8")
    assert "账号状态".encode() in texts.files(package)[place.with_suffix(".mo")]
    module.write_text(head + 'TEXTS = {"state": _("The state of this account")}\n')
    fresh = texts.files(package)
    assert '#, fuzzy\nmsgid "The state of this account"\nmsgstr "账号状态"' in fresh[place].decode()
    assert "账号状态".encode() not in fresh[place.with_suffix(".mo")]
    module.write_text(head + 'TEXTS = {"state": _("The" + " state")}\n')
    with pytest.raises(ValueError, match=r"texts\.py:3: a text must be written"):
        texts.files(package)
