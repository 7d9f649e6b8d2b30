"""Promise 17: evidence, receipts and histories with any byte changed, against the offline checks.

The documents are those of a real opening. Each is changed at random: one to three bits are flipped, or bytes
are cut, doubled, moved, or taken from the same kind of document of somebody else. Evidence is also changed
and then signed again by its auditor, who may be the forger. The checks have public keys alone.

A changed document that is accepted, and proves anything that the true one does not, is lost. One that proves
less is not: a receipt without its record proves no quorum, and a history is complete only as far as the vault
told.
"""

import asyncio
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from google.protobuf.message import DecodeError

from idvault.claim import api as claim_api
from idvault.claim.acts.claim import Receipt
from idvault.core.log_entry import Proved
from idvault.disclosure.api import history as history_api
from idvault_verify.offline import disclosure_history, receipt
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence import file as proof_file
from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.v1 import verification_pb2
from tools.support import evidence_world
from tools.support.chamber import WITNESSED, Chamber, identity
from tools.support.evidence_world import Opened
from tools.support.release_world import history
from tools.torture import rooms
from tools.torture.campaign import Options
from tools.torture.rooms import Rooms
from tools.torture.tally import Tally

Facts = frozenset[tuple[str, str]]
Prove = Callable[[bytes], Facts]


@dataclass(frozen=True)
class Document:
    """A true document. prove: returns what the check says of bytes, as facts, or raises UnverifiedError.

    other: the same document of another opening.
    """

    kind: str
    true: bytes
    other: bytes
    prove: Prove

    def judge(self, changed: bytes) -> str:
        """Return what a changed document proves that the true one does not, "" if nothing."""
        try:
            found = self.prove(changed)
        except (UnverifiedError, DecodeError, ValueError):
            return ""
        return ", ".join(sorted(name for name, _ in found - self.prove(self.true)))


async def documents(room: Chamber) -> list[Document]:
    """Return the documents of an opening, each beside that of another one."""
    first, other = await evidence_world.opening(room), await evidence_world.opening(room)
    receipts = [_receipt(room, each) for each in (first, other)]
    told = [await history(room, each.record.terms.account_token) for each in (first, other)]
    histories = [history_api.history(each).SerializeToString(deterministic=True) for each in told]
    versions = tuple(room.rosters.versions)

    def of_file(data: bytes) -> Facts:
        return _evidence(proof_file.parse(data), versions)

    def signed_again(data: bytes) -> Facts:
        signature = identity("auditor-a").sign(proof_file.signed_bytes(data))
        facts = _evidence(proof_file.of(data, signature), versions)
        return frozenset(each for each in facts if each[0] != "destroy_after")

    return [
        Document("evidence", first.proof.to_bytes(), other.proof.to_bytes(), of_file),
        Document("signed again", first.proof.content, other.proof.content, signed_again),
        Document("receipt", receipts[0], receipts[1], _of_receipt),
        Document("history", histories[0], histories[1], _of_history),
    ]


def _evidence(proof: proof_file.ProofFile, versions: Collection[Any]) -> Facts:
    proved = evidence_check.check(proof, policy=evidence_world.POLICY, published=tuple(versions))
    facts = {name: getattr(proved, name) for name in _EVIDENCE}
    facts["record"] = proved.record.digest().hex()
    return frozenset((name, repr(value)) for name, value in facts.items()) | {
        ("payload", str(proved.payload.named.name)),
        ("number", proved.payload.named.document.number),
    }


_EVIDENCE = (
    "terms", "auditor", "quorum", "approved_by", "settlement", "request", "opening", "roster",
    "is_published", "destroy_after",
)  # fmt: skip


def _receipt(room: Chamber, opened: Opened) -> bytes:
    """Return the receipt of the account, which a platform gets from the vault."""
    answer = opened.record.answer
    record = room.records[answer.record.account_token]
    value = Receipt(
        record.account_token, answer.settlement_claim_id, record.digest(), room.rosters.quorum,
        Proved(b"", b"", None, 0, None), answer.checkpoint.note, record,
    )  # fmt: skip
    message = claim_api.receipt_message(value)
    message.entry.CopyFrom(answer.settlement)
    return message.SerializeToString(deterministic=True)


def _of_receipt(data: bytes) -> Facts:
    read = receipt.read(verification_pb2.Receipt.FromString(data))
    proved = receipt.check(read, policy=WITNESSED)
    facts = {("account", proved.account_token), ("digest", proved.record_digest.hex())}
    facts |= {("sealed", f"{proved.sealed_at} {proved.index}")}
    return frozenset(facts | ({("quorum", repr(proved.quorum))} if proved.quorum else set()))


def _of_history(data: bytes) -> Facts:
    read = disclosure_history.read_answer(data)
    proved = disclosure_history.check(read, policy=WITNESSED)
    listed = (*proved.disclosures, *proved.openings)
    return frozenset((type(each).__name__, f"{read.account_token} {each}") for each in listed)


def changed(document: Document, dice: random.Random) -> bytes:
    """Return a document with one change."""
    data, other = bytearray(document.true), document.other
    at, size = dice.randrange(len(data)), dice.randint(1, 64)
    match dice.randrange(6):
        case 0 | 1:
            for _ in range(dice.randint(1, 3)):
                bit = dice.randrange(len(data) * 8)
                data[bit // 8] ^= 1 << bit % 8
        case 2:
            del data[at : at + size]
        case 3:
            data[at:at] = data[at : at + size]
        case 4:
            moved = data[at : at + size]
            del data[at : at + size]
            to = dice.randrange(len(data) + 1)
            data[to:to] = moved
        case _:
            data[at : at + size] = other[at : at + size]
    return bytes(data)


def run(options: Options) -> Tally:
    """Change each document this many times."""
    tally, dice = Tally(), options.dice()

    async def play(vaults: Rooms, _number: int) -> None:
        async with vaults.fresh() as room:
            for document in await documents(room):
                await asyncio.to_thread(judge, document, dice, options, tally)

    return rooms.run(replace(options, count=1), tally, play)


def judge(document: Document, dice: random.Random, options: Options, tally: Tally) -> None:
    """Change one document as often as requested, and count what is believed."""
    if not document.prove(document.true):
        tally.lose(f"the true {document.kind} proves nothing")
    for _ in range(options.count):
        if options.stop.is_set():
            return
        forged = changed(document, dice)
        if forged == document.true:
            continue
        tally.faults += 1
        tally.figures[document.kind] = tally.figures.get(document.kind, 0) + 1
        if told := document.judge(forged):
            tally.lose(f"a changed {document.kind} proves another {told}")
