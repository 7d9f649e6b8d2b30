"""What an authority's officer signed goes into a new file, never over another one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from idvault_people.commands.role import authority_app
from idvault_verify.commands.errors import CommandError


@pytest.mark.parametrize("verb", [("show",), ("operation", "show")])
def test_an_existing_file_stays(verb: tuple[str, ...], tmp_path: Path) -> None:
    """It is refused before the vault is asked."""
    file = tmp_path / "letter"
    file.write_bytes(b"mine")
    result = CliRunner().invoke(authority_app, [*verb, "1" * 32, "--out", str(file)])
    assert isinstance(result.exception, CommandError)
    assert (result.exception.reason, file.read_bytes()) == ("EXISTS", b"mine")
