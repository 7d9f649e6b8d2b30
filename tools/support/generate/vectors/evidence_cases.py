"""Cases of evidence that its auditor has signed as it is: what one rule alone refuses, and what none does."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tools.support.generate.vectors.evidence_parts import (
    APPROVED,
    FILED,
    FIRST_WITNESS,
    OPENED,
    OPENED_AT,
    SECOND_WITNESS,
    SETTLED,
    Opening,
    SpoiltEntry,
    VectorWitness,
    approval,
    version,
    witnessed_by,
)
from tools.support.reference import hpke, paper, payload, protobuf, record, story
from tools.support.reference.encoding import unpack
from tools.support.reference.record import Record
from tools.support.reference.review import Review
from tools.support.reference.roster import Roster
from tools.support.reference.story import sample

Made = tuple[str, Opening, str | None]
_SECOND = version(2, witnesses=witnessed_by(SECOND_WITNESS))
_TWO = (story.ROSTER, _SECOND)
_CHEN = ("chen", "wang", "zhang")
_REST = ("wang", "zhang")
_HANDED = version(2, custodians=_CHEN, signers=_REST)
_LI_ANEW = version(2, keys={"li": "another key of li"}, signers=_REST)
_ZHAO_ANEW = version(2, keys={"zhao": "another key of zhao"})
_MONTH = 30 * 86_400


def published() -> dict[str, Roster]:
    """Return the versions that a case may name as published."""
    return {"roster": story.ROSTER, "second version": _SECOND, "second version with chen": _HANDED}


def cases() -> Iterator[tuple[str, Opening, str | None, dict[str, Any]]]:
    """Yield evidence, whether it is valid (None), and what else a case gives."""
    # Other rosters than the published ones are read by their files alone.
    alone: dict[str, Any] = {"published": []}
    for part in (_notes(), _versions(), _auditors(), _requests(), _entries(), _records(), _reviews(),
                 _approvals(), _successors(), _bytes(), _two_faults()):  # fmt: skip
        for name, made, reason in part:
            yield name, made, reason, {} if made.rosters == (story.ROSTER,) else alone
    both = Opening(rosters=_TWO, named=1, cosigned=((SECOND_WITNESS, OPENED_AT),))
    yield "a second version of the roster that is published", both, None, _published("second version")
    yield "a second version that is not published", both, "*", {}
    yield "another second version is published", both, "*", _published("second version with chen")
    yield "a later version is published", Opening(), None, _published("second version")


def _published(name: str) -> dict[str, Any]:
    return {"published": ["roster", name]}


def _notes() -> Iterator[Made]:
    """Yield whose cosignatures the checkpoint has, and of what time."""
    yield "made anew", Opening(), None
    for seconds, reason in ((0, None), (900, None), (901, "*"), (-900, None), (-901, "*"), (_MONTH, "*")):
        cosigned = ((FIRST_WITNESS, OPENED_AT + seconds),)
        yield f"cosigned {seconds} s after the opening", Opening(cosigned=cosigned), reason
    again = ((FIRST_WITNESS, OPENED_AT + 901), (FIRST_WITNESS, OPENED_AT))
    # Of one witness the latest time counts.
    yield "cosigned in time, and again later", Opening(cosigned=again), "*"
    yield "cosigned early, and again in time", Opening(cosigned=((FIRST_WITNESS, 1), again[1])), None
    yield "cosigned by nobody", Opening(cosigned=()), "*"
    yield "cosigned by a stranger", Opening(cosigned=((SECOND_WITNESS, OPENED_AT),)), "*"
    yield "a checkpoint of a later epoch", Opening(lines=f"epoch 2 {'0' * 64}\n"), "*"
    three = [VectorWitness(f"witness.example/w{number}", sample(f"witness {number}")) for number in range(3)]
    of_three = (version(1, witnesses=witnessed_by(*three)),)
    for told, late, reason in (("all in time", 0, None), ("one in time, one later", 901, "*")):
        times = ((three[0], OPENED_AT), (three[1], OPENED_AT + late))
        yield f"two of three witnesses, {told}", Opening(rosters=of_three, cosigned=times), reason
    yield "one of three witnesses", Opening(rosters=of_three, cosigned=((three[0], OPENED_AT),)), "*"


def _versions() -> Iterator[Made]:
    """Yield which version of the roster the cosignatures may be of."""
    first, second = ((FIRST_WITNESS, OPENED_AT),), ((SECOND_WITNESS, OPENED_AT),)
    yield "cosigned as the named version demands", Opening(rosters=_TWO, cosigned=first), None
    yield "cosigned as a later version demands", Opening(rosters=_TWO, cosigned=second), None
    yield "cosigned as a former version demands", Opening(rosters=_TWO, named=1, cosigned=first), "*"
    bare = (version(1, witnesses={}), version(2))
    yield "the named version has no witnesses, none cosigned", Opening(rosters=bare, cosigned=()), "*"
    yield "the named version has no witnesses, a later one has", Opening(rosters=bare), None
    yield "no version has witnesses", Opening(rosters=bare[:1], cosigned=()), "*"
    member = VectorWitness("w", sample("ed25519 of zhao"))
    for told, witness in (
        ("has the log's key", VectorWitness("w", sample("log key"))),
        ("is named under the log's host", VectorWitness("a.vault.example/w", sample("witness key"))),
        ("has a member's key", member),
    ):
        made = (version(1, witnesses=witnessed_by(witness)),)
        yield f"the witness {told}", Opening(rosters=made, cosigned=((witness, OPENED_AT),)), "*"
    few = witnessed_by(FIRST_WITNESS, SECOND_WITNESS, threshold=1)
    yield "too few witnesses are demanded", Opening(rosters=(version(1, witnesses=few),)), "*"
    develops = (version(1, development=True), version(2, witnesses=witnessed_by(SECOND_WITNESS)))
    late = ((FIRST_WITNESS, OPENED_AT + _MONTH),)
    yield "for development, cosigned a month later", Opening(rosters=develops[:1], cosigned=late), None
    yield "for development, cosigned by nobody", Opening(rosters=develops[:1], cosigned=()), "*"
    alone = (version(1, development=True, witnesses={}),)
    yield "for development, without witnesses", Opening(rosters=alone, cosigned=()), None
    named = Opening(rosters=develops, named=1, cosigned=first)
    yield "cosigned as a former version for development demands", named, "*"
    unsigned = replace_signatures(_SECOND)
    yield "a version that nobody signed", Opening(rosters=(story.ROSTER, unsigned)), "*"
    yield "the versions in another order", Opening(rosters=(_SECOND, story.ROSTER)), "*"
    yield "the second version alone", Opening(rosters=(_SECOND,), cosigned=second), "*"
    yield "the request names no version", Opening(request={"roster_digest": "0" * 64}), "*"


def replace_signatures(made: Roster) -> Roster:
    """Return a version that nobody has signed."""
    return Roster(made.document | {"signatures": []})


def _auditors() -> Iterator[Made]:
    """Yield who signed the request and the file."""
    of_li = "ed25519 of li"
    yield "the request is signed by somebody else", Opening(asked_by=of_li), "*"
    yield "the file is signed by somebody else", Opening(filed_by=of_li), "*"
    custodian = Opening(request={"auditor": "li"}, asked_by=of_li, filed_by=of_li, actor=story.actor("li"))
    yield "a custodian in place of the auditor", custodian, "*"
    yield "an auditor whom nobody knows", Opening(request={"auditor": "nobody"}), "*"
    anew, label = (story.ROSTER, _ZHAO_ANEW), "another key of zhao"
    yield "the auditor's later key, of the version before", Opening(rosters=anew, asked_by=label), "*"
    yield "the auditor's later key, of the file alone", Opening(rosters=anew, filed_by=label), "*"
    named = Opening(rosters=anew, named=1, asked_by=label, filed_by=label)
    yield "the auditor's later key, of its version", named, None
    yield "the auditor's former key, of a later version", Opening(rosters=anew, named=1), "*"


def _requests() -> Iterator[Made]:
    """Yield requests of other forms; what they allow is not looked at."""
    yield "openings: none", Opening(request={"openings": 0}), None
    yield "a request that had expired", Opening(request={"expire_time": 1}), None
    yield "a request of the last second", Opening(request={"expire_time": 253_402_300_799}), None
    yield "a request beyond the year 9999", Opening(request={"expire_time": 253_402_300_800}), "*"
    yield "a request without a purpose", Opening(request={"purpose": ""}), None
    yield "a request of 20,000 bytes", Opening(request={"purpose": "x" * 20_000}), "*"
    for told, key in (("of small order", b"\x01" + bytes(31)), ("of 31 bytes", bytes(31))):
        yield f"a one-time key {told}", Opening(request={"public_key": key}), "*"
    yield "a one-time key of another suite", Opening(request={"suite": hpke.X_WING}), "*"
    yield "a one-time key of no suite", Opening(request={"suite": "x"}), "*"

    def told_anew(place: int, value: bytes) -> Opening:
        def anew(signed: bytes) -> bytes:
            parts = unpack(signed[:-64])
            parts[place] = value
            return paper.sign(sample("ed25519 of zhao"), b"".join(map(_part, parts)))

        return Opening(signed=anew)

    yield "a number of the request with a zero before it", told_anew(9, b"01"), "*"
    yield "a number of the request that is none", told_anew(9, b"x"), "*"
    yield "a text of the request that is not UTF-8", told_anew(6, b"\xff"), "*"
    yield "a request of another purpose", told_anew(0, b"idvault/disclosure-request/v2"), "*"


def _part(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part


def _entries() -> Iterator[Made]:
    """Yield entries of the log that are not those of this opening."""

    def of(kind: str, **its: Any) -> Opening:
        return Opening(entries={kind: SpoiltEntry(**its)})

    for kind, actor in ((SETTLED, story.actor("zhao")), (FILED, story.actor("li")),
                        (OPENED, story.actor("li")),
                        (FILED, "system"), (OPENED, "system")):  # fmt: skip
        yield (
            f"the {kind} by {'system' if actor == 'system' else 'somebody else'}",
            of(kind, actor=actor),
            "*",
        )
    for kind in (SETTLED, FILED, OPENED):
        yield f"the {kind} of another account", of(kind, account="acct_" + "1" * 26), "*"
        yield f"the {kind} of another type", of(kind, type="disclosure:record:confirm"), "*"
        yield f"the {kind}: a proof of another size", of(kind, size=4), "*"
        yield f"the {kind}: a proof of another place", of(kind, index=7), "*"
        yield f"the {kind}: a leaf of six parts", of(kind, more=_part(b"x")), "*"
        yield f"the {kind}: a leaf with a byte more", of(kind, more=b"\x00"), "*"
        key = sample("a key before a zero", 31)
        shown = of(kind, key=key + b"\x00", shown_key=key)
        yield f"the {kind}: an opening key without its last zero", shown, "*"
        yield f"the {kind}: an opening key that ends with a zero", of(kind, key=key + b"\x00"), None
    digest, signed = story.RECORD.digest(), Opening().signed_request()
    for told, kind, fields in (
        ("the settlement of another claim", SETTLED, ("x", "SUCCEEDED", "", digest)),
        ("a settlement that failed", SETTLED, (story.CLAIM_ID, "FAILED", "", digest)),
        ("a settlement with a reason", SETTLED, (story.CLAIM_ID, "SUCCEEDED", "MISMATCH", digest)),
        ("the settlement of another record", SETTLED, (story.CLAIM_ID, "SUCCEEDED", "", bytes(32))),
        ("the filing of another request", FILED, (signed[:-1], digest)),
        ("the filing for another record", FILED, (signed, bytes(32))),
        ("the opening of another disclosure", OPENED, ("0" * 32, digest)),
        ("the opening of another record", OPENED, (story.DISCLOSURE_ID, bytes(32))),
    ):
        yield told, of(kind, fields=fields), "*"
    for order in ((FILED, SETTLED, OPENED), (SETTLED, OPENED, FILED), (OPENED, FILED, SETTLED)):
        yield f"in the log: {', '.join(order)}", Opening(order=order), "*"


def _sealed(**changes: Any) -> Record:
    """Return the example's record, sealed with another outcome or document."""
    identity = replace(story.IDENTITY, **changes)
    return _padded(payload.encode(identity))


