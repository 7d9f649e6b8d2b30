"""The synthetic values of the worked examples: every random value is a hash of its label."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tools.support.reference import hpke, paper, payload, record, review, roster, tree
from tools.support.reference.encoding import base64url, crockford
from tools.support.reference.moderation import Occasion
from tools.support.reference.note import LOG, WITNESS, Key
from tools.support.reference.paper import Request
from tools.support.reference.payload import Identity
from tools.support.reference.record import Custodian, Randomness
from tools.support.reference.review import Review
from tools.support.reference.roster import Roster
from tools.support.reference.tree import Leaf


def sample(label: str, size: int = 32) -> bytes:
    """Return the first bytes of SHA-256("idvault example: " + label)."""
    return sha256(f"idvault example: {label}".encode()).digest()[:size]


def public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def actor(name: str) -> str:
    return sample(f"actor {name}", 16).hex()


NAMES = ("li", "wang", "zhang")
PARTY = "platform-a"
TOKEN = "acct_" + crockford(sample("account", 16))
RECORD_ID = sample("record", 16).hex()
CLAIM_ID = sample("claim", 16).hex()
REQUEST_ID = "11111111-1111-4111-8111-111111111111"
DISCLOSURE_ID = sample("disclosure", 16).hex()
APPEAL_ID = sample("appeal", 16).hex()
SHRED_KEY = sample("shred key")
IDENTITY = Identity(
    "RESIDENT_ID", "110000190101010001", "某一一", "MATCH", "terms-3", datetime(2026, 3, 1, 3, 59, tzinfo=UTC)
)
PADDED = payload.encode(IDENTITY)
REVIEWED = Identity(
    "PASSPORT", "GBRL898902C36", "ANNA ERIKSSON", "MATCH", "terms-3", datetime(2026, 3, 1, 3, 59, tzinfo=UTC)
)
REVIEW_ID, REVIEW_SALT = sample("review", 16).hex(), sample("review salt")
REVIEWERS = ("qian", "sun")


def reviewer(name: str) -> Occasion:
    """Return what a reviewer's paper begins with."""
    return Occasion(PARTY, REQUEST_ID, actor(name), 1_772_337_540)


def review_signed(name: str, content: bytes) -> tuple[bytes, bytes]:
    """Return a reviewer's key, and a paper with its signature."""
    seed = sample(f"ed25519 of {name}")
    return public(seed), content + Ed25519PrivateKey.from_private_bytes(seed).sign(content)


def reviewed(*, token: str = "", by: tuple[str, ...] = REVIEWERS, of: Identity = REVIEWED) -> Review:
    """Return what is sealed of the example's review, by one reviewer or two."""
    marked = review.mark(REVIEW_SALT, of.document_type, of.number, of.name)
    signed = [review_signed(by[0], review.first(reviewer(by[0]), token, "terms-3", marked))]
    for name in by[1:]:
        content = review.second(reviewer(name), REVIEW_ID, signed[0][1], marked)
        signed.append(review_signed(name, content))
    return Review(REVIEW_ID, token, REVIEW_SALT, tuple(signed))


CUSTODIANS = tuple(
    Custodian(name, hpke.X25519, hpke.public_key(hpke.X25519, sample(f"hpke of {name}"))) for name in NAMES
)
QUORUM_ID = record.quorum_id(2, CUSTODIANS)
DRAWN = Randomness(
    RECORD_ID,
    sample("salt"),
    sample("data key"),
    sample("nonce", 12),
    sample("coefficients"),
    tuple(sample(f"ephemeral for {name}") for name in NAMES),
)
RECORD = record.seal(
    PADDED,
    relying_party=PARTY,
    account_token=TOKEN,
    shred_key=SHRED_KEY,
    threshold=2,
    custodians=CUSTODIANS,
    drawn=DRAWN,
)
SHRED_VALUE = record.shred_value(SHRED_KEY, RECORD_ID)


def share(name: str) -> bytes:
    """Return the opened share of a custodian."""
    place = NAMES.index(name) + 1
    return record.open_share(RECORD, place=place, name=name, private=sample(f"hpke of {name}"))


def person(name: str, role: str) -> dict[str, Any]:
    """Return a roster entry."""
    key = hpke.public_key(hpke.X25519, sample(f"hpke of {name}"))
    return {
        "name": name,
        "role": role,
        "organisation": "示例机构 (synthetic)",
        "actor_id": actor(name),
        "hpke": {"suite": hpke.X25519, "public_key": base64url(key)},
        "ed25519": base64url(public(sample(f"ed25519 of {name}"))),
        "spki": sample(f"certificate of {name}").hex(),
    }


