"""The development codes are those of the RFC, which the vault accepts."""

import base64
import json
import runpy
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idvault_dev import totp

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "totp.json").read_text("utf-8"))
URI = f"otpauth://totp/idvault:x?secret={base64.b32encode(VECTORS['secret_ascii'].encode()).decode()}"


@pytest.mark.parametrize("vector", VECTORS["codes"], ids=lambda vector: str(vector["seconds"]))
def test_codes_are_those_of_the_rfc(vector: dict[str, str]) -> None:
    """The codes are the last six digits of RFC 6238 appendix B; one step earlier is half a minute earlier."""
    now = datetime.fromtimestamp(int(vector["seconds"]), UTC)
    assert totp.code(URI, now=now) == vector["code"][-6:]
    later = datetime.fromtimestamp(int(vector["seconds"]) + 30, UTC)
    assert totp.code(URI, now=later, steps=-1) == vector["code"][-6:]


def test_the_uri_lies_in_the_identity_folder(tmp_path: Path) -> None:
    """The URI is read without its line end."""
    (tmp_path / totp.FILE).write_text(URI + "\n", "ascii")
    assert totp.read(tmp_path) == URI


def test_the_present_code_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m idvault_dev.totp DIR`, which `idvault dev` names, prints six digits."""
    (tmp_path / totp.FILE).write_text(URI, "ascii")
    monkeypatch.setattr(sys, "argv", ["totp", str(tmp_path)])
    monkeypatch.delitem(sys.modules, totp.__name__)
    before = datetime.now(UTC)
    runpy.run_module(totp.__name__, run_name="__main__")
    shown = capsys.readouterr().out.strip()
    assert shown in {totp.code(URI, now=at) for at in (before, datetime.now(UTC))}
