"""Vectors of keys, and of checkpoints with the log's signature and cosignatures of witnesses.

`log` is the log's verifier key, `witnesses` those whose cosignatures count, `quorum` how many must have
cosigned.
"""

from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from idvault_verify.transparency.note import NoteSigner
from tools.support.generate.vectors.case import Case, changed, repeated
from tools.support.merkle import signer, witness

ORIGIN = "log.example/idvault"
LOG = signer(ORIGIN)
OTHER_LOG = signer("other.example/log", seed=4)
WITNESSES = (witness("witness.example/w1", seed=2), witness("witness.example/w2", seed=3))
STRANGER = witness("stranger.example", seed=5)
POLICY = {"log": str(LOG.key), "witnesses": [str(each.key) for each in WITNESSES], "quorum": 2}
ROOT = sha256(b"root").digest()
EMPTY = sha256(b"").digest()
DIGEST = sha256(b"statement").hexdigest()
TIME = 1_772_366_400
_DASH = "\u2014"
_MOST = 1_000_000


def text(size: object = 5, root: bytes | str = ROOT, *more: str, origin: str = ORIGIN) -> str:
    """Return the text of a checkpoint."""
    shown = root if isinstance(root, str) else b64encode(root).decode()
    return "".join(f"{line}\n" for line in (origin, size, shown, *more))


def line(by: NoteSigner, words: str, *, time: int | None = None, value: bytes | None = None) -> str:
    """Return a signature line; value: what stands after the key id."""
    if value is None:
        message = words if time is None else f"cosignature/v1\ntime {time}\n{words}"
        value = (b"" if time is None else time.to_bytes(8, "big")) + by.sign(message.encode())
    return f"{_DASH} {by.key.name} {b64encode(by.key.key_id + value).decode()}\n"


def lines(words: str) -> list[str]:
    """Return the lines of the log and both witnesses."""
    return [line(LOG, words), *(line(each, words, time=TIME) for each in WITNESSES)]


def note(words: str, *signed: str) -> bytes:
    """Return a note, signed by the log and both witnesses unless lines are given."""
    return f"{words}\n{''.join(signed or lines(words))}".encode()


_TEXT = text()
_NOTE = note(_TEXT)


def page() -> dict[str, Any]:
    """Return the content of checkpoint.json."""
    inputs = {"nothing": "", "note": _NOTE.decode("latin-1")}
    parts = (_texts(), _signatures(), _bytes(), _cosigned(), _sizes(), _keys(), _two_faults())
    return {"source": __doc__, **POLICY, "inputs": inputs, "cases": [case for part in parts for case in part]}


def _case(name: str, made: bytes, reason: str | None, **given: Any) -> Case:
    return {"name": name, "input": changed("note", _NOTE, made), **given, "reason": reason}


def _texts() -> Iterator[Case]:
    """Yield checkpoints that are signed as they stand."""
    highest = 2**63
    for size in (0, 1, 10, 2**53, highest - 1):
        yield _case(f"size {size}", note(text(size, ROOT if size else EMPTY)), None)
    for wrong in ("", "-1", "+5", "05", "5.0", "5e0", " 5", "5 ", "0x5", "٥", highest, 10**19, 10**30, "5\t"):
        yield _case(f"size {wrong!a}", note(text(wrong)), "MALFORMED")
    yield _case("an empty log with another root", note(text(0)), "MALFORMED")
    for name, root in _roots():
        yield _case(f"root {name}", note(text(5, root)), "MALFORMED")
    yield _case("the root of no leaves, of size 5", note(text(5, EMPTY)), None)
    for origin in ("other.example/log", "log.example", ORIGIN + "/", ORIGIN.upper(), f" {ORIGIN}"):
        yield _case(f"origin {origin!a}", note(text(origin=origin)), "OTHER_LOG")
    yield _case("no origin", note(text(origin="")), "MALFORMED")
    yield _case("two lines", note(f"{ORIGIN}\n5\n"), "MALFORMED")
    yield _case("one line", note(f"{ORIGIN}\n"), "MALFORMED")
    yield from _extensions()
    for code in (0, 1, 8, 9, 11, 12, 13, 27, 31):
        yield _case(f"the character {code} in a line", note(text(5, ROOT, f"a{chr(code)}b")), "MALFORMED")
    for name, shown in (("DEL", "\x7f"), ("NEL", "\x85"), ("a space", " "), ("a mark", "\ufeff")):
        yield _case(f"{name} in a line", note(text(5, ROOT, f"a{shown}b")), None)
    yield _case("a mark before the origin", note(f"\ufeff{_TEXT}"), "OTHER_LOG")


