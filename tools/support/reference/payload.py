"""The padded identity in records and waiting claims (formats.md, section 3)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tools.support.reference import protobuf
from tools.support.reference.encoding import check
from tools.support.reference.review import Review

BLOCK = 512
DOCUMENT_TYPES = {
    1: "RESIDENT_ID",
    2: "RESIDENCE_PERMIT",
    3: "FOREIGN_PERMANENT_RESIDENT",
    4: "UNIFIED_SOCIAL_CREDIT_CODE",
    5: "PASSPORT",
    6: "MAINLAND_TRAVEL_PERMIT",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Identity:
    """What is sealed; a waiting claim has neither outcome nor consent. agree_time: aware.

    representative: of an organisation, of whom only document_type, number and name count. With provider and
    opaque_id the first three are empty.
    """

    document_type: str
    number: str
    name: str
    outcome: str = ""
    policy_version: str = ""
    agree_time: datetime | None = None
    assertion: str = ""
    representative: "Identity | None" = None
    provider: str = ""
    opaque_id: str = ""
    review: Review | None = None


def encode(identity: Identity) -> bytes:
    """Return the padded payload."""
    person = identity.representative
    whose = b"" if person is None else _representative(person)
    fields: list[tuple[int, int | bytes | str]] = [
        (1, _kind(identity)),
        (2, identity.number),
        (3, identity.name),
        (4, identity.outcome),
        (5, _consent(identity)),
        (6, identity.assertion),
        (7, whose),
        (8, identity.provider),
        (9, identity.opaque_id),
        (10, b"" if identity.review is None else _review(identity.review)),
    ]
    return padded(protobuf.build(fields))


def padded(data: bytes) -> bytes:
    framed = len(data).to_bytes(4, "big") + data
    return framed + bytes(-len(framed) % BLOCK)


def unpadded(whole: bytes) -> bytes:
    size = int.from_bytes(whole[:4], "big")
    check(len(whole) % BLOCK == 0 and 4 + size <= len(whole) < 4 + size + BLOCK, "a wrong size")
    check(not any(whole[4 + size :]), "the padding must be zeros")
    return whole[4 : 4 + size]


def decode(whole: bytes) -> Identity:
    """Return the identity in a padded payload."""
    fields = protobuf.parse(unpadded(whole))
    consent = protobuf.message(fields, 5)
    time = protobuf.message(consent, 2)
    agreed = _EPOCH + timedelta(
        seconds=protobuf.number(time, 1), microseconds=protobuf.number(time, 2) // 1_000
    )
    opaque_id = protobuf.text(fields, 9)
    check(not (opaque_id and {1, 2, 3, 7} & set(fields)), "a name or number beside an opaque id")
    check(bool(opaque_id) or protobuf.number(fields, 1) in DOCUMENT_TYPES, "an unknown type of document")
    return Identity(
        "" if opaque_id else DOCUMENT_TYPES[protobuf.number(fields, 1)],
        protobuf.text(fields, 2),
        protobuf.text(fields, 3),
        protobuf.text(fields, 4),
        protobuf.text(consent, 1),
        agreed if 2 in consent else None,
        protobuf.text(fields, 6),
        _read_representative(protobuf.message(fields, 7)) if 7 in fields else None,
        protobuf.text(fields, 8) if opaque_id else "",
        opaque_id,
        _read_review(protobuf.message(fields, 10)) if 10 in fields else None,
    )


def _review(review: Review) -> bytes:
    signed = [(4, protobuf.build([(1, key), (2, paper)])) for key, paper in review.papers]
    return protobuf.build([(1, review.review_id), (2, review.account_token), (3, review.salt), *signed])


def _read_review(fields: protobuf.Fields) -> Review:
    papers = [protobuf.parse(each) for each in protobuf.repeated(fields, 4)]
    return Review(
        protobuf.text(fields, 1),
        protobuf.text(fields, 2),
        protobuf.octets(fields, 3),
        tuple((protobuf.octets(each, 1), protobuf.octets(each, 2)) for each in papers),
    )


def _kind(identity: Identity) -> int:
    if identity.opaque_id:
        return 0
    return next(number for number, name in DOCUMENT_TYPES.items() if name == identity.document_type)


def _representative(person: Identity) -> bytes:
    return protobuf.build([(1, _kind(person)), (2, person.number), (3, person.name)])


def _read_representative(fields: protobuf.Fields) -> Identity:
    return Identity(
        DOCUMENT_TYPES[protobuf.number(fields, 1)], protobuf.text(fields, 2), protobuf.text(fields, 3)
    )


def _consent(identity: Identity) -> bytes:
    if identity.agree_time is None:
        return b""
    seconds, rest = divmod(identity.agree_time - _EPOCH, timedelta(seconds=1))
    time = protobuf.build([(1, seconds), (2, rest // timedelta(microseconds=1) * 1_000)])
    return protobuf.build([(1, identity.policy_version), (2, time)])
