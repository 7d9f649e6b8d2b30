"""Statements of a log that has lost entries (formats.md, section 9)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tools.support.reference import message, note, paper, roster, tree
from tools.support.reference.encoding import (
    check,
    encode,
    from_base64,
    from_base64url,
    from_json,
)
from tools.support.reference.note import Key
from tools.support.reference.roster import Roster

_BODY = (*("log", "epoch", "previous", "former", "seen", "size", "root", "lost", "time", "reason", "roster"),)
_TYPE = re.compile(r"[a-z_]+:[a-z_]+:[a-z_]+", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Left:
    """Two checkpoints that a statement names, the last one before and what is left, and the most seen.

    epoch, digest: of the statement.
    """

    former: int
    former_root: bytes
    size: int
    root: bytes
    seen: int
    epoch: int
    digest: str


def verify_file(data: bytes, *, versions: Sequence[Roster], log: Key, more: Sequence[Key] = ()) -> list[Left]:
    """Return what the statements in epochs.json say, from epoch 2 on. more: other keys of the log."""
    document = from_json(data, limit=4 << 20)
    check(isinstance(document, dict) and document.keys() == {"epochs"}, "no list of statements")
    check(isinstance(document["epochs"], list), "not a list")
    known: list[Left] = []
    least = 0
    for place, each in enumerate(document["epochs"], start=2):
        previous = known[-1].digest if known else ""
        number, found = _statement(each, place, previous, versions, (log, *more))
        check(number >= least, "a former version of the roster than the statement before")
        least = number
        _agree(known, found)
        known.append(found)
    return known


def verify_single(data: bytes, *, versions: Sequence[Roster], log: Key, more: Sequence[Key] = ()) -> Left:
    """Return what one statement says; that of the epoch before it is not at hand."""
    value = from_json(data, limit=1 << 20)
    check(isinstance(value, dict) and _is_count(value.get("epoch")) and value["epoch"] >= 2, "no statement")
    previous = value.get("previous")
    check(isinstance(previous, str), "not a text")
    check((value["epoch"] == 2) == (previous == ""), "epoch 2 has no statement before it, a later one has")
    check(previous == "" or _DIGEST.fullmatch(previous) is not None, "no digest")
    found = _statement(value, value["epoch"], previous, versions, (log, *more))[1]
    _agree([], found)
    return found


def check_following(known: str, newest: str, hashes: Sequence[bytes], stated: Sequence[Left]) -> None:
    """Check that a checkpoint continues a known one, both as texts. hashes: of the newest's entries."""
    before, after = _text(known), _text(newest)
    check(known.partition("\n")[0] == newest.partition("\n")[0], "another log")
    digests = {each.epoch: each.digest for each in stated} | {1: ""}
    for epoch, digest, _, _ in (before, after):
        check(digests.get(epoch) == digest, "an epoch whose statement is not known")
    check(before[0] <= after[0], "an earlier epoch")
    between = [each for each in stated if before[0] < each.epoch <= after[0]]
    must = [after[2:], _stays(before[2:], between)]
    least = 2**63
    for each in reversed([each for each in stated if each.epoch <= after[0]]):
        for size, root in ((each.size, each.root), (each.former, each.former_root)):
            if size <= least:
                must.append((size, root))
                least = size
    for count, expected in must:
        check(count <= len(hashes), "fewer entries than stated")
        check(tree.root(list(hashes[:count])) == expected, "the log does not begin with it")


def _stays(known: tuple[int, bytes], between: Sequence[Left]) -> tuple[int, bytes]:
    """Return what is left of a known checkpoint after these statements."""
    for each in between:
        size, root = known
        check(size <= each.seen, "more was seen")
        check(size != each.former or root == each.former_root, "another former checkpoint")
        check(size != each.size or root == each.root, "other entries are left")
        if size > each.size:
            known = each.size, each.root
    return known


def _text(body: str) -> tuple[int, str, int, bytes]:
    lines = body.split("\n")
    return (*note.epoch_of(body), int(lines[1]), from_base64(lines[2]))


def content(document: dict[str, Any]) -> bytes:
    """Return what the custodians sign."""
    return encode("idvault/epoch/v1", roster.canonical({name: document[name] for name in _BODY}))


def _digest(document: dict[str, Any]) -> str:
    return sha256(content(document)).hexdigest()


def _statement(
    value: Any, place: int, previous: str, versions: Sequence[Roster], logs: Sequence[Key]
) -> tuple[int, Left]:
    check(isinstance(value, dict) and value.keys() == {*_BODY, "signatures"}, "a wrong statement")
    for name in ("log", "previous", "former", "root", "time", "reason", "roster"):
        check(isinstance(value[name], str), "not a text")
    for name in ("epoch", "seen", "size"):
        check(_is_count(value[name]), "not a number")
    named_keys = [each for each in logs if each.vkey == value["log"]]
    check(bool(named_keys) and value["epoch"] == place, "another log or epoch")
    check(value["previous"] == previous, "another statement before")
    message.seconds(value["time"])
    check(1 <= len(value["reason"]) <= 200 and value["reason"].isprintable(), "a wrong reason")
    lost = value["lost"]
    check(isinstance(lost, dict), "not an object")
    check(all(_TYPE.fullmatch(name) and _is_count(count) for name, count in lost.items()), "wrong losses")
    named = [each for each in versions if each.digest == value["roster"]]
    check(bool(named), "another roster")
    _check_signed(value, named[0])
    before = versions[: versions.index(named[0]) + 1]
    former = from_base64(value["former"])
    at = roster.checkpoint(former, named_keys[0], before, epochs={place - 1: previous})
    root, size = from_base64url(value["root"]), value["size"]
    check(len(root) == 32, "no root")
    check(size != 0 or root == tree.root([]), "the root of an empty tree is wrong")
    check(value["seen"] >= max(at.size, size), "less was seen than there was")
    left = Left(at.size, at.root, size, root, value["seen"], place, _digest(value))
    return versions.index(named[0]), left


def _check_signed(value: dict[str, Any], version: Roster) -> None:
    signers = set()
    check(isinstance(value["signatures"], list), "not a list")
    custodians = {each.name for quorum in version.quorums() for each in quorum.custodians}
    for each in value["signatures"]:
        check(isinstance(each, dict) and each.keys() == {"name", "signature"}, "a wrong signature")
        name = each["name"]
        check(isinstance(name, str) and name in custodians and name not in signers, "somebody else signed")
        paper.verify(version.key(name), from_base64url(each["signature"]), content(value))
        signers.add(name)
    for quorum in version.quorums():
        signed = [each for each in quorum.custodians if each.name in signers]
        check(len(signed) >= quorum.threshold, "too few custodians signed")


def _agree(known: Sequence[Left], found: Left) -> None:
    """Check that two checkpoints of one size have one root, unless a statement in between leaves fewer."""
    check(not known or found.former >= known[-1].size, "fewer entries than the epoch began with")
    check(found.former != found.size or found.former_root == found.root, "two histories of one size")
    for other, other_root in ((found.former, found.former_root), (found.size, found.root)):
        left = other
        for each in reversed(known):
            # What is left is of the epoch that the statement begins, the former checkpoint of the one before.
            for size, root in ((each.size, each.root), (each.former, each.former_root)):
                check(size > left or size != other or root == other_root, "two histories of one size")
                left = min(left, each.size)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0
