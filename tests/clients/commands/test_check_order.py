"""`idvault-verify check-order`: a stranger has the file of an order, and the key of an authority."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from idvault_verify.attest import order as order_papers
from idvault_verify.attest import reading
from idvault_verify.commands.app import app
from tools.support import orders, people

SIGNED = orders.signed(orders.terms())
KEY = reading.base64url(people.roster_member(orders.OFFICE, role="authority").ed25519)


@pytest.fixture
def order(tmp_path: Path) -> Path:
    """Return the file of an order."""
    file = tmp_path / "order"
    file.write_bytes(SIGNED)
    return file


def check(file: Path, key: str = KEY, *options: str) -> Result:
    """Check a file with a key."""
    return CliRunner().invoke(app, [*options, "check-order", str(file), "--key", key])


def test_it_says_what_was_signed(order: Path) -> None:
    """Every field, and the digest that statements of reasons name."""
    found = check(order)
    terms = orders.terms()
    assert (found.exit_code, found.stdout.splitlines()[-1]) == (0, "check: valid"), found.stderr
    for text in (
        f"authority: {orders.OFFICE}",
        f"platform: {terms.platform}",
        f"target: {terms.target}",
        f"measure: {terms.measure.value}",
        f"order_digest: {order_papers.digest(SIGNED).hex()}",
    ):
        assert text in found.stdout.splitlines(), text
    told = json.loads(check(order, KEY, "--json").stdout)
    assert (told["valid"], told["legal_basis"]) == (True, terms.legal_basis)


def test_an_altered_order_and_another_key_are_refused(order: Path) -> None:
    """With the reason on the last line, and nothing of the order before it."""
    other = reading.base64url(people.roster_member(orders.OTHER_OFFICE, role="authority").ed25519)
    found = check(order, other)
    assert (found.exit_code, found.stdout) == (5, "check: SIGNATURE_INVALID\n")
    for place in range(0, len(SIGNED), 7):
        order.write_bytes(SIGNED[:place] + bytes([SIGNED[place] ^ 1]) + SIGNED[place + 1 :])
        found = check(order)
        assert (found.exit_code, found.stdout) in (
            (5, "check: SIGNATURE_INVALID\n"),
            (5, "check: NOT_AN_ORDER\n"),
        ), place
    order.write_bytes(b"x" * 100_000)
    assert (check(order).exit_code, check(order).stdout) == (5, "check: NOT_AN_ORDER\n")


def test_a_key_that_is_none_is_wrong_usage(order: Path) -> None:
    """Of another length or spelling, and one of small order, under which one signature fits many texts."""
    small = reading.base64url(bytes([1]) + bytes(31))
    for key in ("", "x", KEY + "=", KEY[:-2], small):
        assert check(order, key).exit_code == 2, key


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Like every file that a check needs."""
    assert check(tmp_path / "nothing").exit_code == 3


def test_a_joint_operation_is_checked_in_the_same_way(tmp_path: Path) -> None:
    """Its own command prints every field; another key, an altered file and an order are refused."""
    terms, file = orders.joint(), tmp_path / "operation"
    signed = orders.signed(terms)

    def run(key: str = KEY, *options: str) -> Result:
        return CliRunner().invoke(app, [*options, "check-operation", str(file), "--key", key])

    file.write_bytes(signed)
    found = run()
    assert (found.exit_code, found.stdout.splitlines()[-1]) == (0, "check: valid"), found.stderr
    for text in (
        f"operation_id: {terms.operation_id}",
        f"title: {terms.title}",
        "categories: RUMOUR, FRAUD",
        f"platforms: {', '.join(terms.platforms)}",
        "first_day: 2026-03-02",
        "last_day: 2026-03-31",
    ):
        assert text in found.stdout.splitlines(), text
    told = json.loads(run(KEY, "--json").stdout)
    assert (told["valid"], told["authority"]) == (True, orders.OFFICE)
    other = reading.base64url(people.roster_member(orders.OTHER_OFFICE, role="authority").ed25519)
    assert (run(other).exit_code, run(other).stdout) == (5, "check: SIGNATURE_INVALID\n")
    assert run("x").exit_code == 2
    for wrong in (SIGNED, signed[:-1], b"", b"x" * 100_000):
        file.write_bytes(wrong)
        assert (run().exit_code, run().stdout) in (
            (5, "check: NOT_AN_ORDER\n"),
            (5, "check: SIGNATURE_INVALID\n"),
        ), wrong[:20]
    file.write_bytes(SIGNED)
    assert run().stdout == "check: NOT_AN_ORDER\n"
    file.write_bytes(signed)
    assert check(file).stdout == "check: NOT_AN_ORDER\n"