def _padded(padded: bytes) -> Record:
    return record.seal(
        padded,
        relying_party=story.PARTY,
        account_token=story.TOKEN,
        shred_key=story.SHRED_KEY,
        threshold=2,
        custodians=story.CUSTODIANS,
        drawn=story.DRAWN,
    )


def _seen(review: Review | None, **changes: Any) -> Record:
    """Return the record of a document that reviewers saw, with their review."""
    return _padded(payload.encode(replace(story.REVIEWED, review=review, **changes)))


def _reviews() -> Iterator[Made]:
    """Yield records of documents that reviewers saw: whoever changes one after the signature is found."""
    both, alone = story.reviewed(), story.reviewed(by=story.REVIEWERS[:1])
    yield "a passport that one reviewer saw", Opening(record=_seen(alone)), None
    yield "a passport that two reviewers saw", Opening(record=_seen(both)), None
    own = story.reviewed(token=story.TOKEN)
    yield "a passport that two reviewers saw of this account", Opening(record=_seen(own)), None
    permit = replace(story.REVIEWED, document_type="MAINLAND_TRAVEL_PERMIT", number="H01234567")
    carried = _padded(payload.encode(replace(permit, review=story.reviewed(of=permit))))
    yield "a travel permit that two reviewers saw", Opening(record=carried), None
    yield "a passport without a review", Opening(record=_seen(None)), "*"
    yield "a review beside a resident number", Opening(record=_sealed(review=both)), "*"
    for told, changes in (
        ("another name", {"name": "EVE ERIKSSON"}),
        ("another number", {"number": "GBRL898902C3" + "7"}),
        ("another type", {"document_type": "MAINLAND_TRAVEL_PERMIT"}),
        ("other terms", {"policy_version": "terms-4"}),
    ):
        yield f"a reviewed passport with {told} than was signed", Opening(record=_seen(both, **changes)), "*"
    (key, paper_of_first), second = both.papers
    for told, other in (
        ("another salt", replace(both, salt=bytes(32))),
        ("a salt of 31 bytes", replace(both, salt=both.salt[:-1])),
        ("another review's id", replace(both, review_id="0" * 32)),
        ("another account", replace(both, account_token="acct_" + "1" * 26)),
        ("an account that was not signed", replace(both, account_token=story.TOKEN)),
        ("no paper", replace(both, papers=())),
        ("the second paper alone", replace(both, papers=(second,))),
        ("the papers in another order", replace(both, papers=both.papers[::-1])),
        ("three papers", replace(both, papers=(*both.papers, second))),
        ("the first paper twice", replace(both, papers=(both.papers[0],) * 2)),
        ("another key", replace(both, papers=((second[0], paper_of_first), second))),
        ("a changed signature", replace(both, papers=((key, paper_of_first[:-1] + b"\x00"), second))),
        ("a paper that is cut", replace(both, papers=((key, paper_of_first[:70]), second))),
        ("the same reviewer twice", story.reviewed(by=("qian", "qian"))),
    ):
        yield f"a review with {told}", Opening(record=_seen(other)), "*"