def _roots() -> Iterator[tuple[str, str]]:
    good = b64encode(ROOT).decode()
    last = good[-2]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    yield "without padding", good[:-1]
    yield "with bits of no byte", good[:-2] + letters[letters.index(last) + 1] + "="
    yield "with a space", good + " "
    yield "of the other alphabet", urlsafe_b64encode(b"\xff" * 32).decode()
    yield "of 31 bytes", b64encode(ROOT[:31]).decode()
    yield "of 33 bytes", b64encode(ROOT + b"x").decode()
    yield "in hex", ROOT.hex()
    yield "of nothing", ""


def _extensions() -> Iterator[Case]:
    begun = f"epoch 2 {DIGEST}"
    for name, more, reason in (
        ("a line without meaning", ["a b"], None),
        ("an empty line", [""], "MALFORMED"),
        ("an empty line before another", ["", "a"], "MALFORMED"),
        ("an epoch", [begun], None),
        ("the epoch 10", [begun.replace("2", "10", 1)], None),
        ("the last epoch", [begun.replace("2", "999999999", 1)], None),
        ("an epoch, and a line without meaning", [begun, "a"], None),
        ("an epoch in the fifth line", ["a", begun], "MALFORMED"),
        ("two epochs", [begun, begun], "MALFORMED"),
        ("two different epochs", [begun, begun.replace("2", "3", 1)], "MALFORMED"),
        ("an epoch without digest", ["epoch 2"], "MALFORMED"),
        ("an epoch without number", [f"epoch {DIGEST}"], "MALFORMED"),
        ("no number of an epoch", ["epoch x"], "MALFORMED"),
        ("a line that is no epoch", ["epoch"], None),
        ("a line that only begins so", ["epochs 2"], None),
        *(
            (f"the epoch {number!a}", [f"epoch {number} {DIGEST}"], "MALFORMED")
            for number in ("0", "1", "02", "-2", "2.0", "1000000000", "٢", "", " 2", "99999999999999999999")
        ),
        *(
            (f"a digest {name}", [f"epoch 2 {digest}"], "MALFORMED")
            for name, digest in (
                ("in capitals", DIGEST.upper()),
                ("too short", DIGEST[:-1]),
                ("too long", DIGEST + "0"),
                ("with a space", DIGEST + " "),
                ("of other letters", "g" * 64),
            )
        ),
    ):
        yield _case(f"fourth line: {name}", note(text(5, ROOT, *more)), reason)


def _signatures() -> Iterator[Case]:
    """Yield the note with other lines."""
    log, *cosigned = lines(_TEXT)
    value = b64decode(log.split(" ")[2])
    forged = line(LOG, _TEXT, value=bytes(64))
    for name, signed, reason in (
        ("all lines", [log, *cosigned], None),
        ("another order", [*cosigned, log], None),
        ("the log's line twice", [log, log, *cosigned], None),
        ("no line", [], "MALFORMED"),
        ("without the log", cosigned, "SIGNATURE_INVALID"),
        ("the log alone", [log], "NOT_COSIGNED"),
        ("one witness", [log, cosigned[0]], "NOT_COSIGNED"),
        ("a witness twice", [log, cosigned[0], cosigned[0]], "NOT_COSIGNED"),
        ("a witness at two times", [log, cosigned[0], line(WITNESSES[0], _TEXT, time=1)], "NOT_COSIGNED"),
        ("a stranger", [log, *cosigned, line(STRANGER, _TEXT, time=TIME)], None),
        ("a stranger's wrong line", [log, *cosigned, line(STRANGER, _TEXT, value=bytes(3))], None),
        (
            "a stranger in place of a witness",
            [log, cosigned[0], line(STRANGER, _TEXT, time=TIME)],
            "NOT_COSIGNED",
        ),
        ("another log's line, too", [log, *cosigned, line(OTHER_LOG, _TEXT)], None),
        ("another log's line alone", [line(OTHER_LOG, _TEXT)], "SIGNATURE_INVALID"),
        ("a forged line of the log beside its own", [log, forged, *cosigned], "SIGNATURE_INVALID"),
        (
            "a forged line of a witness",
            [log, cosigned[0], line(WITNESSES[1], _TEXT, time=TIME, value=bytes(72))],
            "SIGNATURE_INVALID",
        ),
        ("lines for another text", lines(text(6)), "SIGNATURE_INVALID"),
        ("a cosignature without time", [log, cosigned[0], line(WITNESSES[1], _TEXT)], "SIGNATURE_INVALID"),
        ("the log's line as a cosignature", [line(LOG, _TEXT, time=TIME), *cosigned], "SIGNATURE_INVALID"),
        *_forms(log, cosigned, value),
    ):
        made = f"{_TEXT}\n{''.join(signed)}".encode()
        yield _case(f"signatures: {name}", made, reason)


