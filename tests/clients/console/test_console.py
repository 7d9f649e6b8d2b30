"""What every console does: who may enter, forms that act once, and what leaves it."""

import asyncio
import errno
import os
import re
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from idvault_client.pages.headers import HEADERS
from idvault_people.console import server
from tests.clients.console.sample import Sample
from tests.support.console import Running, Seen, Visitor, running

_NOBODY = 65534
OUTSIDE = "open only to the browser that opened it"


@pytest.fixture
def sample() -> Sample:
    """Return the acts of a small console."""
    return Sample()


@pytest.fixture
async def console(sample: Sample, tmp_path: Path) -> AsyncIterator[Running]:
    """Run it."""
    async with running(sample.console(), tmp_path) as made:
        yield made


async def test_the_redirect_file_is_the_only_entrance(console: Running, tmp_path: Path) -> None:
    """It is for its owner alone, works once, and no other address gives a cookie."""
    assert stat.S_IMODE(console.file.stat().st_mode) == 0o600
    assert console.file.parent == tmp_path
    assert console.address.startswith("http://")
    assert ".localhost:" in console.address
    stranger = console.visitor()
    for path in ("/", "/enter/", "/enter/0", "/secret", "/file", "/nothing"):
        refused = await stranger.get(path)
        assert (refused.status, refused.headers.get("Set-Cookie")) == (403, None), path
    owner = await console.enter()
    assert (await owner.get("/")).title == "Start"
    again = console.visitor()
    late = await again.get("/enter/" + console.address.rpartition("/")[2])
    assert (late.status, OUTSIDE in late.text, again.cookies) == (403, True, {})
    assert (await again.get("/")).status == 403
    again.cookies = {"console": owner.cookies["console"][:-1] + "~"}
    assert (await again.get("/")).status == 403


async def test_every_page_says_who_works_where_and_until_when(console: Running) -> None:
    """Also one that says what failed; the whole id is there, and never alone."""
    owner = await console.enter()
    for path, status in (("/", 200), ("/nothing", 404), ("/wrong/known", 409), ("/wrong/else", 500)):
        for language, until in (
            ("en", "certificate until 12 Nov 2027"),
            ("zh", "证书有效期至2027年11月12日"),
        ):
            page = await owner.get(f"{path}?lang={language}")
            assert page.status == status
            assert f'<span title="{"0f3a9c21" * 4}">0f3a9c21</span>' in page.text, path
            assert f'<p class="where">example-chat · {until}</p>' in page.text, path


async def test_a_stranger_is_told_neither_who_works_here_nor_what_waits(
    console: Running, sample: Sample
) -> None:
    """Whatever is asked, by somebody who knows the console's random name but has not entered."""
    stranger = console.visitor()
    for path in ("/", "/nothing", "/static/nothing", "/enter/0"):
        refused = await stranger.get(path)
        assert refused.status in (403, 404), path
        assert not re.search("0f3a9c21|example-chat|<nav|/end", refused.text), path
    assert sample.counted == 0
    await (await console.enter()).get("/")
    assert sample.counted > 0


@pytest.mark.process
async def test_another_user_of_the_machine_gets_nothing(sample: Sample) -> None:
    """Not the file, whatever the folder allows, nor a page under an address that others find out."""
    with tempfile.TemporaryDirectory() as open_to_all:
        folder = Path(open_to_all)
        await asyncio.to_thread(folder.chmod, 0o755)
        async with running(sample.console(), folder) as console:
            assert _readable_by_others(console.file) == []
            port = console.visitor().port
            for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}", f"a.localhost:{port}"):
                found = await Visitor(console.session, port, host).get("/")
                assert (found.status, "Set-Cookie" in found.headers) == (421, False), host
            await console.enter()


def _readable_by_others(file: Path) -> list[str]:
    """Return how somebody else may read a file: as root by trying it as such a user, else by its mode."""
    found = ["mode"] if stat.S_IMODE(file.stat().st_mode) & 0o077 else []
    if os.geteuid() == 0:
        assert _as_nobody("ls", file.parent) == f"{file.name}\n".encode()
        found += ["content"] if _as_nobody("cat", file) else []
    return found


def _as_nobody(command: str, path: Path) -> bytes:
    done = subprocess.run(
        [command, path], capture_output=True, check=False, user=_NOBODY, group=_NOBODY, extra_groups=[]
    )
    return done.stdout