def _records() -> Iterator[Made]:
    """Yield other records, which the log has as they are."""
    yield "a record sealed anew", Opening(record=_sealed()), None
    for outcome in ("", "MISMATCH", "NO_RECORD", "match", "x"):
        yield f"the outcome {outcome!r}", Opening(record=_sealed(outcome=outcome)), "*"
    whole = payload.encode(story.IDENTITY)
    for told, padded in (
        ("no message in it", payload.padded(b"\xff")),
        (
            "a document of type 9",
            payload.padded(payload.unpadded(whole).replace(b"\x08\x01", b"\x08\x09", 1)),
        ),
        ("padding that is not zeros", whole[:-1] + b"\x01"),
        ("a block of padding more", whole + bytes(512)),
        ("a length beyond its end", b"\xff\xff\xff\xff" + whole[4:]),
    ):
        yield f"a record with {told}", Opening(record=_padded(padded)), "*"
    real = story.RECORD
    for told, other in (
        ("a salt of 31 bytes", replace(real, salt=real.salt[:-1])),
        ("another salt", replace(real, salt=bytes(32))),
        ("another commitment", replace(real, commitment=bytes(32))),
        ("the commitment cut", replace(real, commitment=real.commitment[:-1])),
        ("another ciphertext", replace(real, ciphertext=real.ciphertext[:-1] + b"\x00")),
        ("no ciphertext", replace(real, ciphertext=b"")),
        ("another relying party", replace(real, relying_party="platform-b")),
        ("another id", replace(real, record_id="0" * 32)),
        ("another account", replace(real, account_token="acct_" + "1" * 26)),
        ("the format 2", replace(real, format_version=2)),
        ("the format 0", replace(real, format_version=0)),
        ("another quorum", replace(real, quorum_id="0" * 64)),
        ("a share's hash more", replace(real, share_hashes=(*real.share_hashes, bytes(32)))),
        ("a share's hash less", replace(real, share_hashes=real.share_hashes[:-1])),
    ):
        yield f"a record with {told}, logged so", Opening(record=other), "*"
    yield "the data key of another record", Opening(data_key=bytes(32)), "*"
    yield "a data key with a byte more", Opening(data_key=story.DRAWN.data_key + b"\x00"), "*"
    moved = story.DRAWN.data_key[:-1]
    shifted = Opening(data_key=moved, changed={4: story.DRAWN.data_key[-1:] + story.SHRED_VALUE})
    yield "a data key whose last byte is before the shred value", shifted, "*"


