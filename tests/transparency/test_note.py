"""Signed notes and verifier keys against published vectors, and against malformed ones."""

from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify.transparency.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    MAX_TIME,
    Algorithm,
    AmbiguousKeyError,
    InvalidSignatureError,
    MalformedKeyError,
    MalformedNoteError,
    Note,
    NoteSignature,
    NoteSigner,
    SigningError,
    UnsignedNoteError,
    VerifiedNote,
    VerifierKey,
    open_note,
    parse,
    parse_key,
    parse_signatures,
    sign,
    sign_note,
    signed_bytes,
)
from tools.support.merkle import signer, vectors, witness

PUBLISHED = vectors("note")
TEXT: str = PUBLISHED["text"]
PETER, ENOCH = PUBLISHED["peter"], PUBLISHED["enoch"]
PETER_KEY, ENOCH_KEY = parse_key(PETER["key"]), parse_key(ENOCH["key"])
BOTH = f"{TEXT}\n{PETER['line']}{ENOCH['line']}".encode()


def peter() -> NoteSigner:
    """Return the signer of the published test key."""
    seed = b64decode(PETER["published_test_private_key"].split("+", 4)[4])[1:]
    return NoteSigner(PETER_KEY, Ed25519PrivateKey.from_private_bytes(seed).sign)


def test_published_keys() -> None:
    """Published verifier keys are read and written in canonical form."""
    for text, algorithm in {PETER["key"]: 1, ENOCH["key"]: 1, **PUBLISHED["good_keys"]}.items():
        key = parse_key(text)
        assert str(key) == text
        assert key.algorithm is Algorithm(algorithm)
    example = PUBLISHED["example"]
    assert parse_key(example["key"]) == VerifierKey(example["name"], bytes.fromhex(example["public_key"]))


@pytest.mark.parametrize(
    "text", [*PUBLISHED["bad_keys"], "", "+", "name", "a b+00000000+AQ==", "x++", "\udc80++"]
)
def test_bad_keys_are_refused(text: str) -> None:
    """Keys published as invalid are refused."""
    with pytest.raises(MalformedKeyError):
        parse_key(text)


def test_every_mangling_of_a_key_is_refused() -> None:
    """A truncated, changed, differently cased or padded key is refused."""
    text = PETER["key"]
    size = len(text)
    parts = {text[start:end] for start in range(size) for end in range(start, size + 1)} - {text}
    changed = {text[:at] + chr(ord(text[at]) + 1) + text[at + 1 :] for at in range(size)}
    for mangled in (
        *parts,
        *changed,
        text.replace("c74f20a3", "C74F20A3"),
        text + "=",
        text + "\n",
        "é" + text,
    ):
        with pytest.raises(MalformedKeyError):
            parse_key(mangled)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\nb", "a\x01b", "a\udc80"])
def test_names_that_no_line_can_carry(name: str) -> None:
    """An empty name, and one with a space, a plus, a control character or a lone surrogate, is refused."""
    with pytest.raises(MalformedKeyError):
        VerifierKey(name, bytes(32))
    with pytest.raises(MalformedNoteError):
        NoteSignature(name, bytes(4), bytes(64))


def test_published_notes() -> None:
    """Known keys verify, unknown ones are ignored, the text is returned."""
    one = open_note(BOTH, [PETER_KEY])
    assert (one.text, one.verified) == (TEXT, (VerifiedNote(PETER_KEY, None),))
    two = open_note(BOTH, [ENOCH_KEY, PETER_KEY, PETER_KEY])
    assert [signature.key for signature in two.verified] == [PETER_KEY, ENOCH_KEY]
    example = PUBLISHED["example"]
    assert (
        open_note(example["note"].encode(), [parse_key(example["key"])]).text
        == "This is an example message.\n"
    )
    with pytest.raises(UnsignedNoteError):
        open_note(BOTH, [])


def test_published_signing() -> None:
    """Signing the published text with the published key gives the published note."""
    assert sign_note(TEXT, [peter()]) == f"{TEXT}\n{PETER['line']}".encode()
    assert (
        Note(TEXT, (sign(peter(), TEXT),)).with_signatures(parse_signatures(ENOCH["line"])).encode() == BOTH
    )
    assert parse(BOTH).with_signatures(parse(BOTH).signatures).encode() == BOTH


