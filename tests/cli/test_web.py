"""`idvault web` as a process: it starts without a database and without a key, and serves https itself."""

import json
import os
import signal
import ssl
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support import hasty
from tools.support import programs
from tools.support.authority import Authority, spiffe
from tools.support.sandbox import wait_for

pytestmark = pytest.mark.process

WAIT = 60


def settings(folder: Path, *, ends: timedelta = timedelta(days=1)) -> dict[str, str]:
    """Write the files of a web process; return its environment. ends: of its certificate as a client."""
    authority = Authority()
    own = authority.client(spiffe("web", "web-1"), starts=-timedelta(days=9), ends=ends)
    server = authority.server()
    for name, data in (
        ("ca.pem", authority.ca),
        ("own.pem", own.certificate),
        ("own.key", own.key),
        ("server.pem", server.certificate),
        ("server.key", server.key),
    ):
        (folder / name).write_bytes(data)
        (folder / name).chmod(0o600)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}
    return {
        **kept,
        "IDVAULT_LISTEN": "127.0.0.1:0",
        "IDVAULT_METRICS_LISTEN": "127.0.0.1:0",
        "IDVAULT_TLS_CA": str(folder / "ca.pem"),
        "IDVAULT_TLS_CERTIFICATE": str(folder / "own.pem"),
        "IDVAULT_TLS_KEY": str(folder / "own.key"),
        "IDVAULT_WEB_URL": "https://localhost",
        "IDVAULT_WEB_TARGET": "127.0.0.1:1",
        "IDVAULT_WEB_TLS_CERTIFICATE": str(folder / "server.pem"),
        "IDVAULT_WEB_TLS_KEY": str(folder / "server.key"),
    }


def test_it_serves_and_says_when_the_vault_is_away(tmp_path: Path) -> None:
    """The style sheet needs no vault; a link is answered by a page that says what to do. SIGTERM ends it.

    A new certificate of the pages is shown without a restart.
    """
    environment, ready = settings(tmp_path), tmp_path / "ready.json"
    process = programs.start(hasty.WEB, "web", "--ready-file", ready, environment=environment)
    try:
        told = json.loads(process.stdout.readline())
        assert told == {"ready": json.loads(ready.read_text("utf-8"))}
        url = told["ready"]["url"]
        trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        with urllib.request.urlopen(f"{url}/static/style.css", timeout=WAIT, context=trusted) as answer:  # noqa: S310
            assert answer.headers["Strict-Transport-Security"]
        with pytest.raises(urllib.error.HTTPError) as away:
            urllib.request.urlopen(f"{url}/v/{'0' * 26}", timeout=WAIT, context=trusted)  # noqa: S310
        with away.value as refused:
            assert refused.code == 503
            # Help and privacy lead back to the page itself.
            shown = refused.read().decode().replace(f"?from=%2Fv%2F{'0' * 26}", "")
            assert "0" * 26 not in shown
        assert wait_for(
            lambda: _page(told, "readyz")[1].startswith("edge: the platform edge does not answer")
        )
        assert [_page(told, name)[0] for name in ("readyz", "healthz", "static/style.css")] == [503, 200, 404]
        metrics = _page(told, "metrics")[1]
        assert 'idvault_web_answers_total{page="/v/{code}",status="503"} 1.0' in metrics
        for setting in ("web_tls_certificate", "tls_certificate", "tls_ca"):
            assert f'idvault_certificate_expiry_seconds{{setting="{setting}"}}' in metrics
        assert "0" * 26 not in metrics
        place = urlsplit(url)
        before, new = ssl.get_server_certificate((place.hostname, place.port)), Authority().server()
        (tmp_path / "server.pem").write_bytes(new.certificate)
        (tmp_path / "server.key").write_bytes(new.key)
        assert wait_for(lambda: ssl.get_server_certificate((place.hostname, place.port)) != before)
        assert ssl.get_server_certificate((place.hostname, place.port)).encode() == new.certificate
    finally:
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=WAIT)
    assert process.returncode == 0
    assert "0" * 26 not in "".join(output)


def _page(told: dict[str, dict[str, str]], name: str) -> tuple[int, str]:
    """Return status and text of a page of the metrics port."""
    address = told["ready"]["metrics"].removesuffix("metrics") + name
    try:
        with urllib.request.urlopen(address, timeout=WAIT) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_an_expired_certificate_stops_the_start(tmp_path: Path) -> None:
    """Its own as a client, and that of the pages, with the setting's name."""
    environment = settings(tmp_path, ends=-timedelta(days=1))
    done = programs.run(programs.VAULT, "web", environment=environment, timeout=WAIT)
    assert (done.returncode, "IDVAULT_TLS_CERTIFICATE has expired" in done.stderr) == (2, True)
    valid = settings(tmp_path)
    (tmp_path / "server.pem").write_bytes((tmp_path / "own.pem").read_bytes())
    done = programs.run(programs.VAULT, "web", environment=valid, timeout=WAIT)
    assert done.returncode == 2
    assert "IDVAULT_WEB_TLS_KEY is not the key of the first certificate" in done.stderr


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    """It needs its own address and the edge's, and neither database nor key file."""
    environment = settings(tmp_path)
    for name in ("IDVAULT_WEB_URL", "IDVAULT_WEB_TARGET"):
        given = {key: value for key, value in environment.items() if key != name}
        done = programs.run(programs.VAULT, "web", environment=given, timeout=WAIT)
        assert done.returncode == 2
        assert f"{name} is missing" in done.stderr
    plain = {**environment, "IDVAULT_WEB_URL": "http://verify.example"}
    assert "must be https" in programs.run(programs.VAULT, "web", environment=plain, timeout=WAIT).stderr
