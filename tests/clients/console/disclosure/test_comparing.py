"""The custodian compares the file of an order with the SHA-256 in the signed request."""

from hashlib import sha256

import pytest

from idvault_people.disclosure import order_file
from tests.clients.console.disclosure.steps import ORDER, ORDER_HASH
from tests.support.console import Seen, Visitor
from tests.support.console_room import ConsoleRoom
from tools.support.chamber import CUSTODIANS

A = CUSTODIANS[0]
BASIS = "第一条 (synthetic)"


async def _waiting(house: ConsoleRoom, legal_basis: str) -> tuple[Visitor, str]:
    """File a request; return a custodian's browser, and the request's path once it verifies."""
    disclosure_id = await house.room.request(await house.room.account(), legal_basis=legal_basis)
    await house.pending(A, disclosure_id)
    return await house.enter(A), f"/requests/{disclosure_id}"


async def _compare(owner: Visitor, path: str, name: str, content: bytes) -> Seen:
    form = await owner.get(f"{path}/order")
    return await owner.upload(f"{path}/order", form, {"order": (name, content)})


async def test_the_file_is_compared_where_the_custodian_decides(house: ConsoleRoom) -> None:
    """The request and both of its forms that decide offer it; the answer says same or not the same."""
    owner, path = await _waiting(house, f"{BASIS} [SHA-256 {ORDER_HASH}]")
    for where in (path, f"{path}/approve", f"{path}/order"):
        assert f'action="{path}/order" enctype="multipart/form-data"' in (await owner.get(where)).text
    same = await _compare(owner, path, "order-7.pdf", ORDER)
    assert (same.status, "The same: this is the file" in same.words) == (200, True)
    assert "order-7.pdf" in same.words
    other = await _compare(owner, path, "other.pdf", ORDER + b"\n")
    assert "Not the same: this is another file" in other.words
    assert "The same: this is the file" not in other.words
    for digest in (ORDER_HASH, sha256(ORDER + b"\n").hexdigest()):
        assert digest in other.words
    empty = await _compare(owner, path, "empty.pdf", b"")
    assert "Not the same" in empty.words


async def test_a_file_is_kept_nowhere_and_sent_nowhere(house: ConsoleRoom) -> None:
    """Neither in the folder nor in a later page, nor in what goes to the vault."""
    owner, path = await _waiting(house, f"{BASIS} [SHA-256 {ORDER_HASH}]")
    folder = house.room.folder / A
    before = {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()}
    answer = await _compare(owner, path, "secret-7.pdf", ORDER)
    assert answer.headers["Cache-Control"] == "no-store"
    assert {each: each.read_bytes() for each in folder.rglob("*") if each.is_file()} == before
    assert (ORDER in house.sent, b"secret-7" in house.sent) == (False, False)
    for where in (f"{path}/order", path, "/"):
        page = await owner.get(where)
        assert ("secret-7" in page.text, "The same: this is" in page.text) == (False, False)


async def test_a_request_without_a_file_says_so(house: ConsoleRoom) -> None:
    """There is no form to compare with, and a file that is sent all the same is compared with nothing."""
    owner, path = await _waiting(house, BASIS)
    for where in (path, f"{path}/approve", f"{path}/order"):
        page = await owner.get(where)
        assert ("names no file" in page.words, 'name="order"' in page.text) == (True, False)
    answer = await _compare(owner, path, "命令.pdf", ORDER)
    assert ("names no file" in answer.words, "the same" in answer.words.lower()) == (True, False)


async def test_no_file_and_one_that_is_too_long(house: ConsoleRoom) -> None:
    """The error stands at its field; what exceeds the form leads back to it."""
    owner, path = await _waiting(house, f"{BASIS} [SHA-256 {ORDER_HASH}]")
    form = await owner.get(f"{path}/order")
    missing = await owner.post(f"{path}/order", form)
    assert (missing.status, 'href="#order"' in missing.text) == (422, True)
    nothing = await owner.upload(f"{path}/order", form, {"order": ("", b"")})
    assert nothing.status == 422
    large = await owner.upload(f"{path}/order", form, {"order": ("a.pdf", bytes(21 * 1024 * 1024))})
    assert (large.status, f'href="{path}/order">Back' in large.text) == (413, True)
    without = await owner.upload(f"{path}/order", Seen(200, {}, ""), {"order": ("a.pdf", ORDER)})
    assert without.status == 403


async def test_what_does_not_wait_is_not_compared(house: ConsoleRoom) -> None:
    """Another id, and a request that was decided."""
    owner, path = await _waiting(house, f"{BASIS} [SHA-256 {ORDER_HASH}]")
    assert (await owner.get(f"/requests/{'0' * 32}/order")).status == 409
    await house.deny(path.rpartition("/")[2], A, reason="x")
    assert "no longer waits" in (await owner.get(f"{path}/order")).words


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (f"{BASIS} [SHA-256 {ORDER_HASH}]", ORDER_HASH),
        (f"a [SHA-256 {'0' * 64}] [SHA-256 {ORDER_HASH}]", ORDER_HASH),
        (f"[SHA-256 {ORDER_HASH}] {BASIS}", ""),
        (f"{BASIS} [SHA-256 {ORDER_HASH[:-1]}]", ""),
        (f"{BASIS} [SHA-256 {ORDER_HASH}]\n", ""),
        (BASIS, ""),
    ],
)
def test_the_digest_stands_at_the_end(text: str, digest: str) -> None:
    """In the form of the auditor's console and in no other, so nobody compares with a part of the text."""
    assert order_file.digest_in(text) == digest
    if digest:
        assert text.endswith(order_file.part(digest))
    assert order_file.part("") == ""
