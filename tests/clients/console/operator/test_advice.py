"""What the doctor says is shown in Chinese on Chinese pages, and stays as it was on English ones."""

import ast
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

import idvault
from idvault.core import check
from idvault.core.check import AilmentError, Check
from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.custody.handover import acts as handover
from idvault.processes.bootstrap.base import Deployment, urls
from idvault.processes.bootstrap.checks import asked, contents, environment, notification
from idvault.processes.notifier import file
from idvault_people.console.operator import advice
from idvault_people.console.operator.advice_texts import ADVICE
from idvault_people.console.operator.texts import OPERATOR
from idvault_people.console.visit import Visit
from idvault_verify.clock import ClockReading
from tests.support.operator_room import OperatorRoom
from tools.support import logs

PACKAGE = Path(idvault.__file__).parent
SOURCES = [Path(str(each.__file__)) for each in (check, contents, environment, handover, notification)]
SHORT = 8
# Said before a process starts, or by one about itself; the doctor does not make these checks.
ELSEWHERE = {
    "cannot be in force: {}",
    "cannot be listened on: another process has it, or the host is not ours",
    "{} is not the unencrypted private key of this certificate",
    "has expired: get a new one",
    "is another process's file: this one needs {}.keys",
    "lacks keys for {}: run `idvault keys complete`",
    "is not a folder that this user may write to",
    "a database does not answer",
}
_OF_THE_FILE = ("notification_file", "notification_unread")
# Put together of several texts: each whole one is a text of its own here.
WHOLE = {
    "this host's clock differs from the {} by {} s{}": ("clock_database", "clock_registry"),
    "{} {}: {} until the {} answers there": ("registry_other", "enterprise_other"),
    "the drill of {} is overdue; {}: have them run `idvault-people custodian drill`, and replace those who "
    "cannot while enough others still can": ("drill_late", "drill_few"),
    "{} belongs to another user than the file in {}: chown it to that user{}": (
        *("owner_folder", "owner_public", "owner_of", "owner_in"),
    ),
    "{} cannot be used: {}": _OF_THE_FILE[:1],
    "{} cannot be read: {}": _OF_THE_FILE[1:],
}


def visit(language: str) -> Visit:
    """Return a visit in a language."""
    return Visit(
        language=language,
        say=lambda key, **values: str(OPERATOR[key].in_language(language)).format(**values),
        path="/doctor",
        parts={},
        query={},
        fields={},
        files={},
    )


def at_start() -> ClockReading:
    """Return a reading of a clock that stands still."""
    return ClockReading(logs.START, logs.START)


def raised() -> Iterator[str]:
    """Yield what the doctor's checks raise, with a blank for each value."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("AilmentError", "Finding"):
                yield from filter(None, map(template, node.args))


def template(node: ast.expr) -> str:
    """Return a text with a blank for each value; "" for what is no text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def blank(english: str) -> str:
    """Return a text of the catalogue with nameless blanks."""
    return "".join(
        before + ("" if name is None else "{}") for before, name, _, _ in Formatter().parse(english)
    )


def test_every_advice_of_a_check_is_known() -> None:
    """What the doctor's checks raise has its Chinese, and no text here is one that nobody says."""
    known = {blank(each.english) for each in ADVICE.values()}
    said = {*raised()}
    assert len(said) > 25
    assert said - known - {*WHOLE} == ELSEWHERE
    whole = {f"advice.{key}" for keys in WHOLE.values() for key in keys}
    rest = {key for key, each in ADVICE.items() if blank(each.english) not in said} - whole
    assert all(ADVICE[f"advice.{key}"].english.startswith(file.NAME) for key in _OF_THE_FILE)
    trees = [ast.parse(each.read_text("utf-8")) for each in SOURCES]
    constants = [
        str(part.value) for tree in trees for part in ast.walk(tree) if isinstance(part, ast.Constant)
    ]
    for key in rest:
        pieces = [piece for piece, _, _, _ in Formatter().parse(ADVICE[key].english)]
        clauses = [word for piece in pieces for word in re.split("; |: |, and |, ", piece)]
        assert any(clause in each for clause in clauses if len(clause) > SHORT for each in constants), key


@pytest.mark.parametrize("key", ADVICE)
def test_each_text_is_shown_in_chinese(key: str) -> None:
    """It is found by what the vault says, with its values; what a program says is marked as English."""
    names = [name for _, name, _, _ in Formatter().parse(ADVICE[key].english) if name]
    values = {name: f"<{name}>" for name in names}
    told = advice.in_language(ADVICE[key].english.format(**values), visit("zh"))
    assert told is not None
    for name in names:
        marked = f'<span lang="en">&lt;{name}&gt;</span>'
        assert (marked in told) == (name in ("error", "servers", "shares"))
        assert f"&lt;{name}&gt;" in told
    plain = ADVICE[key].in_language("zh").partition("{")[0]
    assert str(told).startswith(plain.replace("'", "&#39;"))
    assert advice.in_language(ADVICE[key].english.format(**values), visit("en")) is None