def _forms(log: str, cosigned: list[str], value: bytes) -> Iterator[tuple[str, list[str], str | None]]:
    """Yield lines of other forms in place of the log's."""
    name, short = LOG.key.name, value[4:]
    for told, form in (
        ("a hyphen", log.replace(_DASH, "-")),
        ("an en dash", log.replace(_DASH, "\u2013")),
        ("two spaces", log.replace(" ", "  ", 1)),
        ("a space at the end", log.replace("\n", " \n")),
        ("a word more", log.replace("\n", " x\n")),
        ("no name", f"{_DASH} {b64encode(value).decode()}\n"),
        ("an empty name", f"{_DASH}  {b64encode(value).decode()}\n"),
        ("a plus in its name", log.replace("log.", "log+")),
        ("a fixed space in its name", log.replace("log.", "log\u00a0")),
        ("an ideographic space in its name", log.replace("log.", "log\u3000")),
        ("NEL in its name", log.replace("log.", "log\u0085")),
        ("a control character in its name", log.replace("log.", "log\x01")),
        ("the last control character in its name", log.replace("log.", "log\x1f")),
        ("a control character behind it", log.replace("\n", "\x01\n")),
        ("a tabulator", log.replace(" ", "\t")),
        ("a carriage return", log.replace("\n", "\r\n")),
        ("no base64", f"{_DASH} {name} ?\n"),
        ("nothing as base64", f"{_DASH} {name} \n"),
        ("four bytes", f"{_DASH} {name} {b64encode(value[:4]).decode()}\n"),
        ("no padding", log.replace("=", "")),
        ("the other alphabet", f"{_DASH} {name} {urlsafe_b64encode(b'?' * 68).decode()}\n"),
    ):
        yield told, [form, *cosigned], "MALFORMED"
    # What stands before the last empty line is the text.
    yield "an empty line before it", [f"\n{log}", *cosigned], "SIGNATURE_INVALID"
    yield "an empty line after it", [f"{log}\n", *cosigned], "SIGNATURE_INVALID"
    yield "a mark in a stranger's name", [log, *cosigned, log.replace("log.", "log\ufeff")], None
    yield "DEL in a stranger's name", [log, *cosigned, log.replace("log.", "log\x7f")], None
    unknown = log.replace(b64encode(value).decode(), b64encode(b"abcd" + short).decode())
    yield "an unknown key id", [unknown, *cosigned], "SIGNATURE_INVALID"
    for size in (1, 63, 65, 72):
        spoilt = line(LOG, _TEXT, value=(short * 2)[:size])
        yield f"the log's signature of {size} bytes", [spoilt, *cosigned], "SIGNATURE_INVALID"
        spoilt = line(WITNESSES[1], _TEXT, value=(b"\x00" * 8 + short * 2)[: size - 1 or 1])
        yield f"a cosignature of {size - 1 or 1} bytes", [log, cosigned[0], spoilt], "SIGNATURE_INVALID"


