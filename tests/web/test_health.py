"""The readiness of the hosted pages follows their edge, and their doctor says what is wrong with it."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from idvault.core.check import AilmentError
from idvault.core.config import Process, Settings
from idvault.core.telemetry.metrics import WebMetrics
from idvault.processes.bootstrap.checks import asked
from idvault.processes.cli import doctor, running
from idvault.web import edge, server
from idvault.web.edge import connect
from tests.clients import vault_server
from tests.clients.vault_server import Authority
from tests.support.listening import silent
from tests.web.conftest import Site


def settings(site: Site, **changes: object) -> Settings:
    """Return the settings of a process of these pages."""
    own = site.edge.web
    given = {"tls_ca": own.ca, "tls_certificate": own.certificate, "tls_key": own.key}
    return Settings().model_copy(update={**given, "web_target": site.edge.target, **changes})


async def advice(given: Settings) -> Mapping[str, str | None]:
    """Return what the doctor says, by check, two months before the test's certificates end."""
    clock = partial(running.real_clock().later, -60 * 86_400)
    findings = await asked.doctor(given, of=Process.WEB, clock=clock)
    return {finding.name: finding.advice for finding in findings}


async def test_an_edge_that_serves_and_one_that_does_not(site: Site) -> None:
    """The pages are ready while the edge says that it serves."""
    await edge.check(site.pages.vault)
    for _ in range(3):
        await site.edge.server.follow(ready=False)
    with pytest.raises(AilmentError, match=r"^the platform edge is not ready$"):
        await edge.check(site.pages.vault)
    told = (await advice(settings(site)))["edge"]
    assert told is not None
    assert told.startswith("the platform edge is not ready: check IDVAULT_WEB_TARGET")


async def test_the_doctor_of_the_pages(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the settings of `idvault web` it looks at the edge, the files and each certificate."""
    (tmp_path / "web.pem").write_text("none")
    found = await advice(settings(site, web_tls_certificate=tmp_path / "web.pem"))
    assert {name for name, said in found.items() if said is None} == {
        "edge", "files", "tls-certificate", "tls-ca"
    }  # fmt: skip
    assert found["web-tls-certificate"] == (
        "IDVAULT_WEB_TLS_CERTIFICATE has no readable certificate: put one there"
    )
    monkeypatch.setattr(edge, "_PATIENCE", 1.0)
    away = (await advice(settings(site, web_target="127.0.0.1:1")))["edge"]
    assert away is not None
    assert away.startswith("the platform edge does not answer: nothing listens at the target: check")
    url = (await advice(settings(site, web_target="https://vault.internal:7443")))["edge"]
    assert url is not None
    assert url.startswith("the platform edge cannot be called: target must be HOST:PORT")
    assert "IDVAULT_WEB_TARGET" in url


async def test_an_edge_whose_certificate_has_another_name(tmp_path: Path) -> None:
    """The doctor names the setting; the client's own hint would name an argument of its."""
    authority = Authority(tmp_path / "authority")
    own = authority.issue("web")
    with vault_server.running(authority.issue("edge", dns="vault.example")) as other:
        given = {"tls_ca": own.ca, "tls_certificate": own.certificate, "tls_key": own.key}
        named = Settings().model_copy(update={**given, "web_target": other.target})
        with pytest.raises(AilmentError, match="not have the host of the target among its names: check IDV"):
            await edge.check_target(named)


async def test_an_edge_that_is_silent(site: Site) -> None:
    """A look ends, whatever the edge does."""
    with silent() as held:
        port = held.getsockname()[1]
        async with connect(f"127.0.0.1:{port}", tls=site.edge.web, timeout=600) as vault:
            with pytest.raises(AilmentError, match=r"^the platform edge does not answer$"):
                await edge.check(vault, patience=0.2)


async def test_answers_are_counted_by_the_pattern_of_their_address(site: Site) -> None:
    """No secret of a link becomes a label, and an address of nobody's has no label of its own."""
    made, browser = await site.link(), await site.browser()
    await browser.open(made.url)
    assert (await browser.get("/nobody/knows/this")).status == 404
    shown = [
        (sample.labels, sample.value)
        for family in site.pages.metrics.families()
        for sample in family.samples
        if sample.name == "idvault_web_answers_total"
    ]
    assert ({"page": "/v/{code}", "status": "200"}, 1.0) in shown
    assert ({"page": "none", "status": "404"}, 1.0) in shown
    assert made.url.rpartition("/")[2] not in str(shown)


async def test_the_pages_are_watched(site: Site) -> None:
    """They become ready, and each certificate of the settings has its end in the metrics."""
    metrics = WebMetrics()
    given = settings(site, web_tls_certificate=site.edge.web.certificate)

    def ends() -> dict[str, float]:
        return {
            sample.labels["setting"]: sample.value
            for family in metrics.families()
            for sample in family.samples
            if sample.name == "idvault_certificate_expiry_seconds"
        }

    async with AsyncExitStack() as stack:
        server._watch(stack, given, metrics, site.pages.vault)
        async with asyncio.timeout(30):
            while metrics.health.reasons() or not ends():  # noqa: ASYNC110 - no event tells of a look
                await asyncio.sleep(0.01)
    assert ends().keys() == {"web_tls_certificate", "tls_certificate", "tls_ca"}
    assert min(ends().values()) > 0


@pytest.mark.parametrize(
    ("named", "is_of_pages"),
    [
        ({"WEB_TARGET": "localhost:7443"}, True),
        ({"WEB_TARGET": "localhost:7443", "DATABASE_URL": "sqlite:///main"}, False),
        ({"WEB_TARGET": ""}, False),
        ({}, False),
    ],
)
def test_which_doctor(monkeypatch: pytest.MonkeyPatch, named: dict[str, str], *, is_of_pages: bool) -> None:
    """Settings with a database are a service's, whatever else they name."""
    for name in ("WEB_TARGET", "DATABASE_URL"):
        monkeypatch.delenv(f"IDVAULT_{name}", raising=False)
    for name, value in named.items():
        monkeypatch.setenv(f"IDVAULT_{name}", value)
    assert doctor.is_of_pages() is is_of_pages
