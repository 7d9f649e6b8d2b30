"""docs/reference.md says what the program has: its commands, settings, codes, metrics and events."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from idvault.core.config import PREFIX, Settings
from idvault.processes.cli import app as service
from idvault_client.commands import app as client
from idvault_people.commands.app import PROGRAM as PEOPLE
from idvault_verify.commands import app as verify
from idvault_verify.event import EventType
from tools.support.generate import reference
from tools.support.generate.reference import metric_texts, setting_texts, settings
from tools.support.generate.reference.event_texts import text_of
from tools.support.generate.reference.setting_texts import SettingText

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "reference.md").read_text("utf-8")
# The commands that --help lists at least.
PROGRAMS = {
    "idvault": (service.program({}).app(), 15),
    "idvault-client": (client.app, 7),
    "idvault-people": (PEOPLE.app(), 6),
    "idvault-verify": (verify.app, 7),
}


def test_the_page_is_fresh(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The page equals the output of scripts/gen_reference.py, and --check says so."""
    assert reference.render() == PAGE, "run scripts/gen_reference.py"
    monkeypatch.setattr(sys, "argv", ["gen_reference.py", "--check"])
    assert reference.main() == 0
    assert capsys.readouterr().out == "docs/reference.md is fresh\n"


def test_a_stale_page_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A page of before a change is named with the command that renews it, which then does so."""
    page = tmp_path / "page"
    page.write_text("old", "utf-8")
    monkeypatch.setattr(reference, "_FILE", page)
    monkeypatch.setattr(sys, "argv", ["gen_reference.py", "--check"])
    assert reference.main() == 1
    assert capsys.readouterr().out == "docs/reference.md is stale: run scripts/gen_reference.py\n"
    monkeypatch.setattr(sys, "argv", ["gen_reference.py"])
    assert (reference.main(), page.read_text("utf-8")) == (0, PAGE)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_commands_are_those_of_the_help(program: str) -> None:
    """Each command that --help lists has a section with a text."""
    app, least = PROGRAMS[program]
    listed = CliRunner().invoke(app, ["--help"]).stdout.split("Commands:\n")[1]
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "]
    assert len(names) > least
    assert [name for name in names if f"\n### {program} {name}\n\n" not in PAGE] == []
    sections = PAGE.split(f"\n## {program}\n")[1].split("\n## ")[0].split("\n### ")[1:]
    bare = [each.splitlines()[0] for each in sections if not each.split("\n\n")[-1].strip()]
    assert bare == []


def test_everything_has_its_row() -> None:
    """Each setting and type of event is a row, and each type has a text of its own."""
    rows = {line.split("|")[1].strip(" `") for line in PAGE.splitlines() if line.startswith("| `")}
    expected = {PREFIX + name.upper() for name in Settings.model_fields} | {*EventType}
    assert expected <= rows
    assert len({text_of(kind) for kind in EventType}) == len(EventType)


def test_every_setting_has_a_text() -> None:
    """The texts are those of exactly the settings; the page has them with their defaults."""
    assert set(setting_texts.TEXTS) == set(Settings.model_fields)


@pytest.mark.parametrize(("name", "text"), setting_texts.TEXTS.items())
def test_every_setting_says_when_one_changes_it(name: str, text: SettingText) -> None:
    """Of a required one it says where its value comes from: nobody changes it without need."""
    changes = text.when.startswith("Change it when ")
    assert changes is not bool(settings.required_by(name))
    assert text.when.endswith(".")
    assert len(text.when.split()) > 3
    assert f" {text.when} |" in PAGE


def test_settings_are_few() -> None:
    """At most 50, and each beyond 45 has its reason."""
    count = len(Settings.model_fields)
    assert (setting_texts.PLENTY, setting_texts.MOST) == (45, 50)
    assert count <= setting_texts.MOST
    assert count - setting_texts.PLENTY <= len(setting_texts.BEYOND)
    assert setting_texts.BEYOND.keys() <= Settings.model_fields.keys()
    assert all(setting_texts.BEYOND.values())


def test_every_metric_has_a_text() -> None:
    """The texts are those of exactly the families that the processes serve."""
    assert set(metric_texts.TEXTS) == set(settings.served())