async def test_the_session_ends_with_the_process(sample: Sample, tmp_path: Path) -> None:
    """The button stops the process and removes the file; a new process knows no former cookie.

    Until it stops, the last page gets what it is drawn with, and nobody gets anything else.
    """
    async with running(sample.console(), tmp_path) as first:
        owner = await first.enter()
        outside = await first.visitor().post("/end")
        assert (outside.status, first.stop.is_set()) == (403, False)
        forged = await owner.send("/end", {"form": "0" * 26})
        assert (forged.status, first.stop.is_set()) == (403, False)
        page = await owner.get("/")
        assert (await owner.post("/end", page)).title == "The session has ended"
        assert (await owner.get("/static/style.css")).status == 200
        assert ((await owner.get("/")).status, (await owner.post("/end", page)).status) == (403, 403)
        await asyncio.wait_for(first.stop.wait(), timeout=60)
    assert not (tmp_path / "console.html").exists()
    async with running(sample.console(), tmp_path) as second:
        former = second.visitor()
        former.cookies = owner.cookies
        assert former.host != owner.host
        assert (await former.get("/")).status == 403


async def test_another_name_for_this_machine_is_refused(console: Running) -> None:
    """DNS rebinding: a page whose name leads to this machine gets nothing, and uses no token up."""
    visitor = console.visitor()
    entrance = urlsplit(console.address).path
    alone, port = visitor.host.split(":")
    names = [
        f"{each}{end}"
        for each in ("127.0.0.1", "localhost", "evil.example", f"x.{alone}")
        for end in ("", f":{port}")
    ]
    for path in (entrance, "/", "/static/style.css"):
        for name in (alone, f"{visitor.host}0", *names):
            assert (await visitor.get(path, Host=name)).status == 421, (name, path)
    assert visitor.cookies == {}
    owner = await console.enter()
    for name in names:
        assert (await owner.get("/", Host=name)).status == 421, name
    assert (await owner.get("/")).status == 200


async def test_a_request_of_another_site_is_refused(console: Running, sample: Sample) -> None:
    """By Sec-Fetch-Site and by Origin, also with cookie and token; nothing is done."""
    owner = await console.enter()
    page = await owner.get("/")
    fields = {"form": page.hidden("form"), "words": "x"}
    assert (await owner.get("/", **{"Sec-Fetch-Site": "cross-site"})).status == 403
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": f"http://127.0.0.1:{owner.port}"},
    ):
        assert (await owner.send("/say", fields, headers=headers)).status == 403, headers
    for token in ("", "0" * 26, page.hidden("form").upper()):
        assert (await owner.send("/say", {**fields, "form": token})).status == 403
    assert sample.said == []
    hidden = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert (await owner.send("/say", fields, headers=hidden)).status == 303


async def test_a_form_acts_once(console: Running, sample: Sample) -> None:
    """Twice the same form, also at the same time, is one act; a form from a new page is another."""
    owner = await console.enter()
    page = await owner.get("/")
    fields = {"form": page.hidden("form"), "once": page.hidden("once"), "words": "hello"}
    answers = await asyncio.gather(*(owner.send("/say", fields) for _ in range(3)))
    assert {(each.status, each.headers["Location"]) for each in answers} == {(303, "/secret")}
    assert sample.said == [("hello", "")]
    await owner.upload("/say", await owner.get("/"), {"paper": ("a.txt", b"content")}, words="hello")
    assert sample.said == [("hello", ""), ("hello", "content")]


async def test_a_form_with_a_mistake_is_shown_again(console: Running, sample: Sample) -> None:
    """With what was typed, the error at its field and in the summary; corrected, it acts."""
    owner = await console.enter()
    wrong = await owner.post("/say", await owner.get("/"), words="  ", more="more")
    assert wrong.status == 422
    assert '<a href="#words">Words: Enter this</a>' in wrong.text
    assert 'aria-describedby="words-hint words-error" aria-invalid="true"' in wrong.text
    assert (await owner.post("/say", wrong, words="<b>好</b>")).title == "Start"
    assert sample.said == [("<b>好</b>", "")]


async def test_answers_are_kept_by_nobody(console: Running) -> None:
    """Each page, download and refusal has the headers; a page that hides says when, without script."""
    owner = await console.enter()
    await owner.get("/secret")
    assert owner.seen[-1].headers["Refresh"] == "20; url=/"
    assert "data-hides" in owner.seen[-1].text
    await owner.get("/file")
    assert owner.seen[-1].headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E8")
    await owner.get("/none")
    assert owner.seen[-1].status == 404
    for name in ("style.css", "console.js"):
        assert (await owner.get(f"/static/{name}")).status == 200
    assert (await owner.get("/static/app.py")).status == 404
    for seen in owner.seen:
        assert seen.headers.items() >= HEADERS.items()
        assert "<script>" not in seen.text
        assert " style=" not in seen.text


@pytest.mark.parametrize(
    ("kind", "status", "text"), [("known", 409, "Anything"), ("none", 404, "no such page")]
)
async def test_an_error_says_what_is_known(console: Running, kind: str, status: int, text: str) -> None:
    """In the person's language, and never with the text of the exception."""
    owner = await console.enter()
    found = await owner.get(f"/wrong/{kind}")
    assert (found.status, text in found.text) == (status, True)
    unknown = await owner.get("/wrong/else")
    assert unknown.status == 500
    assert "王小明" not in unknown.text + found.text
    assert (await owner.get("/away")).status == 500


