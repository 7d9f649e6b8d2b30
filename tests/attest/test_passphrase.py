"""Secrets encrypted under a passphrase."""

import hashlib
import json
import threading
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import pytest

from idvault_verify.attest import passphrase
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.passphrase import Cost
from tools.support import passphrases
from tools.support.people import CHEAP

RANDOM = bytes(range(28))


def _locked(secret: bytes = b"secret") -> bytes:
    return passphrase.lock(secret, passphrase=b"right", purpose="test/v1", random=RANDOM, cost=CHEAP)


def _unlocked(document: bytes, *, words: bytes = b"right", purpose: str = "test/v1") -> bytes:
    return passphrase.unlock(document, passphrase=words, purpose=purpose)


def test_the_right_passphrase_opens() -> None:
    """The secret is restored, and the document does not reveal it."""
    document = _locked(b"a secret of some length")
    assert _unlocked(document) == b"a secret of some length"
    assert b"a secret" not in document


def test_the_default_cost_is_that_of_rfc_9106() -> None:
    """64 MiB, three passes, four lanes: the second recommended option of RFC 9106 section 4."""
    assert set(passphrases.REAL) == {passphrase.DEFAULT_COST}
    document = passphrase.lock(
        b"s", passphrase=b"right", purpose="test/v1", random=RANDOM, cost=passphrase.DEFAULT_COST
    )
    fields = json.loads(document)
    assert (fields["memory_kib"], fields["iterations"], fields["lanes"]) == (65536, 3, 4)
    assert _unlocked(document) == b"s"


def test_a_generated_passphrase_costs_the_least() -> None:
    """Nobody guesses 256 random bits, so nothing is gained by making each guess slow."""
    words = passphrase.generate(bytes(range(32)))
    assert passphrase.is_generated(words)
    check = hashlib.sha256(b"idvault-random-" + bytes(range(32))).digest()[:4]
    assert words == b"idvault-random-" + urlsafe_b64encode(bytes(range(32)) + check)
    document = passphrase.lock(
        b"s", passphrase=words, purpose="test/v1", random=RANDOM, cost=passphrase.DEFAULT_COST
    )
    assert passphrase.cost_of(document) == Cost(8, 1, 1)
    assert _unlocked(document, words=words) == b"s"
    with pytest.raises(UnsealError):
        _unlocked(document, words=passphrase.generate(bytes(32)))
    with pytest.raises(ValueError, match="32 random bytes"):
        passphrase.generate(bytes(31))


@pytest.mark.parametrize("place", [0, 14, 15, 40, 58, 62])
@pytest.mark.parametrize("change", [b"", b"~", b"zz", b"0", b"V"])
def test_typed_words_do_not_pass_as_generated(place: int, change: bytes) -> None:
    """Whatever differs from what `generate` makes costs what a person's passphrase costs."""
    words = passphrase.generate(bytes(range(32)))
    changed = words[:place] + change + words[place + 1 :]
    assert changed != words
    assert not passphrase.is_generated(changed)
    document = passphrase.lock(
        b"s", passphrase=changed, purpose="test/v1", random=RANDOM, cost=Cost(64, 1, 1)
    )
    assert passphrase.cost_of(document) == Cost(64, 1, 1)


@pytest.mark.parametrize("words", [b"", b"\n", b"right", b"idvault-random-", b"idvault-random-" + b"A" * 48])
def test_a_form_alone_does_not_make_a_passphrase_generated(words: bytes) -> None:
    """The check at its end, too, must be right; and a line end belongs to no passphrase."""
    assert not passphrase.is_generated(words)
    assert not passphrase.is_generated(passphrase.generate(bytes(32)) + b"\n")


def test_two_threads_open_documents_at_once() -> None:
    """Both finish: the key watch and the readiness check of a process read a key file after its rotation."""
    document = passphrase.lock(
        b"s", passphrase=b"right", purpose="test/v1", random=RANDOM, cost=Cost(1024, 1, 4)
    )
    opened: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: opened.extend(_unlocked(document) for _ in range(50)), daemon=True)
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert opened.count(b"s") == 2 * 50


def test_a_document_tells_its_cost() -> None:
    """Whoever replaces a document can keep its cost; an unknown document has none."""
    assert passphrase.cost_of(_locked()) == CHEAP
    with pytest.raises(ValueError, match="unknown format"):
        passphrase.cost_of(b"{}")


def test_another_passphrase_or_purpose_does_not_open() -> None:
    """Both give the same error."""
    with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
        _unlocked(_locked(), words=b"wrong")
    with pytest.raises(UnsealError, match=r"^RECORD_DAMAGED$"):
        _unlocked(_locked(), purpose="other/v1")


@pytest.mark.parametrize(
    "field", ["format", "memory_kib", "iterations", "lanes", "salt", "nonce", "ciphertext"]
)
@pytest.mark.parametrize("value", [None, 0, -1, 2, True, "AAAA", "", [], 1 << 40])
def test_a_changed_field_does_not_open(field: str, value: Any) -> None:
    """Any change to a field gives the same error."""
    fields = json.loads(_locked())
    fields[field] = value
    with pytest.raises(UnsealError):
        _unlocked(json.dumps(fields).encode())


@pytest.mark.parametrize("cost", [Cost(1 << 21, 1, 1), Cost(8, 65, 1), Cost(1024, 1, 65)])
def test_a_document_cannot_ask_for_too_much(cost: Cost) -> None:
    """A file that would exhaust the host is refused before the derivation."""
    fields = json.loads(_locked())
    fields |= {"memory_kib": cost.memory_kib, "iterations": cost.iterations, "lanes": cost.lanes}
    with pytest.raises(UnsealError) as caught:
        _unlocked(json.dumps(fields).encode())
    assert str(caught.value.__cause__) == "cost out of range"


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b"7", b'"text"', b"\xff", b"[" * 100_000])
def test_another_file_does_not_open(document: bytes) -> None:
    """A file of another form is refused like a damaged one."""
    with pytest.raises(UnsealError):
        _unlocked(document)


def test_an_unknown_field_does_not_open() -> None:
    """A document with an additional field is refused."""
    fields = {**json.loads(_locked()), "more": 1}
    with pytest.raises(UnsealError):
        _unlocked(json.dumps(fields).encode())


def test_too_little_randomness_is_refused() -> None:
    """Too few random bytes are refused."""
    with pytest.raises(ValueError, match="28 random bytes"):
        passphrase.lock(b"s", passphrase=b"right", purpose="test/v1", random=bytes(27), cost=CHEAP)


@pytest.mark.parametrize(("name", "size"), [("salt", 15), ("salt", 17), ("nonce", 11), ("nonce", 13)])
def test_salt_and_nonce_have_one_length(name: str, size: int) -> None:
    """A document with a salt or nonce of another length is refused before the passphrase is tried."""
    fields = json.loads(_locked()) | {name: b64encode(bytes(size)).decode()}
    with pytest.raises(UnsealError):
        _unlocked(json.dumps(fields).encode())
