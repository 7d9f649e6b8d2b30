"""The witness's key file: created once, readable only by its owner, refused if malformed."""

import stat
from pathlib import Path

import pytest

from idvault.processes.witness.key import (
    FILE,
    NEXT_FILE,
    WitnessKeyFileError,
    load_next,
    load_or_make,
    retire,
)
from idvault_verify.transparency import note
from idvault_verify.transparency.note import Algorithm, parse_key

NAME = "witness.example/w1"


def test_a_key_is_made_once(tmp_path: Path) -> None:
    """The first start creates the key; later ones read it, with or without its name."""
    path = tmp_path / "witness.key"
    first = load_or_make(path, name=NAME)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.key.algorithm is Algorithm.COSIGNATURE_V1
    assert parse_key(str(first.key)) == first.key
    for name in (NAME, None):
        again = load_or_make(path, name=name)
        assert again.key == first.key
        text = "log.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
        line = note.sign(again, text, time=5).line
        (verified,) = note.open_note(f"{text}\n{line}".encode(), [first.key]).verified
        assert verified.time == 5


def test_two_witnesses_have_two_keys(tmp_path: Path) -> None:
    """Each folder has a different key."""
    one, two = (load_or_make(tmp_path / name, name=NAME) for name in ("a", "b"))
    assert one.key.public_key != two.key.public_key


def test_a_new_key_needs_a_name(tmp_path: Path) -> None:
    """No key is created without a name or with an invalid one."""
    with pytest.raises(WitnessKeyFileError, match="needs a name"):
        load_or_make(tmp_path / "key", name=None)
    for name in ("", "a b", "a+b", "a\nb"):
        with pytest.raises(WitnessKeyFileError, match="no white space"):
            load_or_make(tmp_path / "key", name=name)
    assert not list(tmp_path.iterdir())


def test_another_name_is_refused(tmp_path: Path) -> None:
    """A key keeps its name: clients pin the key together with its name."""
    load_or_make(tmp_path / "key", name=NAME)
    with pytest.raises(WitnessKeyFileError, match=f"has a different name: {NAME}"):
        load_or_make(tmp_path / "key", name="witness.example/w2")


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """A key accessible to group or others is refused."""
    load_or_make(tmp_path / "key", name=NAME)
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(WitnessKeyFileError, match="600"):
        load_or_make(tmp_path / "key", name=NAME)


@pytest.mark.parametrize("change", ["", "cut", "prefix", "type", "id", "binary", "short"])
def test_a_damaged_file_is_refused(tmp_path: Path, change: str) -> None:
    """A malformed file is refused without showing its content."""
    path = tmp_path / "key"
    load_or_make(path, name=NAME)
    text = path.read_text()
    *_, key_id, secret = text.strip().split("+", 4)
    content = {
        "": "",
        "cut": text[:40],
        "prefix": text.replace("PRIVATE+KEY+", "PUBLIC+KEY+"),
        "type": text.replace(secret, "A" + secret[1:]),
        "id": text.replace(key_id, "00000000"),
        "binary": "\x00\x01",
        "short": text.replace(secret, "BAAA"),
    }[change]
    path.write_text(content)
    with pytest.raises(WitnessKeyFileError, match="does not hold the key") as caught:
        load_or_make(path, name=NAME)
    assert secret[5:20] not in str(caught.value)


def test_a_key_is_replaced_by_the_one_that_was_announced(tmp_path: Path) -> None:
    """The next key has the same name, is created once, and takes the place of the former one."""
    former = load_or_make(tmp_path / FILE, name=NAME)
    assert load_next(tmp_path, name=NAME, make=False) is None
    announced = load_next(tmp_path, name=NAME, make=True)
    assert announced is not None
    assert announced.key.name == NAME
    assert announced.key != former.key
    for make in (True, False):
        again = load_next(tmp_path, name=NAME, make=make)
        assert again is not None
        assert again.key == announced.key
    retire(tmp_path)
    assert load_or_make(tmp_path / FILE, name=None).key == announced.key
    assert load_next(tmp_path, name=NAME, make=False) is None


def test_a_key_is_not_retired_without_a_next_one(tmp_path: Path) -> None:
    """Nor for the key of another witness, or for a damaged file."""
    former = load_or_make(tmp_path / FILE, name=NAME)
    with pytest.raises(WitnessKeyFileError, match="no next key is announced"):
        retire(tmp_path)
    load_or_make(tmp_path / NEXT_FILE, name="witness.example/w2")
    with pytest.raises(WitnessKeyFileError, match="different name"):
        retire(tmp_path)
    assert load_or_make(tmp_path / FILE, name=None).key == former.key
