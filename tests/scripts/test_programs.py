"""Programs of tools that write or measure say what they do when they are asked, and do nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tools import freeze, trips


@pytest.mark.parametrize("main", [freeze.main, trips.main], ids=["freeze", "trips"])
@pytest.mark.parametrize("argument", ["--help", "--no-such-option"])
def test_a_question_changes_nothing(
    main: Callable[[list[str]], int],
    argument: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Help ends with 0, an option that there is not with 2; neither makes a file or a trip."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([argument])
    assert ended.value.code == (0 if argument == "--help" else 2)
    assert "usage: python -m tools." in "".join(capsys.readouterr())
    assert list(tmp_path.iterdir()) == []
