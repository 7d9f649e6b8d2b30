"""Builds evidence of an opening of the page's example record, of which a case changes something.

Everything that depends on the change is made anew: the record, the request, the approvals, the log's entries,
its checkpoint and the signatures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from tools.support.reference import evidence, note, paper, protobuf, roster, story, tree
from tools.support.reference.encoding import Part, base64url, encode
from tools.support.reference.note import WITNESS, Key
from tools.support.reference.paper import Request
from tools.support.reference.record import Record
from tools.support.reference.roster import Roster
from tools.support.reference.story import sample
from tools.support.reference.tree import Leaf

NAMES = story.NAMES
SETTLED, FILED, OPENED = "settlement", "request", "opening"
OPENED_AT = 1_772_338_020
"""The time of the opening's entry, 2026-03-01T04:07Z."""
_MINUTES = {SETTLED: "2026-03-01T03:59Z", FILED: "2026-03-01T04:00Z", OPENED: "2026-03-01T04:07Z"}
_FIELDS = {SETTLED: 6, FILED: 12, OPENED: 7}
_TYPES = {
    SETTLED: "verification:claim:settle",
    FILED: "disclosure:request:file",
    OPENED: "disclosure:record:open",
}


@dataclass(frozen=True)
class VectorWitness:
    """A synthetic witness."""

    name: str
    seed: bytes

    @property
    def key(self) -> Key:
        return Key(self.name, WITNESS, story.public(self.seed))


FIRST_WITNESS = VectorWitness(story.WITNESS_KEY.name, sample("witness key"))
SECOND_WITNESS = VectorWitness("witness.example/w2", sample("second witness key"))


