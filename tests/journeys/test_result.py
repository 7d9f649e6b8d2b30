"""A person without a name in a running vault: from the page to the opened record, and no name in any file."""

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from aiohttp.test_utils import unused_port

from idvault_client import PreconditionFailed, Vault
from idvault_client.sessions import HostedSession, Proof, SessionState
from idvault_dev.layout import LOG_ORIGIN
from idvault_dev.mock_provider import book
from idvault_verify.account import Assurance
from idvault_verify.attest import jose
from idvault_verify.claim import OpaqueIdentity
from tests.support.house import House, running
from tools.support import open_record, programs, traces
from tools.support.sandbox import wait_for

CREDENTIAL = "credential-canary"
REFUSED, GONE_ON = 409, 303


class Provider:
    """A mock provider as a program, whose file names it."""

    def __init__(self, folder: Path) -> None:
        """Start it."""
        self.file = folder / "provider.json"
        ports = unused_port(), unused_port()
        self.admin = f"http://127.0.0.1:{ports[1]}"
        ready = folder / "provider-ready.json"
        options = ("--file", self.file, "--log-origin", LOG_ORIGIN, "--listen", f"127.0.0.1:{ports[0]}")
        self.program = programs.start(
            programs.VAULT,
            "mock-provider",
            *options,
            "--admin-listen",
            f"127.0.0.1:{ports[1]}",
            "--ready-file",
            ready,
        )
        assert wait_for(ready.exists)

    def fail(self, fault: str) -> None:
        """Change what it signs."""
        body = json.dumps({"fault": fault}).encode()
        headers = {"Content-Type": "application/json"}
        with urlopen(Request(f"{self.admin}/behaviour", body, headers, method="PUT")):  # noqa: S310 - own
            pass

    def assertion(self, page: str) -> str:
        """Return what it signed of the proof of a page, as the vault fetches it."""
        secret = json.loads(self.file.read_text("utf-8"))["secret"]
        asked = Request(page.replace("/page", "/assertion"), headers={"Authorization": f"Bearer {secret}"})  # noqa: S310 - own
        with urlopen(asked) as answer:  # noqa: S310 - own
            return str(answer.read().decode())

    def stop(self) -> None:
        """End it."""
        self.program.kill()
        self.program.communicate()


