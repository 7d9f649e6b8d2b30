"""Cases of statements: by whom they are signed, of which version of the roster, alone, and across a break.

A case gives `rosters`, the inputs with the versions of the roster, and `more_keys`, other keys of the log.
With `single` its input is one statement. With `known` (the last checkpoint that a reader has seen, a text
without signatures) and `newest` (another one, of whose entries `hashes` are the leaf hashes) the reader
follows the log: it accepts what continues the known checkpoint by these statements.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people.roster import RosterSignature
from idvault_verify.attest.people.roster import parse as parse_roster
from idvault_verify.transparency import note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.tree import leaf_hash
from tools.support import logs, merkle, people
from tools.support.generate.vectors import receipt_lies, rosters

Made = tuple[str, bytes, bool, dict[str, Any]]
_FIRST, _SECOND = (parse_roster(rosters.file(each)) for each in (rosters.FIRST, rosters.SECOND))
_ONE, _TWO = receipt_lies.WITNESS, merkle.witness("witness.example/w2", seed=3)
_LATER_KEY = merkle.signer(logs.ORIGIN, seed=7)
_A, _B, _C = people.NAMES


def inputs() -> dict[str, str]:
    """Return the versions of the roster that cases name."""
    return {
        name: rosters.file(made).decode("latin-1")
        for name, made in (
            ("version 1", rosters.FIRST),
            ("version 2", rosters.SECOND),
            ("two quorums", _TWO_QUORUMS),
            *((f"version 1 {name}", document) for name, document in _EARLIER.items()),
        )
    }


def _leaves(count: int, mark: str = "") -> list[bytes]:
    """Return the entries of a log; mark: whose last entry is another."""
    whole = merkle.log_of(count)
    return [*whole[:-1], whole[-1] + mark.encode()] if whole else whole


def _at(leaves: Sequence[bytes], *extensions: str) -> Checkpoint:
    return Checkpoint(logs.ORIGIN, len(leaves), merkle.mth(leaves), extensions)


def _noted(found: Checkpoint, *witnesses: NoteSigner, by: NoteSigner = logs.SIGNER) -> bytes:
    lines = [note.sign(by, found.text), *(note.sign(each, found.text, time=1) for each in witnesses)]
    return note.Note(found.text, tuple(lines)).encode()


def _stated(*signers: str, forged: Sequence[str] = (), **changes: Any) -> EpochStatement:
    """Return a statement, signed by two custodians unless others are given. forged: whose is wrong."""
    given: dict[str, Any] = {
        "log": logs.VKEY,
        "epoch": 2,
        "previous": "",
        "former": _noted(_at(_leaves(10)), _ONE),
        "seen": 11,
        "size": 6,
        "root": merkle.mth(_leaves(6)),
        "time": datetime(2026, 3, 2, tzinfo=UTC),
        "reason": "a synthetic disk failed",
        "roster": _FIRST.digest(),
        "lost": {"verification:claim:open": 5},
    }
    made = EpochStatement(**{**given, **changes})
    listed = [
        RosterSignature(name, people.signer(name).sign(made.canonical())) for name in signers or (_A, _B)
    ]
    listed += [RosterSignature(name, bytes(64)) for name in forged]
    return EpochStatement(**{**given, **changes, "signatures": tuple(listed)})


def _next(
    first: EpochStatement, *, former: int = 8, size: int = 5, seen: int = 9, **changes: Any
) -> EpochStatement:
    line = f"epoch 2 {first.digest()}"
    known = _noted(_at(_leaves(former), line), _ONE)
    return _stated(epoch=3, previous=first.digest(), former=known, seen=seen, size=size,
                   root=merkle.mth(_leaves(size)), **changes)  # fmt: skip


def cases() -> Iterator[Made]:
    """Yield a name, the file, whether it is valid, and what else the case gives."""
    for part in (_signed(), _versions(), _keys()):
        for name, made, is_valid, given in part:
            yield name, statements.encode_chain(made), is_valid, {"rosters": ["version 1"], **given}
    yield from _singles()
    yield from _following()


def _signed() -> Iterator[tuple[str, list[EpochStatement], bool, dict[str, Any]]]:
    for told, made, is_valid in (
        ("two custodians", _stated(), True),
        ("all custodians", _stated(_C, _A, _B), True),
        ("one custodian", _stated(_A), False),
        ("one custodian, and the auditor", _stated(_A, "auditor-a"), False),
        ("two custodians, and the auditor", _stated(_A, _B, "auditor-a"), False),
        ("two custodians, and a stranger", _stated(_A, _B, "stranger"), False),
        ("one custodian twice", _stated(_A, _A), False),
        ("two custodians, one twice", _stated(_A, _B, _A), False),
        ("two custodians, and a wrong signature", _stated(_A, _B, forged=[_C]), False),
        ("one custodian, and a wrong signature", _stated(_A, forged=[_B]), False),
        ("nothing lost that is known", _stated(lost={}), True),
        ("none lost of a type", _stated(lost={"verification:claim:open": 0}), True),
        ("less than none lost", _stated(lost={"verification:claim:open": -1}), False),
        ("a type of two words", _stated(lost={"claim:open": 1}), False),
        ("a type in capitals", _stated(lost={"verification:claim:OPEN": 1}), False),
        ("a type that nobody knows", _stated(lost={"a:b:c": 1}), True),
        ("a reason of 200 characters", _stated(reason="x" * 200), True),
        ("a reason of 201 characters", _stated(reason="x" * 201), False),
        ("no reason", _stated(reason=""), False),
        ("a reason of two lines", _stated(reason="x\ny"), False),
    ):
        yield f"stated: {told}", [made], is_valid, {}


def _versions() -> Iterator[tuple[str, list[EpochStatement], bool, dict[str, Any]]]:
    both = {"rosters": ["version 1", "version 2"]}
    former, later = _noted(_at(_leaves(10)), _ONE), _noted(_at(_leaves(10)), _TWO)
    second = _SECOND.digest()
    for told, made, is_valid in (
        ("the former one, cosigned as it demands", _stated(former=former), True),
        ("the former one, cosigned as the later demands", _stated(former=later), False),
        ("the later one, cosigned as it demands", _stated(former=later, roster=second), True),
        ("the later one, cosigned as the former demands", _stated(former=former, roster=second), True),
        ("the later one, cosigned by nobody", _stated(former=_noted(_at(_leaves(10))), roster=second), False),
    ):
        yield f"of two versions {told}", [made], is_valid, both
    yield from _former_versions()
    yield from _quorums()
    one, two = _stated(), _stated(roster=second)
    yield "the second statement names the later version", [one, _next(one, roster=second)], True, both
    yield "the second statement names the former version", [two, _next(two)], False, both
    yield "the later version is not at hand", [two], False, {}


_EARLIER = {
    "without witnesses": rosters.roster(witnesses=()),
    "for development": rosters.roster(development=True),
    "for development without witnesses": rosters.roster(witnesses=(), development=True),
}


def _former_versions() -> Iterator[tuple[str, list[EpochStatement], bool, dict[str, Any]]]:
    """Yield statements of a second version after one that a receipt passes over, and of the first itself."""
    leaves = _at(_leaves(10))
    for name, document in _EARLIER.items():
        given = {"rosters": [f"version 1 {name}", "version 2"]}
        for told, former, is_valid in (
            ("nobody", _noted(leaves), False),
            ("the former witness", _noted(leaves, _ONE), False),
            ("the later witness", _noted(leaves, _TWO), True),
        ):
            made = _stated(former=former, roster=_SECOND.digest())
            yield f"after a version {name}, cosigned by {told}", [made], is_valid, given
        own = _stated(former=_noted(leaves), roster=parse_roster(rosters.file(document)).digest())
        is_valid = name == "for development without witnesses"
        yield f"of a version {name}, cosigned by nobody", [own], is_valid, given


def _two_quorums() -> dict[str, Any]:
    made = rosters.roster(names=(_A, _B, _C, *_OTHERS))
    quorums = [
        {"name": name, "threshold": 2, "custodians": list(names)}
        for name, names in (("records", people.NAMES), ("others", _OTHERS))
    ]
    return rosters.signed(made | {"quorums": quorums}, _A, _B, _C, *_OTHERS)


_OTHERS = ("other-a", "other-b", "other-c")
_TWO_QUORUMS = _two_quorums()


def _quorums() -> Iterator[tuple[str, list[EpochStatement], bool, dict[str, Any]]]:
    digest = parse_roster(rosters.file(_TWO_QUORUMS)).digest()
    one, two, three = _OTHERS
    for signers, is_valid in (
        ((_A, _B), False),
        ((_A, _B, _C), False),
        ((one, two, three), False),
        ((_A, _B, one), False),
        ((_A, _B, one, two), True),
        ((three, _C, one, _A), True),
    ):
        made = _stated(*signers, roster=digest)
        yield (
            f"of two quorums, signed by {', '.join(signers)}",
            [made],
            is_valid,
            {"rosters": ["two quorums"]},
        )


def _keys() -> Iterator[tuple[str, list[EpochStatement], bool, dict[str, Any]]]:
    """Yield statements of a log that has two keys."""
    more, key = {"more_keys": [str(_LATER_KEY.key)]}, str(_LATER_KEY.key)
    own = _noted(_at(_leaves(10)), _ONE, by=_LATER_KEY)
    yield "of a later key", [_stated(log=key, former=own)], True, more
    yield "of a later key that is not known", [_stated(log=key, former=own)], False, {}
    yield "of a later key, the former checkpoint of the first", [_stated(log=key)], False, more
    yield "of the first key, the former checkpoint of a later", [_stated(former=own)], False, more


def _singles() -> Iterator[Made]:
    given = {"rosters": ["version 1"], "single": True}
    first = _stated()
    yield "alone: of epoch 2", first.to_bytes(), True, given
    yield "alone: of epoch 3", _next(first).to_bytes(), True, given
    yield "alone: signed by one", _stated(_A).to_bytes(), False, given
    yield "alone: all statements", statements.encode_chain([first]), False, given
    yield "alone: of epoch 3 without a statement before", _stated(epoch=3).to_bytes(), False, given
    yield "alone: of epoch 2 with a statement before", _stated(previous="0" * 64).to_bytes(), False, given


def _following() -> Iterator[Made]:
    """Yield what a reader has seen, and what the log shows after one or two losses."""
    one = _stated()
    two = _next(one)
    lines = ("", f"epoch 2 {one.digest()}", f"epoch 3 {two.digest()}")

    def of(epoch: int, leaves: list[bytes], line: str | None = None) -> Checkpoint:
        shown = lines[epoch - 1] if line is None else line
        return _at(leaves, *([shown] if shown else []))

    others = [*_leaves(5), b"other", *_leaves(9)[6:]]
    for told, known, newest, leaves, is_right in (
        ("nothing was known", of(1, []), 2, _leaves(8), True),
        ("what is left was known", of(1, _leaves(6)), 2, _leaves(8), True),
        ("less was known", of(1, _leaves(5)), 2, _leaves(8), True),
        ("less was known, of another log", of(1, _leaves(5, "x")), 2, _leaves(8), False),
        ("the former checkpoint was known", of(1, _leaves(10)), 2, _leaves(8), True),
        ("another of its size was known", of(1, _leaves(10, "x")), 2, _leaves(8), False),
        ("another of the size that is left was known", of(1, _leaves(6, "x")), 2, _leaves(8), False),
        ("all that was seen was known", of(1, _leaves(11)), 2, _leaves(8), True),
        ("more than was seen was known", of(1, _leaves(12)), 2, _leaves(8), False),
        ("nothing was known, other entries are left", of(1, []), 2, others, False),
        ("the former checkpoint was known, other entries are left", of(1, _leaves(10)), 2, others, False),
        ("nothing was known, fewer are left than stated", of(1, []), 2, _leaves(5), False),
        ("no more than what is left", of(1, _leaves(10)), 2, _leaves(6), True),
        ("an earlier epoch after a later one", of(2, _leaves(7)), 1, _leaves(10), False),
        ("the same epoch", of(2, _leaves(7)), 2, _leaves(8), True),
        ("the same epoch, other entries", of(2, _leaves(7, "x")), 2, _leaves(8), False),
        ("the same epoch, fewer entries", of(2, _leaves(8)), 2, _leaves(7), False),
        ("two losses", of(1, _leaves(10)), 3, _leaves(6), True),
        ("two losses, the second former was known", of(2, _leaves(8)), 3, _leaves(6), True),
        ("two losses, more than was seen before the second", of(2, _leaves(10)), 3, _leaves(6), False),
        ("two losses, another of the second former's size", of(2, _leaves(8, "x")), 3, _leaves(6), False),
        ("two losses, what the second leaves is another", of(1, []), 3, [*_leaves(4), b"x", b"y"], False),
        ("a known checkpoint of an epoch with another statement",
         of(2, _leaves(7), f"epoch 2 {'0' * 64}"), 3, _leaves(6), False),
    ):  # fmt: skip
        yield _followed(f"across a break: {told}", [one, two], (known, of(newest, leaves)), leaves, is_right)
    shown = of(2, _leaves(8), f"epoch 2 {'0' * 64}")
    yield _followed(
        "across a break: another statement began the epoch", [one], (of(1, []), shown), _leaves(8), False
    )
    shown = of(2, _leaves(8), f"epoch 4 {'0' * 64}")
    yield _followed(
        "across a break: an epoch without a statement", [one], (of(1, []), shown), _leaves(8), False
    )
    foreign = Checkpoint("other.example/log", 0, merkle.mth([]))
    yield _followed("across a break: of another log", [one], (foreign, of(2, _leaves(8))), _leaves(8), False)


def _followed(
    name: str,
    stated: list[EpochStatement],
    seen: tuple[Checkpoint, Checkpoint],
    leaves: list[bytes],
    is_right: bool,
) -> Made:
    """Return a case. seen: the known checkpoint and the newest, of these entries."""
    given = {"rosters": ["version 1"], "known": seen[0].text, "newest": seen[1].text}
    hashes = [leaf_hash(each).hex() for each in leaves]
    return name, statements.encode_chain(stated), is_right, {**given, "hashes": hashes}
