"""The command line of all campaigns: what runs, the last line, and the exit code."""

import json
import shutil
from pathlib import Path

import pytest

from tools.support import pgbouncer
from tools.torture import __main__ as door
from tools.torture.campaign import Campaign, Options
from tools.torture.tally import Tally


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Options]]:
    """Campaigns that do nothing; return which ran, and how."""
    found: list[tuple[str, Options]] = []

    def campaign(name: str, *databases: str, lost: int = 0) -> Campaign:
        def run(options: Options) -> Tally:
            found.append((name, options))
            return Tally(faults=options.count, lost=lost)

        return Campaign(run, f"about {name}", "things", 2, 10, databases)

    both = ("sqlite", "postgres")
    monkeypatch.setattr(
        door,
        "CAMPAIGNS",
        {
            "a": campaign("a", *both),
            "b/one": campaign("b/one", "postgres"),
            "b/two": campaign("b/two"),
            "bad": campaign("bad", lost=1),
        },
    )
    return found


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("a", [("a", 10, "sqlite")]),
        ("a --quick --database postgres", [("a", 2, "postgres")]),
        ("b", [("b/one", 10, "postgres"), ("b/two", 10, "sqlite")]),
        ("b/two a --count 7", [("a", 7, "sqlite"), ("b/two", 7, "sqlite")]),
        ("--database sqlite", [("a", 2, "sqlite"), ("b/two", 2, "sqlite"), ("bad", 2, "sqlite")]),
        ("--full --database sqlite", [("a", 10, "sqlite"), ("b/two", 10, "sqlite"), ("bad", 10, "sqlite")]),
    ],
)
def test_what_was_asked_for_is_run(
    ran: list[tuple[str, Options]], arguments: str, expected: list[tuple[str, int, str]]
) -> None:
    """A name runs in full by default and includes its parts; without a name all run, quick."""
    door.main(arguments.split())
    assert [(name, options.count, options.database) for name, options in ran] == expected


def test_options_reach_the_campaign(ran: list[tuple[str, Options]]) -> None:
    """The seed is the given one, or drawn; --only is passed on."""
    door.main(["a", "--seed", "5", "--only", "word"])
    door.main(["a"])
    door.main(["a"])
    assert (ran[0][1].seed, ran[0][1].only) == (5, "word")
    assert ran[1][1].seed != ran[2][1].seed


@pytest.mark.usefixtures("ran")
def test_time_that_is_up_ends_a_run(ran: list[tuple[str, Options]]) -> None:
    """When the time is up, campaigns are stopped."""
    door.main(["a", "--seconds", "0"])
    assert ran[0][1].stop.wait(5)


@pytest.mark.usefixtures("ran")
def test_the_end_is_a_line_and_an_exit_code(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The last line has the sum of all campaigns, and the file the counts of each."""
    file = tmp_path / "counts.json"
    assert door.main(["a", "b", "--json", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "torture: 30 faults, 0 acknowledged, 0 lost, 0 doubled"
    assert [(name, tally["faults"]) for name, tally in json.loads(file.read_text("utf-8")).items()] == [
        ("a", 10), ("b/one", 10), ("b/two", 10),
    ]  # fmt: skip
    assert door.main(["bad"]) == 1


@pytest.mark.usefixtures("ran")
@pytest.mark.parametrize(
    "arguments", ["c", "a c", "b/three", "b --database sqlite", "a --count 0", "a --quick --full"]
)
def test_wrong_usage_is_2(arguments: str) -> None:
    """An unknown name, a database that a campaign does not support, and invalid counts are refused."""
    with pytest.raises(SystemExit) as ended:
        door.main(arguments.split())
    assert ended.value.code == 2


def test_a_missing_tool_is_3(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without its tool a campaign cannot run; the text names the tool."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(pgbouncer, "PROGRAM", None)
    for campaign, tool in (("disk", "strace"), ("pgbouncer", "pgbouncer")):
        assert door.main([campaign]) == 3
        assert f"{tool} is missing on this host" in capsys.readouterr().out


def test_help_lists_every_campaign(capsys: pytest.CaptureFixture[str]) -> None:
    """The help lists each name, its title and its counts."""
    with pytest.raises(SystemExit):
        door.main(["--help"])
    told = capsys.readouterr().out
    for name, campaign in door.CAMPAIGNS.items():
        assert campaign.line(name) in told