@pytest.mark.parametrize("parts", PUBLISHED["malformed"], ids=len)
def test_published_malformed_notes(parts: list[str]) -> None:
    """Notes published as malformed are refused."""
    words = {"TEXT": TEXT, "PETER": PETER["line"], "PETER without newline": PETER["line"][:-1]}
    with pytest.raises(MalformedNoteError):
        open_note("".join(words.get(part, part) for part in parts).encode(), [PETER_KEY])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"\n\n",
        b"\xff" + BOTH,
        BOTH + b"\n",
        BOTH.replace(b"\n", b"\r\n"),
        b"\x00" + BOTH,
        BOTH + PETER["line"].replace("—", "-").encode(),
        BOTH + PETER["line"].replace("— ", "—  ").encode(),
        BOTH + "— only\n".encode(),
        BOTH + "— name AAAAAA==\n".encode(),
        BOTH + "— name AAAA\n".encode(),
        BOTH + "— name AAAAAAAAA\n".encode(),
        BOTH + "— name AAAAAAB=\n".encode(),
        BOTH + "— name AAAAA*AA\n".encode(),
        BOTH + "— name é\n".encode(),
        BOTH + "— a+b AAAAAAA=\n".encode(),
        BOTH + "— a\u00a0b AAAAAAA=\n".encode(),
    ],
)
def test_malformed_notes(raw: bytes) -> None:
    """A wrong dash, spacing, base64 or name in any line, known or not, makes the note malformed."""
    with pytest.raises(MalformedNoteError):
        open_note(raw, [PETER_KEY])


def test_empty_lines_belong_to_the_text() -> None:
    """Only the last empty line separates the text from its signatures."""
    text = "\n\none\n\ntwo\n\n"
    assert open_note(sign_note(text, [peter()]), [PETER_KEY]).text == text


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    """The note is refused even with valid signatures of this or another key."""
    bad = NoteSignature(PETER_KEY.name, PETER_KEY.key_id, bytes(64))
    short = NoteSignature(PETER_KEY.name, PETER_KEY.key_id, bytes(1))
    for spoiled in (parse(BOTH).with_signatures([bad]), parse(BOTH).with_signatures([short])):
        with pytest.raises(InvalidSignatureError, match=r"PeterNeumann\+c74f20a3"):
            open_note(spoiled.encode(), [PETER_KEY, ENOCH_KEY])
        assert open_note(spoiled.encode(), [ENOCH_KEY]).verified == (VerifiedNote(ENOCH_KEY, None),)
    with pytest.raises(InvalidSignatureError):
        open_note(BOTH.replace(b"your problem", b"my problem"), [PETER_KEY])


def test_a_key_is_its_name_and_its_id() -> None:
    """A line with only a known key's name or only its id belongs to an unknown key."""
    for stranger in (
        NoteSignature("Somebody", PETER_KEY.key_id, bytes(64)),
        NoteSignature(PETER_KEY.name, ENOCH_KEY.key_id, bytes(64)),
    ):
        with pytest.raises(UnsignedNoteError):
            open_note(Note(TEXT, (stranger,)).encode(), [PETER_KEY, ENOCH_KEY])