def test_several_things_and_unknown_ones() -> None:
    """Each of several is translated; if one is not known, all stay English, as what is not known at all."""
    full = "the disk of IDVAULT_BACKUP_DIR has 9 MB left, and the next backup fails: free some space"
    gone = "the folder of IDVAULT_PUBLIC_DIR cannot be read: create it"
    told = advice.in_language(f"{gone}; {full}", visit("zh"))
    assert told == (
        "IDVAULT_PUBLIC_DIR的文件夹无法读取：请创建；"
        "IDVAULT_BACKUP_DIR所在磁盘只剩9 MB，下次备份会失败：请腾出空间"
    )
    for unknown in (f"{gone}; free a gigabyte", "free a gigabyte", ""):
        assert advice.in_language(unknown, visit("zh")) is None


FULL = {
    "IDVAULT_DATABASE_URL": "写满后拒绝一切更改",
    "IDVAULT_SHRED_DATABASE_URL": "写满后拒绝一切更改",
    "IDVAULT_PUBLIC_DIR": "写满后不再发布新内容",
    "IDVAULT_BACKUP_DIR": "下次备份会失败",
}


def on_disks(folder: Path) -> Settings:
    """Return settings with a folder for each thing that fills a disk."""
    return Settings(
        database_url=SecretStr(f"sqlite:///{folder}/main.db"),
        shred_database_url=SecretStr(f"sqlite:///{folder}/shred.db"),
        public_dir=folder / "public",
        backup_dir=folder / "backup",
    )


def test_four_full_disks_are_each_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting keeps its own consequence, and nothing of it is English."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=5_000_000))
    with pytest.raises(AilmentError) as ill:
        environment.check_disks(on_disks(tmp_path))
    told = advice.in_language(str(ill.value), visit("zh"))
    assert told is not None
    assert str(told).split("；") == [
        f"{name}所在磁盘只剩5 MB，{text}：请腾出空间" for name, text in FULL.items()
    ]


def test_two_missing_folders_are_each_named(tmp_path: Path) -> None:
    """The disks of the databases are there and have room; two folders are not."""
    with pytest.raises(AilmentError) as ill:
        environment.check_disks(on_disks(tmp_path))
    assert advice.in_language(str(ill.value), visit("zh")) == (
        "IDVAULT_PUBLIC_DIR的文件夹无法读取：请创建；IDVAULT_BACKUP_DIR的文件夹无法读取：请创建"
    )


async def test_two_databases_that_are_away_are_each_named() -> None:
    """Nothing listens at either address; only why is English, and marked so."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        settings = Settings(
            database_url=SecretStr(f"postgresql://idvault@127.0.0.1:{port}/main"),
            shred_database_url=SecretStr(f"postgresql://idvault@127.0.0.1:{port}/shred"),
        )
        main, shred = (Database(url=url) for url in urls(settings))
        deployment = Deployment(settings=settings, clock=at_start, main=main, shred=shred)
        with pytest.raises(AilmentError) as ill:
            await environment.check_databases(deployment)
    await main.close()
    await shred.close()
    why = '<span lang="en">nothing listens there</span>'
    assert advice.in_language(str(ill.value), visit("zh")) == (
        f"IDVAULT_DATABASE_URL的数据库无法使用：{why}；IDVAULT_SHRED_DATABASE_URL的数据库无法使用：{why}"
    )


def test_only_a_programs_words_may_have_several_parts() -> None:
    """A long text of one check is found among others, and no blank but that of an error hides another one."""
    lost = ADVICE["advice.handover_lost"]
    waits = ADVICE["advice.handover_waits"].english.format(shares="<b>li</b>")
    gone = "the folder of IDVAULT_PUBLIC_DIR cannot be read: create it"
    away = "the database of IDVAULT_DATABASE_URL cannot be used: a; b"
    several = advice.in_language(f"{gone}; {lost.english.format(shares='li')}; {away}", visit("zh"))
    parts = (
        "IDVAULT_PUBLIC_DIR的文件夹无法读取：请创建",
        str(lost.in_language("zh")).format(shares='<span lang="en">li</span>'),
        'IDVAULT_DATABASE_URL的数据库无法使用：<span lang="en">a; b</span>',
    )
    assert several == "；".join(parts)
    assert advice.in_language(waits, visit("zh")) is not None
    assert advice.in_language("the folder of A; B cannot be read: create it", visit("zh")) is None


async def test_the_chinese_page_says_it_in_chinese(
    office: OperatorRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the page of the check and on the first page; the English page has the doctor's own words."""

    async def ill() -> None:
        raise AilmentError(
            "the database of IDVAULT_DATABASE_URL cannot be used: nothing <b>listens</b> there"
        )

    async def well() -> None:
        return None

    checks = [Check("databases", ill), Check("log", well, needs="databases")]
    monkeypatch.setattr(asked, "by_operator", lambda _deployment: checks)
    visitor = await office.enter(**{"Accept-Language": "zh"})
    shown = (
        "IDVAULT_DATABASE_URL的数据库无法使用："
        '<span lang="en">nothing &lt;b&gt;listens&lt;/b&gt; there</span>'
    )
    page = await visitor.get("/doctor")
    assert shown in page.text
    assert "<p>未检查：请先解决“数据库”的问题</p>" in page.text
    assert shown in (await visitor.get("/")).text
    english = await visitor.get("/doctor?lang=en")
    assert "cannot be used: nothing &lt;b&gt;listens&lt;/b&gt; there</span>" in english.text
    assert "not checked: mend databases first" in english.words