def _bytes() -> Iterator[Case]:
    """Yield the note with changed and missing bytes."""
    whole, end = _NOTE, len(_TEXT.encode())
    for at in range(end - 1):
        other = b"x" if whole[at : at + 1] != b"x" else b"y"
        yield _case(
            f"byte {at} of the text changed", whole[:at] + other + whole[at + 1 :], "SIGNATURE_INVALID"
        )
    for at in (end - 1, end):
        yield _case(f"byte {at}, an end of line, changed", whole[:at] + b"x" + whole[at + 1 :], "MALFORMED")
    for at in range(0, len(whole), 9):
        reason = "MALFORMED"
        if at > end + 1 and whole[at - 1 : at] == b"\n":
            reason = "NOT_COSIGNED"
        yield _case(f"cut after {at}", whole[:at], reason)
    for name, made in (
        ("no UTF-8 in the text", whole.replace(b"5\n", b"5\xff\n", 1)),
        ("no UTF-8 at the end", whole + b"\xff"),
        ("a surrogate", whole.replace(b"5\n", b"5\xed\xa0\x80\n", 1)),
        ("UTF-16", whole.decode().encode("utf-16")),
        ("carriage returns", whole.replace(b"\n", b"\r\n")),
        ("no end of the last line", whole[:-1]),
        ("a NUL at the end", whole + b"\x00"),
        ("white space at the end", whole + b" "),
        ("a line at the end", whole + b"x\n"),
    ):
        yield _case(name, made, "MALFORMED")


def _cosigned() -> Iterator[Case]:
    log, one, _ = lines(_TEXT)
    for time in (0, 1, TIME, 2**63 - 1):
        yield _case(f"cosigned at {time}", note(_TEXT, log, one, line(WITNESSES[1], _TEXT, time=time)), None)
    for time in (2**63, 2**64 - 1):
        wrong = note(_TEXT, log, one, line(WITNESSES[1], _TEXT, time=time))
        yield _case(f"cosigned at {time}", wrong, "SIGNATURE_INVALID")
    for quorum, signed, reason in ((0, [log], None), (1, [log, one], None), (1, [log], "NOT_COSIGNED")):
        made = note(_TEXT, *signed)
        yield _case(f"{len(signed) - 1} cosignatures of {quorum}", made, reason, quorum=quorum)
    yield _case("no witness known", note(_TEXT, log), None, witnesses=[], quorum=0)
    renamed = witness("other.example/w1", seed=2)
    both = note(_TEXT, log, one, line(renamed, _TEXT, time=TIME))
    twice = [str(WITNESSES[0].key), str(renamed.key)]
    yield _case("a witness under two names counts once", both, None, witnesses=twice, quorum=1)


def _sizes() -> Iterator[Case]:
    for name, times, reason in (("as long as allowed", _MOST - len(_NOTE), "SIGNATURE_INVALID"),
                                ("a byte too long", _MOST - len(_NOTE) + 1, "TOO_LONG")):  # fmt: skip
        yield {"name": name, "input": repeated("note", 2, b"x", times), "reason": reason}
    for count, why in ((100, None), (101, "MALFORMED")):
        made = note(_TEXT, *lines(_TEXT), *[line(STRANGER, _TEXT, value=b"x")] * (count - 3))
        yield _case(f"{count} lines", made, why)


def _two_faults() -> Iterator[Case]:
    """Yield notes with two faults: the one that is looked for first is told."""
    forged = line(LOG, _TEXT, value=bytes(64))
    for told, words, signed, reason in (
        ("form, signature", f"{_TEXT}\x01\n", [forged], "MALFORMED"),
        ("signature, size", text("x"), [forged], "SIGNATURE_INVALID"),
        ("size, origin", text("x", origin="other"), [], "MALFORMED"),
        ("root, origin", text(5, "x", origin="other"), [], "MALFORMED"),
        ("origin, the root of no leaves", text(0, origin="other"), [], "OTHER_LOG"),
        ("the root of no leaves, cosignatures", text(0), ["log"], "MALFORMED"),
        ("origin, cosignatures", text(origin="other"), ["log"], "OTHER_LOG"),
        ("cosignatures, epoch", text(5, ROOT, "epoch x"), ["log"], "NOT_COSIGNED"),
    ):
        lines_of = [line(LOG, words) if each == "log" else each for each in signed]
        yield _case(f"two faults: {told}", note(words, *lines_of), reason)


