"""The Python client agrees with the vectors by which other languages' clients are tested."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from idvault_verify.offline import Attested, AttestedPublicAccount, CheckError, StatusVerifier
from tools.support.generate import status_vectors

PAGE = json.loads(status_vectors.FILE.read_text("utf-8"))


def checked(case: dict[str, Any]) -> Attested | AttestedPublicAccount:
    """Run the steps of a case; raises CheckError."""
    clock = [case["listed_at"]]
    verifier = StatusVerifier(
        jwks=case.get("jwks", PAGE["jwks"]).encode(),
        audience=case["audience"],
        issuer=case.get("issuer"),
        max_list_age=case.get("max_list_age"),
        now=lambda: datetime.fromtimestamp(clock[0], UTC),
    )
    for listed in case["lists"]:
        verifier.add_list(listed.encode())
    clock[0] = case["now"]
    text, count = case.get("repeat", ("", 0))
    check = verifier.check_public_account if case.get("asks") == "public account" else verifier.check
    return check(case["token"] + text * count)


@pytest.mark.parametrize("case", PAGE["cases"], ids=lambda case: case["name"])
def test_the_python_client(case: dict[str, Any]) -> None:
    """Every case passes, or is refused for the reason that the file gives; * stands for any."""
    if case["reason"] is None:
        assert checked(case).subject == PAGE["subject"]
        return
    with pytest.raises(CheckError) as caught:
        checked(case)
    assert case["reason"] in ("*", caught.value.reason)


def test_what_credentials_attest() -> None:
    """A person's credential names no public account; a public account's names it, and has no standing."""
    named = {case["name"]: case for case in PAGE["cases"]}
    person = checked(named["a credential"])
    assert isinstance(person, Attested)
    assert not hasattr(person, "public_account_id")
    found = checked(named["a credential of a public account, where one is asked for"])
    assert isinstance(found, AttestedPublicAccount)
    assert (found.public_account_id, hasattr(found, "standing")) == ("pub_1", False)


def test_the_file_has_every_case() -> None:
    """The file is not older than its generator; names count, because compressed bytes differ by machine."""
    made = [(case["name"], case["reason"]) for case in status_vectors.cases()]
    assert made == [(case["name"], case["reason"]) for case in PAGE["cases"]], (
        "run python -m tools.support.generate.status_vectors"
    )
