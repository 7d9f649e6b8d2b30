"""A reporter proves an address on the page of a running vault, by a mail that its worker sends."""

import asyncio
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from threading import Event, Thread

import pytest

from idvault_client import Vault
from idvault_dev.layout import Layout
from tests.support.contact_world import code_of
from tests.support.house import House
from tests.support.notified import MailHandler, mail_server
from tools.support.sandbox import wait_for

ADDRESS = "canary@example.org"


class MailPost:
    """A mail server in a thread of its own."""

    def __init__(self) -> None:
        self.handler = MailHandler()
        self._loop = asyncio.new_event_loop()
        self._begun, self._stop = Event(), asyncio.Event()
        self._thread = Thread(target=lambda: self._loop.run_until_complete(self._serve()), daemon=True)
        self._thread.start()
        assert self._begun.wait(20)

    async def _serve(self) -> None:
        async with mail_server() as self.handler:
            self._begun.set()
            await self._stop.wait()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self._loop.close()


@pytest.fixture
def post() -> Iterator[MailPost]:
    """Return a mail server."""
    made = MailPost()
    yield made
    made.close()


class Visitor:
    """A browser without script."""

    def __init__(self, url: str) -> None:
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        origin = urllib.parse.urlsplit(url)
        self._opener.addheaders = [("Origin", f"{origin.scheme}://{origin.netloc}")]
        self.page, self.url = "", ""
        self._read(url)

    def _read(self, url: str, data: bytes | None = None) -> None:
        with self._opener.open(url, data=data, timeout=60) as answer:
            self.page, self.url = answer.read().decode(), answer.url

    def send(self, **fields: str) -> None:
        """Send the first form of the page."""
        token = re.search(r'name="form" value="([^"]*)"', self.page)
        action = re.search(r'<form method="post" action="([^"]*)"', self.page)
        assert token is not None
        assert action is not None
        given = urllib.parse.urlencode({"form": token[1], **fields}).encode()
        self._read(urllib.parse.urljoin(self.url, action[1]), given)


def test_an_address_is_proved_by_its_mail(own_house: House, post: MailPost) -> None:
    """The form offers it once the worker has a mail server, without a restart; the report has a reporter."""
    file = Layout(own_house.state).keys / "notify.toml"
    file.touch(mode=0o600)
    url = f"smtp://127.0.0.1:{post.handler.port}"
    file.write_text(f'[smtp]\nurl = "{url}"\nfrom = "vault@vault.example"\n', "utf-8")
    assert wait_for(lambda: bool(own_house.query("select until from contact_offers")), patience=60)
    form = own_house.ready["pages"]["report form"]
    visitor = Visitor(form)
    visitor.send()
    visitor.send(what="RUMOUR")
    visitor.send(where="post/17")
    assert 'name="prove"' in visitor.page
    visitor.send(contact=ADDRESS, prove="1")
    assert visitor.url.endswith("/code")
    assert wait_for(lambda: bool(post.handler.raw), patience=60)
    assert wait_for(lambda: own_house.query("select count(*) from contact_mails") == [(0,)])
    visitor.send(code=code_of(post.handler.raw[0]))
    assert visitor.url.endswith("/why")
    visitor.send(why="not true (synthetic)")
    assert visitor.url.endswith("/check")
    visitor.send()
    assert visitor.url.endswith("/done")
    with own_house.vault() as vault:
        assert _proved(vault) == (ADDRESS, True, 32)
    assert own_house.query("select count(*) from contact_proofs") == [(0,)]
    output = own_house.session.output.read_text("utf-8", "replace")
    assert ADDRESS not in output
    assert code_of(post.handler.raw[0]) not in output


def _proved(vault: Vault) -> tuple[str, bool, int]:
    """Return the contact of the only report, whether it is proved, and the length of its reporter's id."""
    [report] = vault.tip_offs.list_page().tip_offs
    case = vault.tip_offs.get(report.tip_off_id)
    return case.contact, case.contact_proved, len(report.reporter_id)