def _approvals() -> Iterator[Made]:
    """Yield approvals of others, again, or of another request."""
    li, wang, zhang = approval("li"), approval("wang"), approval("zhang")

    def of(*approvals: Any) -> Opening:
        return Opening(approvals=approvals)

    yield "all three approved", of(li, wang, zhang), None
    yield "in another order", of(zhang, li), None
    yield "one approval", of(li), "*"
    yield "no approval", of(), "*"
    yield "one approval twice", of(li, li), "*"
    yield "one approval twice, and another", of(li, li, wang), None
    chen = approval("chen", place=1)
    for told, other in (
        ("by a stranger", chen),
        ("by the auditor", approval("zhao", place=1)),
        ("by a stranger in a custodian's name", approval("li", label="ed25519 of chen")),
        ("that nobody signed", lambda signed: zhang(signed)[:-1] + b"\x00"),
        ("of another request", approval("zhang", of=b"x")),
        ("for another's place", approval("zhang", place=1)),
        ("for place 0", approval("zhang", place=0)),
        ("for place 4", approval("zhang", place=4)),
        ("of no share", approval("zhang", size=0)),
        ("of a share's hash of 31 bytes", approval("zhang", size=31)),
        ("that is a denial", approval("zhang", purpose=paper.DENIAL)),
        ("that is a paper of another purpose", approval("zhang", purpose="idvault/drill/v1")),
        ("with a name of 1,000 bytes", approval("x" * 1_000, place=3)),
        ("with a zero before its place", _zero_before_place),
        ("that is empty", lambda signed: b""),
        ("that is a signature alone", lambda signed: zhang(signed)[-64:]),
    ):
        yield f"beside enough approvals one {told}", of(li, wang, other), "*"
        yield f"in place of an approval one {told}", of(li, other), "*"