WITNESS_KEY = Key("witness.example/w1", WITNESS, public(sample("witness key")))


def _roster() -> Roster:
    made = Roster(
        {
            "version": 1,
            "development": False,
            "people": [*(person(name, "custodian") for name in NAMES), person("zhao", "auditor")],
            "quorums": [{"name": "main", "threshold": 2, "custodians": list(NAMES)}],
            "witness": {
                "threshold": 1,
                "witnesses": [{"name": WITNESS_KEY.name, "ed25519": base64url(WITNESS_KEY.public)}],
            },
            "signatures": [],
        }
    )
    for name in NAMES:
        made = roster.sign(made, name, sample(f"ed25519 of {name}"))
    return made


ROSTER = _roster()
ONE_TIME = sample("one-time key")
REQUEST = Request(
    disclosure_id=DISCLOSURE_ID,
    auditor="zhao",
    account_token=TOKEN,
    case_reference="案号 1 (synthetic)",
    legal_basis="第一条 (synthetic)",
    purpose="synthetic",
    suite=hpke.X25519,
    public_key=hpke.public_key(hpke.X25519, ONE_TIME),
    openings=1,
    create_time=1_772_337_600,
    expire_time=1_772_596_800,
    roster_digest=ROSTER.digest,
)
SIGNED_REQUEST = paper.sign(sample("ed25519 of zhao"), paper.request_content(REQUEST))
RESEALED = {
    name: paper.reseal(
        share(name),
        request=REQUEST,
        signed_request=SIGNED_REQUEST,
        custodian=name,
        ephemeral=sample(f"ephemeral of {name}"),
    )
    for name in NAMES
}


def approval(name: str) -> bytes:
    """Return the signed approval of a custodian."""
    content = paper.approval_content(
        signed_request=SIGNED_REQUEST,
        custodian=name,
        place=NAMES.index(name) + 1,
        resealed=RESEALED[name],
    )
    return paper.sign(sample(f"ed25519 of {name}"), content)


def released(name: str) -> tuple[str, str, bytes]:
    """Return what the entry of a release commits to."""
    return DISCLOSURE_ID, name, sha256(RESEALED[name]).digest()


LOG_KEY = Key("vault.example/log", LOG, public(sample("log key")))
SETTLEMENT, REQUESTED, DISCLOSURE, OPENING = 1, 2, 7, 8
_DIGEST = RECORD.digest()
_AUDITOR = actor("zhao")
Fields = tuple[str | int | bytes, ...]
# The entries of the example log: type, minute, actor, account, fields.
EVENTS: tuple[tuple[str, str, str, str, Fields], ...] = (
    ("roster:version:adopted", "2026-03-01T03:58Z", "system", "", (1, ROSTER.digest)),
    (
        "verification:claim:settle",
        "2026-03-01T03:59Z",
        "system",
        TOKEN,
        (CLAIM_ID, "SUCCEEDED", "", _DIGEST),
    ),
    ("disclosure:request:file", "2026-03-01T04:00Z", _AUDITOR, TOKEN, (SIGNED_REQUEST, _DIGEST)),
    ("disclosure:request:approve", "2026-03-01T04:05Z", actor("li"), TOKEN, (approval("li"),)),
    ("disclosure:share:release", "2026-03-01T04:05Z", actor("li"), TOKEN, released("li")),
    ("disclosure:request:approve", "2026-03-01T04:06Z", actor("wang"), TOKEN, (approval("wang"),)),
    ("disclosure:share:release", "2026-03-01T04:06Z", actor("wang"), TOKEN, released("wang")),
    (
        "disclosure:record:disclose",
        "2026-03-01T04:06Z",
        actor("wang"),
        TOKEN,
        (DISCLOSURE_ID, _DIGEST, _AUDITOR, REQUEST.legal_basis),
    ),
    ("disclosure:record:open", "2026-03-01T04:07Z", _AUDITOR, TOKEN, (DISCLOSURE_ID, _DIGEST)),
)


def opening_key(index: int) -> bytes:
    return sample(f"opening key of entry {index}")


def leaf(index: int) -> Leaf:
    """Return the leaf of an entry of the example log."""
    kind, minute, actor, account, fields = EVENTS[index]
    return Leaf(kind, minute, actor, tree.commitment(opening_key(index), account, kind, *fields))


LEAVES = [tree.write_leaf(leaf(index)) for index in range(len(EVENTS))]
HASHES = [tree.leaf_hash(each) for each in LEAVES]