def witnessed_by(*witnesses: VectorWitness, threshold: int = 0) -> dict[str, Any]:
    """Return the member `witness` of a roster."""
    if not witnesses:
        return {}
    listed = [{"name": each.name, "ed25519": base64url(each.key.public)} for each in witnesses]
    return {"threshold": threshold or len(witnesses) // 2 + 1, "witnesses": listed}


def version(
    number: int,
    *,
    custodians: Sequence[str] = NAMES,
    quorum: str = "main",
    witnesses: dict[str, Any] | None = None,
    development: bool = False,
    keys: Mapping[str, str] | None = None,
    signers: Sequence[str] = NAMES,
) -> Roster:
    """Return a version of the example's roster. keys: whose Ed25519 keys are others, by their labels."""
    people = [story.person(name, "custodian") for name in custodians] + [story.person("zhao", "auditor")]
    for each in people:
        label = (keys or {}).get(each["name"])
        if label:
            each["ed25519"] = base64url(story.public(sample(label)))
    made = Roster(
        {
            "version": number,
            "development": development,
            "people": people,
            "quorums": [{"name": quorum, "threshold": 2, "custodians": list(custodians)}],
            "witness": witnessed_by(FIRST_WITNESS) if witnesses is None else witnesses,
            "signatures": [],
        }
    )
    for name in signers:
        made = roster.sign(made, name, sample(f"ed25519 of {name}"))
    return made


def approval(
    name: str = "li",
    *,
    place: int | None = None,
    label: str = "",
    of: bytes = b"",
    size: int = 32,
    purpose: str = paper.APPROVAL,
) -> Callable[[bytes], bytes]:
    """Return what makes an approval of a signed request. label: of the key that signs it; of: another one."""
    at = place if place is not None else NAMES.index(name) + 1

    def made(signed: bytes) -> bytes:
        digest = sha256(of or signed).digest()
        content = encode(purpose, digest, name, at, sha256(story.RESEALED["li"]).digest()[:size])
        return paper.sign(sample(label or f"ed25519 of {name}"), content)

    return made


Approvals = Sequence[Callable[[bytes], bytes]]
APPROVED: Approvals = (approval("li"), approval("wang"))


def _same(content: bytes) -> bytes:
    return content


@dataclass(frozen=True, kw_only=True)
class SpoiltEntry:
    """What is another in an entry of the log, or in how the evidence shows it; None: as it should be."""

    actor: str | None = None
    account: str = story.TOKEN
    fields: Sequence[Part] | None = None
    type: str | None = None
    more: bytes = b""
    key: bytes | None = None
    shown_key: bytes | None = None
    size: int | None = None
    index: int | None = None


@dataclass(frozen=True, kw_only=True)
class Opening:
    """The parts of evidence. named: the place of the version that the request names.

    request: its other fields. asked_by, filed_by: labels of the keys that sign the request and the file.
    order: of the three entries in the log. cosigned: by whom, at what time. changed: other fields of the
    message, by number; None leaves one out. spoilt: what becomes of the message's bytes.
    """

    rosters: Sequence[Roster] = (story.ROSTER,)
    named: int = 0
    record: Record = story.RECORD
    request: Mapping[str, Any] = field(default_factory=dict)
    asked_by: str = "ed25519 of zhao"
    filed_by: str = "ed25519 of zhao"
    signed: Callable[[bytes], bytes] = _same
    actor: str = story.actor("zhao")
    entries: Mapping[str, SpoiltEntry] = field(default_factory=dict)
    order: Sequence[str] = (SETTLED, FILED, OPENED)
    cosigned: Sequence[tuple[VectorWitness, int]] = ((FIRST_WITNESS, OPENED_AT),)
    lines: str = ""
    approvals: Approvals = APPROVED
    data_key: bytes = story.DRAWN.data_key
    day: str = "2027-03-01"
    changed: Mapping[int, bytes | str | None] = field(default_factory=dict)
    spoilt: Callable[[bytes], bytes] = _same

    def to_bytes(self) -> bytes:
        """Return the proof file."""
        return evidence.write(self.spoilt(self._message()), sample(self.filed_by))

    def signed_request(self) -> bytes:
        """Return the request with its signature."""
        digest = self.rosters[self.named].digest
        request: Request = replace(story.REQUEST, **{"roster_digest": digest, **self.request})
        return self.signed(paper.sign(sample(self.asked_by), paper.request_content(request)))

    def _message(self) -> bytes:
        signed = self.signed_request()
        leaves = [self._leaf(kind, signed) for kind in self.order]
        hashes = [tree.leaf_hash(each) for each in leaves]
        parts: list[tuple[int, bytes | str]] = [
            (1, signed),
            (2, evidence.record_message(self.record)),
            (3, self.data_key),
            (4, story.SHRED_VALUE),
            (5, story.CLAIM_ID),
            (8, protobuf.build([(1, self._note(hashes))])),
            *((9, each(signed)) for each in self.approvals),
            *((10, roster.write(each)) for each in self.rosters),
            (11, self.day),
        ]
        for place, (kind, leaf) in enumerate(zip(self.order, leaves, strict=True)):
            parts.append((_FIELDS[kind], self._shown(kind, leaf, place, hashes)))
        kept = [(number, value) for number, value in parts if number not in self.changed]
        kept += [(number, value) for number, value in self.changed.items() if value is not None]
        return b"".join(_built(*each) for each in sorted(kept, key=lambda each: each[0]))

    def _leaf(self, kind: str, signed: bytes) -> bytes:
        its, digest = self.entries.get(kind, SpoiltEntry()), self.record.digest()
        bound: dict[str, Sequence[Part]] = {
            SETTLED: (story.CLAIM_ID, "SUCCEEDED", "", digest),
            FILED: (signed, digest),
            OPENED: (story.DISCLOSURE_ID, digest),
        }
        actor = its.actor or ("system" if kind == SETTLED else self.actor)
        type_ = its.type or _TYPES[kind]
        fields = bound[kind] if its.fields is None else its.fields
        commitment = tree.commitment(_key(kind, its), its.account, type_, *fields)
        return tree.write_leaf(Leaf(type_, _MINUTES[kind], actor, commitment)) + its.more

    def _shown(self, kind: str, leaf: bytes, place: int, hashes: list[bytes]) -> bytes:
        its = self.entries.get(kind, SpoiltEntry())
        return evidence.entry_message(
            leaf,
            _key(kind, its) if its.shown_key is None else its.shown_key,
            index=place if its.index is None else its.index,
            size=len(hashes) if its.size is None else its.size,
            hashes=tree.inclusion(hashes, place),
        )

    def _note(self, hashes: list[bytes]) -> bytes:
        body = note.text(story.LOG_KEY.name, len(hashes), tree.root(hashes)) + self.lines
        lines = [note.sign(body, story.LOG_KEY, sample("log key"))]
        lines += [note.sign(body, each.key, each.seed, time=time) for each, time in self.cosigned]
        return note.write(body, lines)


def _built(number: int, value: bytes | str) -> bytes:
    """Return a field; an empty approval is there, because it is one of a list."""
    return b"\x4a\x00" if (number, value) == (9, b"") else protobuf.build([(number, value)])


def _key(kind: str, its: SpoiltEntry) -> bytes:
    return sample(f"opening key of the {kind}") if its.key is None else its.key