def _zero_before_place(signed: bytes) -> bytes:
    parts = unpack(approval("zhang")(signed)[:-64])
    parts[3] = b"03"
    return paper.sign(sample("ed25519 of zhang"), b"".join(map(_part, parts)))


def _successors() -> Iterator[Made]:
    """Yield approvals after a hand-over, and with keys of several versions."""
    wang, chen, handed = approval("wang"), approval("chen", place=1), (story.ROSTER, _HANDED)
    yield "a successor approved", Opening(rosters=handed, approvals=(chen, wang)), None
    yield (
        "a successor approved, of its version",
        Opening(rosters=handed, named=1, approvals=(chen, wang)),
        None,
    )
    both = (chen, approval("li"))
    yield "a custodian and the successor in its place", Opening(rosters=handed, approvals=both), "*"
    yield "both, and another", Opening(rosters=handed, approvals=(*both, wang)), None
    moved = (approval("chen", place=2), wang)
    yield "a successor for another place", Opening(rosters=handed, approvals=moved), "*"
    renamed = (story.ROSTER, version(2, custodians=_CHEN, quorum="other", signers=_REST))
    yield "a member of another quorum", Opening(rosters=renamed, approvals=(chen, wang)), "*"
    anew, key = (story.ROSTER, _LI_ANEW), "another key of li"
    for named in (0, 1):
        for told, label in (("former", "ed25519 of li"), ("later", key)):
            made = Opening(rosters=anew, named=named, approvals=(approval("li", label=label), wang))
            yield f"approved by a {told} key, version {named + 1} is named", made, None