def _keys() -> Iterator[Case]:
    """Yield policies that no reader accepts, with the genuine note."""
    log, cosigner = str(LOG.key), str(WITNESSES[0].key)
    name, key_id, encoded = log.split("+", 2)
    material = b64decode(encoded)
    weak = b"\x01" + b"\x01" + bytes(31)
    for told, key in (
        ("a witness's", cosigner),
        ("empty", ""),
        ("no key", "x"),
        ("without key id", f"{name}+{encoded}"),
        ("of another id", f"{name}+{'0' * 8}+{encoded}"),
        (
            "with its id in capitals",
            f"{name}+{key_id.upper()}+{encoded}" if key_id.upper() != key_id else "x+A+B",
        ),
        ("of another name", f"other+{key_id}+{encoded}"),
        ("without name", f"+{key_id}+{encoded}"),
        ("cut", log[:-1]),
        ("with padding", log + "="),
        ("with a space", log + " "),
        ("with an end of line", log + "\n"),
        ("with a space before", " " + log),
        ("of 31 bytes", _vkey(name, material[:-1])),
        ("of 33 bytes", _vkey(name, material + b"x")),
        ("of another kind", _vkey(name, b"\x02" + material[1:])),
        ("weak", _vkey(name, weak)),
        ("weak in another encoding", _vkey(name, b"\x01" + b"\xee" + b"\xff" * 30 + b"\x7f")),
        ("with a space in its name", _vkey("log example", material)),
        ("with NEL in its name", _vkey("log\u0085example", material)),
        ("with a control character in its name", _vkey("log\x01example", material)),
    ):
        yield _case(f"a key of the log that is {told}", _NOTE, "KEY_INVALID", log=key)
    yield from _no_points()
    for told, given in (
        ("is the log's", {"witnesses": [str(witness(ORIGIN, seed=1).key)], "quorum": 1}),
        ("has the kind of a log", {"witnesses": [str(OTHER_LOG.key)], "quorum": 1}),
        ("is none", {"witnesses": ["x"], "quorum": 1}),
    ):
        yield _case(f"a witness's key that {told}", _NOTE, "KEY_INVALID", **given)
    for quorum in (3, -1):
        yield _case(f"{quorum} of two witnesses", _NOTE, "KEY_INVALID", quorum=quorum)


def _no_points() -> Iterator[Case]:
    """Yield keys whose y is not below p, and one without an x: no signature verifies (RFC 8032, 5.1.3)."""
    log, one, other = lines(_TEXT)
    for told, y in (("p + 3", 2**255 - 16), ("2^255 - 1", 2**255 - 1), ("2, which has no x", 2)):
        public = y.to_bytes(32, "little")
        key = _vkey(ORIGIN, b"\x01" + public)
        key_id = bytes.fromhex(key.split("+")[1])
        signed = f"{_DASH} {ORIGIN} {b64encode(key_id + bytes(64)).decode()}\n"
        made = note(_TEXT, signed, one, other)
        yield _case(f"a key of the log with the y {told}, which signed", made, "SIGNATURE_INVALID", log=key)
        witnesses = [_vkey("w", b"\x04" + public), str(WITNESSES[0].key)]
        key_id = bytes.fromhex(witnesses[0].split("+")[1])
        signed = f"{_DASH} w {b64encode(key_id + bytes(72)).decode()}\n"
        for what, shown, reason in (
            ("did not sign", [log, one], None),
            ("signed", [log, one, signed], "SIGNATURE_INVALID"),
        ):
            name = f"a witness's key with the y {told}, which {what}"
            yield _case(name, note(_TEXT, *shown), reason, witnesses=witnesses, quorum=1)


def _vkey(name: str, material: bytes) -> str:
    key_id = sha256(name.encode() + b"\n" + material).hexdigest()[:8]
    return f"{name}+{key_id}+{b64encode(material).decode()}"
