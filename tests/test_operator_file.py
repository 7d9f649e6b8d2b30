"""The file that says who runs the service: what it may say, and that a wrong one is never quoted."""

import json
from pathlib import Path

import pytest

from idvault.core.config import operator_file
from idvault.core.config.operator_file import OperatorFileError, ServiceOperator

SECRET = "s3cr3t-value"
NAME = {"zh": "示例身份保管库", "en": "Example Vault"}
DIRECTORY = "https://vault.example/log/"


def written(folder: Path, content: object) -> Path:
    """Write a file; a content that is no text is written as JSON."""
    path = folder / "operator.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_without_a_file_nobody_is_named() -> None:
    """Pages fall back to their host; nothing is made up."""
    nobody = operator_file.read(Path())
    assert (nobody, nobody.name("zh")) == (ServiceOperator(), "")
    assert list(operator_file.problems("IDVAULT_WEB_OPERATOR", Path(), development=False)) == []


def test_name_contact_and_directory_are_read(tmp_path: Path) -> None:
    """Only the name is needed; spaces around a text are not part of it."""
    whole = {
        "name": {**NAME, "en": " Example Vault "},
        "contact": "help@vault.example",
        "supervision": DIRECTORY,
    }
    found = operator_file.read(written(tmp_path, whole))
    assert found == ServiceOperator(NAME, "help@vault.example", DIRECTORY)
    assert [found.name(each) for each in ("zh", "en", "fr")] == [NAME["zh"], NAME["en"], ""]
    assert operator_file.read(written(tmp_path, {"name": NAME})) == ServiceOperator(NAME)


def test_plain_http_is_for_development(tmp_path: Path) -> None:
    """A visitor must not be led to a log that an attacker on the network could replace."""
    path = written(tmp_path, {"name": NAME, "supervision": "http://127.0.0.1:7449/"})
    assert operator_file.read(path, development=True).supervision == "http://127.0.0.1:7449/"
    [problem] = operator_file.problems("IDVAULT_WEB_OPERATOR", path, development=False)
    assert problem == "IDVAULT_WEB_OPERATOR cannot be used: supervision must be https"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (f"{SECRET}", "not JSON"),
        (f'["{SECRET}"]', "not a JSON object"),
        ({"name": NAME, "secret": SECRET}, "nothing else"),
        ({"contact": SECRET}, "a zh and an en"),
        ({"name": SECRET}, "a zh and an en"),
        ({"name": {"en": SECRET}}, "a zh and an en"),
        ({"name": {**NAME, "fr": SECRET}}, "a zh and an en"),
        ({"name": {**NAME, "en": " "}}, "one line of 1 to 100"),
        ({"name": {**NAME, "en": 1}}, "one line of 1 to 100"),
        ({"name": {**NAME, "en": SECRET * 20}}, "one line of 1 to 100"),
        ({"name": NAME, "contact": f"{SECRET}\nsecond"}, "one line of 1 to 200"),
        ({"name": NAME, "contact": ""}, "one line of 1 to 200"),
        ({"name": NAME, "supervision": f"https://vault.example/{SECRET}"}, "a slash at its end"),
        ({"name": NAME, "supervision": f"https://vault.example/?{SECRET}/"}, "a slash at its end"),
        ({"name": NAME, "supervision": f"javascript:{SECRET}/"}, "a slash at its end"),
        ({"name": NAME, "supervision": 1}, "a slash at its end"),
    ],
)
def test_a_wrong_file_is_named_and_never_quoted(tmp_path: Path, content: object, text: str) -> None:
    """The problem has the setting and what is expected, and nothing of the file."""
    path = written(tmp_path, content)
    with pytest.raises(OperatorFileError, match=text):
        operator_file.read(path)
    [problem] = operator_file.problems("IDVAULT_WEB_OPERATOR", path, development=False)
    assert problem.startswith("IDVAULT_WEB_OPERATOR cannot be used: ")
    assert SECRET not in problem


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """One that is missing, and one that is longer than such a file can be."""
    [problem] = operator_file.problems("IDVAULT_WEB_OPERATOR", tmp_path / "none", development=False)
    assert problem == "IDVAULT_WEB_OPERATOR names a file that cannot be read: No such file or directory"
    long = written(tmp_path, " " * 20_000)
    [problem] = operator_file.problems("IDVAULT_WEB_OPERATOR", long, development=False)
    assert "longer than" in problem
