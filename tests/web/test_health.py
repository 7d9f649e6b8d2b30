"""The readiness of the hosted pages follows their edge, and their doctor says what is wrong with it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from idvault.core.config import Settings
from idvault.core.telemetry.metrics import WebMetrics
from idvault.processes.bootstrap import doctor
from idvault.processes.cli import running
from idvault.web import edge
from idvault.web.edge import connect
from tests.support.listening import silent
from tests.web.conftest import Site


def settings(site: Site, **changes: object) -> Settings:
    """Return the settings of a process of these pages."""
    own = site.edge.web
    given = {"tls_ca": own.ca, "tls_certificate": own.certificate, "tls_key": own.key}
    return Settings().model_copy(update={**given, "web_target": site.edge.target, **changes})


async def advice(given: Settings) -> Mapping[str, str | None]:
    """Return what the doctor says, by check, two months before the test's certificates end."""
    findings = await doctor.examine(given, clock=lambda: running.real_clock().later(-60 * 86_400))
    return {finding.name: finding.advice for finding in findings}


async def test_an_edge_that_serves_and_one_that_does_not(site: Site) -> None:
    """The pages are ready while the edge says that it serves."""
    assert await edge.look(site.pages.vault) == {}
    for _ in range(3):
        await site.edge.server.follow(ready=False)
    assert await edge.look(site.pages.vault) == {"edge": "the platform edge is not ready"}
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


async def test_an_edge_that_is_silent(site: Site) -> None:
    """A look ends, whatever the edge does."""
    with silent() as held:
        port = held.getsockname()[1]
        async with connect(f"127.0.0.1:{port}", tls=site.edge.web, timeout=600) as vault:
            assert await edge.look(vault, patience=0.2) == {"edge": "the platform edge does not answer"}


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


async def test_certificates_are_told(site: Site) -> None:
    """Each certificate of the settings has its end in the metrics."""
    vitals = WebMetrics().vitals
    await edge.read_certificates(vitals, settings(site, web_tls_certificate=site.edge.web.certificate))
    shown = {
        sample.labels["setting"]: sample.value
        for family in vitals.families()
        for sample in family.samples
        if sample.name == "idvault_certificate_expiry_seconds"
    }
    assert shown.keys() == {"web_tls_certificate", "tls_certificate", "tls_ca"}
    assert min(shown.values()) > 0


@pytest.mark.parametrize("target", ["", "localhost:7443"])
def test_which_doctor(target: str) -> None:
    """Settings with a database are a service's, whatever else they name."""
    given = Settings(web_target=target)
    assert doctor.is_of_pages(given) is bool(target)