def _bytes() -> Iterator[Made]:
    """Yield messages of other spellings, signed by their auditor."""

    def spoilt(old: bytes, new: bytes) -> Opening:
        return Opening(spoilt=lambda message: message.replace(old, new, 1))

    claim = story.CLAIM_ID.encode()
    tagged = b"\x2a" + bytes([len(claim)]) + claim
    yield "an empty text", spoilt(tagged, b"\x2a\x00"), "*"
    yield "an empty key", spoilt(b"\x1a\x20" + story.DRAWN.data_key, b"\x1a\x00"), "*"
    yield "an empty entry", Opening(spoilt=lambda message: message + b"\x62\x00"), "*"
    yield "a field in two parts", spoilt(tagged, tagged + tagged), "*"
    moved = Opening(spoilt=lambda message: message.replace(tagged, b"", 1) + tagged)
    yield "the claim after all others", moved, "*"
    yield "a text that is not UTF-8", Opening(changed={5: b"\xff"}), "*"
    yield "a varint in two bytes", spoilt(b"\x2a\x20" + claim, b"\x2a\xa0\x00" + claim), "*"
    yield "a tag in two bytes", spoilt(tagged, b"\xaa\x00" + tagged[1:]), "*"
    yield "a number as bytes", spoilt(b"\x20\x01\x2a\x40", b"\x22\x01\x31\x2a\x40"), "*"
    yield "a group", Opening(spoilt=lambda message: message + b"\x6b\x6c"), "*"
    yield "a fixed number", Opening(spoilt=lambda message: message + b"\x6d\x00\x00\x00\x00"), "*"
    yield "cut", Opening(spoilt=lambda message: message[:-1]), "*"
    index = protobuf.build([(2, 3)])
    yield "an index that is there as 0", spoilt(index, b"\x08\x00" + index), "*"
    yield "an unknown field of a proof", spoilt(index, index + b"\x20\x01"), "*"
    yield "an empty approval", Opening(approvals=(*APPROVED, lambda signed: b"")), "*"
    for day in ("2027-03-01", "0001-01-01", "9999-12-31", "2026-03-01"):
        yield f"to be destroyed after {day}", Opening(day=day), None
    for day in ("", "0000-01-01", "10000-01-01", "2027-03-01 ", "2027-02-29", "2027-13-01"):
        yield f"to be destroyed after {day!r}", Opening(day=day), "*"


def _two_faults() -> Iterator[Made]:
    """Yield evidence with two faults: the one that is looked for first is told."""
    nobody, one = (), APPROVED[:1]
    damaged = replace(story.RECORD, salt=b"")
    foreign = replace(story.RECORD, account_token="acct_" + "1" * 26)
    elsewhere = replace(story.RECORD, quorum_id="0" * 64)
    by_li = {OPENED: SpoiltEntry(actor=story.actor("li"))}
    wrong = approval("zhang", of=b"x")
    for told, made in (
        ("roster, signature", Opening(rosters=(_SECOND,), asked_by="ed25519 of li")),
        ("version, signature", Opening(request={"roster_digest": "0" * 64}, filed_by="ed25519 of li")),
        ("signature, note", Opening(filed_by="ed25519 of li", cosigned=nobody)),
        ("note, record", Opening(cosigned=nobody, record=foreign)),
        ("note, salt", Opening(cosigned=nobody, record=damaged)),
        ("salt, entry", Opening(record=damaged, entries=by_li)),
        ("account, entry", Opening(record=foreign, entries=by_li)),
        ("entry, quorum", Opening(record=elsewhere, entries=by_li)),
        ("entry, data key", Opening(entries=by_li, data_key=bytes(32))),
        ("proof of the settlement, actor of the opening",
         Opening(entries={**by_li, SETTLED: SpoiltEntry(size=4)})),
        ("actor of the settlement, proof of the opening",
         Opening(entries={SETTLED: SpoiltEntry(actor=story.actor("li")), OPENED: SpoiltEntry(size=4)})),
        ("commitment and proof of one entry", Opening(entries={OPENED: SpoiltEntry(account="x", size=4)})),
        ("actor and proof of one entry",
         Opening(entries={OPENED: SpoiltEntry(actor=story.actor("li"), size=4)})),
        ("order, quorum", Opening(order=(FILED, SETTLED, OPENED), record=elsewhere)),
        ("quorum, approvals", Opening(record=elsewhere, approvals=one)),
        ("number of shares, approvals",
         Opening(record=replace(story.RECORD, share_hashes=()), approvals=one)),
        ("an approval, too few", Opening(approvals=(*one, wrong))),
        ("approvals, data key", Opening(approvals=one, data_key=bytes(32))),
        ("data key, day", Opening(data_key=bytes(32), day="x")),
        ("outcome, day", Opening(record=_sealed(outcome="MISMATCH"), day="x")),
        ("the opening cannot be read, note",
         Opening(entries={OPENED: SpoiltEntry(more=b"\x00")}, cosigned=nobody)),
        ("the opening cannot be read, record",
         Opening(entries={OPENED: SpoiltEntry(more=b"\x00")}, record=foreign)),
    ):  # fmt: skip
        yield f"two faults: {told}", made, "*"