async def test_an_act_that_failed_leads_back_to_its_form(console: Running) -> None:
    """What was typed before is not lost; from a page that failed, the first one is as good."""
    owner = await console.enter()
    failed = await owner.post("/wrong/known", await owner.get("/"))
    assert (failed.status, 'href="/wrong/known">Back' in failed.text) == (409, True)
    assert 'href="/">Back' in (await owner.get("/wrong/known")).text


async def test_a_later_console_keeps_its_file(sample: Sample, tmp_path: Path) -> None:
    """The end of an earlier one in the same folder takes only its own; an end without a file is fine."""
    async with AsyncExitStack() as former:
        await former.enter_async_context(running(sample.console(), tmp_path))
        async with running(sample.console(), tmp_path) as later:
            await former.aclose()
            await later.enter()
            await asyncio.to_thread(later.file.unlink)


async def test_pages_have_two_languages(console: Running) -> None:
    """By the browser's wish, and by the link, which is remembered."""
    chinese = await console.enter(**{"Accept-Language": "zh-TW,en"})
    assert (await chinese.get("/")).title == "首页"
    assert (await chinese.get("/?lang=en")).title == "Start"
    assert (await chinese.get("/")).title == "Start"
    assert (await chinese.get("/?lang=<b>")).title == "Start"
    kept = await chinese.get("/?a=1%26%3C&lang=en&b=%E5%A5%BD")
    assert 'href="?lang=zh&amp;a=1%26%3C&amp;b=%E5%A5%BD"' in kept.text


async def test_large_and_slow_forms_are_refused(sample: Sample, tmp_path: Path) -> None:
    """A body that does not come, 21 MB, and what is no form: each gets its own answer, and leads back."""
    async with running(sample.console(), tmp_path, patience=0.2) as console:
        owner = await console.enter()
        assert await _begun(owner, 100) == 408
        assert await _begun(owner, 21 * 1024 * 1024) == 413
        assert await _begun(owner, 0, type="multipart/form-data") == 400
        large = await owner.send("/say", {}, files={"scan": ("scan", bytes(21 * 1024 * 1024))})
        assert 'href="/say">Back' in large.text
    assert sample.said == []


async def _begun(owner: Visitor, length: int, type: str = "application/x-www-form-urlencoded") -> int:
    """Begin to send a form of a length, and return the status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", owner.port)
    cookies = "; ".join(f"{name}={value}" for name, value in owner.cookies.items())
    writer.write(
        f"POST /say HTTP/1.1\r\nHost: {owner.host}\r\nOrigin: http://{owner.host}\r\nCookie: {cookies}\r\n"
        f"Content-Type: {type}\r\nContent-Length: {length}\r\n\r\n".encode()
    )
    line = await asyncio.wait_for(reader.readline(), 30)
    writer.close()
    return int(line.split()[1])


async def test_it_has_the_port_of_both_loopback_addresses(console: Running) -> None:
    """Another user cannot listen where a browser might look for it, and no other interface answers."""
    port = console.visitor().port
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match=r"."):
                other.bind((address, port))
    with pytest.raises(OSError, match=r"."):
        await asyncio.open_connection("127.0.0.2", port)


async def test_a_port_that_somebody_has_is_not_taken(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the other loopback address is taken, another port is used; if it always is, nothing is served."""
    ours, asked = server._bound, 0

    def bound(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
        nonlocal asked
        asked += family is socket.AF_INET6
        if family is socket.AF_INET6 and asked <= taken:
            raise OSError(errno.EADDRINUSE, "taken")
        return ours(socket.AF_INET, "127.0.0.1", port if family is socket.AF_INET else 0)

    monkeypatch.setattr(server, "_bound", bound)
    taken = 2
    async with running(sample.console(), tmp_path) as made:
        assert (await (await made.enter()).get("/")).status == 200
    assert asked == 3
    asked, taken = 0, 99
    with pytest.raises(OSError, match="no port is free"):
        await server.run(sample.console(), folder=tmp_path, ready=print, stop=asyncio.Event())


def test_it_ends_with_a_signal(sample: Sample, tmp_path: Path) -> None:
    """SIGTERM ends a served console and destroys its file; a path that is no folder is reported at once."""
    found: list[Path] = []

    def ready(path: Path) -> None:
        found.append(path)
        os.kill(os.getpid(), signal.SIGTERM)

    server.serve(sample.console(), folder=tmp_path, ready=ready)
    assert found == [tmp_path / "console.html"]
    assert not found[0].exists()
    with pytest.raises(FileNotFoundError):
        server.serve(sample.console(), folder=tmp_path / "none", ready=ready)


def test_a_page_is_read_without_tags() -> None:
    """The tests' own reading of a page."""
    assert Seen(200, {}, "<h1>a&amp;b</h1><p>c</p>").words == "a&b c"