def test_two_keys_of_one_name_and_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A collision of key ids, which is easy to make, is refused."""
    monkeypatch.setattr(VerifierKey, "key_id", property(lambda _: b"same"))
    with pytest.raises(AmbiguousKeyError):
        open_note(BOTH, [VerifierKey("one", b"\x02" * 32), VerifierKey("one", b"\x03" * 32)])


def test_a_key_of_small_order_is_refused() -> None:
    """The forged signature verifies for every text under the identity, so such a key is no vkey."""
    material = b"\x04\x01" + bytes(31)
    key_id = sha256(b"witness.example\n" + material).digest()[:4].hex()
    with pytest.raises(MalformedKeyError, match="small order"):
        parse_key(f"witness.example+{key_id}+{b64encode(material).decode()}")


def test_limits() -> None:
    """A note has one to a hundred signatures and at most a million bytes."""
    line = PETER["line"]
    assert len(parse(f"{TEXT}\n{line * MAX_SIGNATURES}".encode()).signatures) == MAX_SIGNATURES
    for raw in (f"{TEXT}\n{line * (MAX_SIGNATURES + 1)}", "x" * MAX_NOTE_BYTES + f"\n\n{line}"):
        with pytest.raises(MalformedNoteError):
            parse(raw.encode())
    for signatures in ((), parse_signatures(line) * (MAX_SIGNATURES + 1)):
        with pytest.raises(MalformedNoteError):
            Note(TEXT, signatures)
    for text in ("", "no newline", "tab\there\n", "\udc80\n"):
        with pytest.raises(MalformedNoteError):
            sign(peter(), text)


def test_a_cosignature_binds_its_time() -> None:
    """A cosignature verifies only with its time, which is returned."""
    cosigner = witness("witness.example/w1", seed=2)
    signature = sign(cosigner, TEXT, time=1679315147)
    raw = Note(TEXT, (signature,)).encode()
    assert open_note(raw, [cosigner.key]).verified == (VerifiedNote(cosigner.key, 1679315147),)
    later = (1679315148).to_bytes(8, "big") + signature.value[8:]
    for value in (later, signature.value[:8], signature.value[:4], b"\x80" + bytes(7) + signature.value[8:]):
        with pytest.raises(InvalidSignatureError):
            open_note(
                Note(TEXT, (NoteSignature(signature.name, signature.key_id, value),)).encode(), [cosigner.key]
            )
    published = PUBLISHED["cosignature_time"]
    line = parse_signatures(f"— somebody {published['base64']}\n")[0]
    assert int.from_bytes(line.value[:8], "big") == published["time"]


def test_kinds_of_keys_are_not_exchanged() -> None:
    """A key pair's log signature is not accepted as a cosignature, nor the reverse."""
    log, cosigner = signer("example.com/log", seed=3), witness("example.com/log", seed=3)
    assert log.key.public_key == cosigner.key.public_key
    with pytest.raises(UnsignedNoteError):
        open_note(sign_note(TEXT, [log]), [cosigner.key])
    with pytest.raises(UnsignedNoteError):
        open_note(Note(TEXT, (sign(cosigner, TEXT, time=1),)).encode(), [log.key])


def test_a_time_is_given_where_there_is_one() -> None:
    """A plain signature has no time, a cosignature has one of 63 bits."""
    log, cosigner = signer("log", seed=3), witness("witness", seed=4)
    assert signed_bytes(key=cosigner.key, text=TEXT, time=MAX_TIME).startswith(b"cosignature/v1\ntime 9223")
    with pytest.raises(SigningError):
        sign(log, TEXT, time=1)
    for time in (None, -1, MAX_TIME + 1):
        with pytest.raises(SigningError):
            sign(cosigner, TEXT, time=time)


def test_a_signer_that_signs_something_else_is_found_out() -> None:
    """A wrong key, message or length is refused before anything is published."""
    good = signer("log", seed=5)
    for wrong in (signer("log", seed=6).sign, lambda message: good.sign(message + b"x"), lambda _: b""):
        with pytest.raises(SigningError):
            sign_note(TEXT, [NoteSigner(good.key, wrong)])


@given(st.binary(max_size=300), st.integers(0, len(BOTH)))
def test_any_bytes_are_a_note_or_refused(noise: bytes, at: int) -> None:
    """Any input gives the signed text or a documented error."""
    for raw in (noise, BOTH[:at] + noise + BOTH[at:], BOTH[:at]):
        try:
            assert open_note(raw, [PETER_KEY, ENOCH_KEY]).text == TEXT
        except (MalformedNoteError, InvalidSignatureError, UnsignedNoteError):
            assert raw != BOTH


@given(st.text(), st.binary(min_size=1, max_size=80))
def test_lines_read_back(name: str, value: bytes) -> None:
    """Every signature line that can be written parses to the same."""
    try:
        signature = NoteSignature(name, b"\x00\x01\x02\x03", value)
    except MalformedNoteError:
        return
    assert parse_signatures(signature.line) == (signature,)
    assert b64encode(b"\x00\x01\x02\x03" + value).decode() in signature.line