class Visitor:
    """A browser without script, which follows no redirect by itself."""

    def __init__(self) -> None:
        """Begin without cookies."""
        self.cookies: dict[str, str] = {}

    def ask(self, url: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Get a page or send a form; return status, body and where it sends."""
        parts = urlsplit(url)
        with closing(http.client.HTTPConnection(parts.netloc, timeout=60)) as connection:
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if fields is not None:
                headers |= {
                    "Content-Type": "application/x-www-form-urlencoded",
                    "Origin": f"{parts.scheme}://{parts.netloc}",
                }
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            body = None if fields is None else urlencode(fields)
            connection.request("GET" if fields is None else "POST", path, body, headers)
            answer = connection.getresponse()
            for each in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = each.partition(";")[0].partition("=")
                self.cookies[name] = value.strip('"')
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")

    def form(self, page: str, *names: str) -> dict[str, str]:
        """Return hidden fields of a page."""
        found = {name: re.search(rf'name="{name}" value="([^"]*)"', page) for name in names}
        return {name: match[1] for name, match in found.items() if match}


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    """Run a provider."""
    made = Provider(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def vouching_house(
    prepared_state: Path, tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """Run a vault that has the provider, and whose platform accepts nothing else."""
    monkeypatch.setenv("IDVAULT_RESULT_PROVIDER", str(provider.file))
    with ExitStack() as stack:
        houses = running(tmp_path, state=prepared_state)
        house = next(houses)
        stack.callback(lambda: next(houses, None))
        accepted = house.command("platform", "accept", "platform-a", "--proof", "RESULT_ONLY")
        assert accepted.returncode == 0, accepted.stderr
        yield house


def created(vault: Vault, origin: str) -> HostedSession:
    """Make a session; the edge heeds within seconds what its platform accepts."""
    made: list[HostedSession] = []

    def is_made() -> bool:
        try:
            found = vault.sessions.create(
                return_url=f"{origin}/verified",
                policy_version="1",
                policy_text="x",
                proof=Proof.RESULT_ONLY,
                locale="en",
            )
        except PreconditionFailed:
            return False
        made.append(found)
        return True

    assert wait_for(is_made)
    return made[0]


def at_the_form(visitor: Visitor, vault: Vault, session: HostedSession) -> str:
    """Bring a browser to the page before the proof; return the address of its session."""
    url = session.url or ""
    _, page, _ = visitor.ask(url)
    _, _, location = visitor.ask(url, visitor.form(page, "form"))
    base = "{0.scheme}://{0.netloc}".format(urlsplit(url))
    _, page, _ = visitor.ask(base + location)
    (back,) = re.findall(r'class="button" href="([^"]*)"', page)
    given = parse_qs(urlsplit(back.replace("&amp;", "&")).query)
    vault.sessions.bind(given["session_id"][0], given["bind_code"][0])
    here = base + location.partition("?")[0]
    _, page, _ = visitor.ask(here)
    assert visitor.ask(f"{here}/terms", visitor.form(page, "form"))[0] == GONE_ON
    return here


def prove(visitor: Visitor, here: str) -> tuple[int, str]:
    """Prove it at the provider, and come back; return the status, and the provider's page."""
    _, page, _ = visitor.ask(f"{here}?document=other")
    assert visitor.ask(f"{here}/begin", visitor.form(page, "form", "attempt"))[0] == GONE_ON
    _, page, _ = visitor.ask(here)
    (away,) = re.findall(r'class="button" href="([^"]*)"', page)
    ended = {"outcome": "CONFIRMED", "credential": CREDENTIAL}
    assert Visitor().ask(away.replace("/page", "/end"), ended)[0] == GONE_ON
    status, _, _ = visitor.ask(f"{here}/proof", visitor.form(page, "form"))
    return status, away


def test_no_file_ever_has_a_name(vouching_house: House, provider: Provider) -> None:
    """Also not of a provider that tells one unasked; custodians open provider and id, and nothing else."""
    house, visitor = vouching_house, Visitor()
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(house.ready["pages"]["hosted verification"]))
    with house.vault() as vault:
        session = created(vault, origin)
        here = at_the_form(visitor, vault, session)
        for fault in ("NAMED", "NUMBER_AS_ID"):
            provider.fail(fault)
            status, page = prove(visitor, here)
            assert status == REFUSED
            told = jose.decode(provider.assertion(page).split(".")[1]).decode()
            assert {"NAMED": book.OTHER_NAME, "NUMBER_AS_ID": book.OTHER_NUMBER}[fault] in told
        provider.fail("NONE")
        status, page = prove(visitor, here)
        assert status == GONE_ON
        found = vault.sessions.get(session.session_id)
    assert found.state is SessionState.SUCCEEDED
    assert found.verification is not None
    assert found.verification.status.assurances == (Assurance.RESULT_ONLY,)
    names = house.ready["quorum"]["custodians"]
    opened = open_record.open_record(
        house.ready,
        account_token=found.verification.account_token,
        custodians=names[: house.ready["quorum"]["threshold"]],
        passphrase=b"development",
    )
    signed = provider.assertion(page)
    assert isinstance(opened.identity, OpaqueIdentity)
    assert opened.assertion == signed
    opaque_id = opened.identity.opaque_id
    secret = json.loads(provider.file.read_text("utf-8"))["secret"]
    canaries = [book.OTHER_NAME, book.OTHER_NUMBER, CREDENTIAL, opaque_id, signed, secret]
    paths = traces.files(house.state, without=[Path(house.ready["registry"]["population"])])
    assert {Path(path) for path in house.ready["logs"].values()} <= set(paths)
    assert traces.search([*paths, house.session.output], canaries) == []
    assert traces.search([provider.file], [secret])
    for address in house.ready["metrics"].values():
        with urlopen(address) as answer:  # noqa: S310 - the vault's own
            text = answer.read().decode()
        assert not [each for each in canaries if each in text]
