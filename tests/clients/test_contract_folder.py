"""proto/ alone has everything that another language's generator needs."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

PROTO = Path(__file__).resolve().parents[2] / "proto"
IMPORT = re.compile(r'^import (?:public )?"(.+)";$', re.MULTILINE)


def test_every_import_is_in_the_folder() -> None:
    """A generator brings google/protobuf itself; every other import is a file of the folder."""
    named = {
        name: path
        for path in PROTO.rglob("*.proto")
        for name in IMPORT.findall(path.read_text("utf-8"))
        if not name.startswith("google/protobuf/")
    }
    assert len(named) > 3
    assert {name: path.name for name, path in named.items() if not (PROTO / name).is_file()} == {}


@pytest.mark.parametrize("name", ["code", "error_details", "status"])
def test_the_copies_are_exact(name: str) -> None:
    """What we ship of googleapis is what the Python client uses, with its licence."""
    ours = (PROTO / "google" / "rpc" / f"{name}.proto").read_bytes()
    assert ours == (files("google.rpc") / f"{name}.proto").read_bytes(), (
        "copy the file of the installed package"
    )
    assert b"Licensed under the Apache License, Version 2.0" in ours
