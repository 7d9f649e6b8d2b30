"""Vectors of what authorities sign: orders, withdrawals, joint operations and answers, with every change.

`platform` is who reads it, `roster` names the inputs with the versions of the roster, in order. `paper` says
what the input is to be; of a withdrawal `of` names the order. `known` is true if the reader checked the paper
before; it says nothing of a withdrawal. `report` is what an answer is to be of: the referral's id, its
authority, the answer, category, kind of target, target (null once it is deleted) and salt in hex.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from idvault_verify import seal
from idvault_verify.attest import order as papers
from idvault_verify.attest.order import WithdrawalTerms
from idvault_verify.attest.people.roster import Roster
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import ReferralState, TargetKind
from tools.support import builders, orders, people
from tools.support.generate.vectors.case import Case, changed
from tools.support.orders import OFFICE, OTHER_OFFICE, PLATFORM

_FIRST = orders.roster(OFFICE, OTHER_OFFICE)
_AUDITOR = "auditor-a"
_ORDER = orders.signed(orders.terms())
_OPERATION = orders.signed(orders.joint())
_YEAR = 366 * 86_400


def _second() -> Roster:
    """Return a version without the authority, signed by those of the first."""
    return orders.roster(OTHER_OFFICE, version=2)


def _renewed() -> Roster:
    """Return a version in which the authority has another key."""
    key = people.signer("office-a's later key").public_key().public_bytes_raw()
    member = replace(people.roster_member(OFFICE, role="authority"), ed25519=key)
    other = people.roster_member(OTHER_OFFICE, role="authority")
    made = people.roster(version=2)
    return people.signed(replace(made, people=(*made.people, member, other)), *people.NAMES)


def _withdrawal(name: str = OFFICE, **changes: Any) -> bytes:
    made = WithdrawalTerms("ab" * 16, papers.digest(_ORDER), OFFICE, "given by mistake", 1_772_337_700)
    return orders.signed(replace(made, **changes), name)


_PAPERS: dict[str, tuple[bytes, str]] = {
    "order": (_ORDER, OFFICE),
    "withdrawal": (_withdrawal(), OFFICE),
    "operation": (_OPERATION, OFFICE),
    "answer": (orders.signed(orders.answer()), OFFICE),
}


def page(read: Callable[[dict[str, Any], Case], str | None]) -> dict[str, Any]:
    """Return the content of order.json. read: the reader of Python, which says each reason."""
    files = {"first": _FIRST, "second": _second(), "renewed": _renewed()}
    inputs = {name: each.to_bytes() for name, each in files.items()}
    inputs |= {name: data for name, (data, _) in _PAPERS.items()}
    made: dict[str, Any] = {
        "source": __doc__,
        "platform": PLATFORM,
        "roster": ["first"],
        "of": "order",
        "known": False,
        "report": _report(),
        "inputs": {name: data.decode("latin-1") for name, data in inputs.items()},
    }
    cases = [
        {"name": name, "paper": paper, "input": changed(paper, _PAPERS[paper][0], data), **more}
        for name, paper, data, more in _cases()
    ]
    made["cases"] = [{**each, "reason": read(made, each)} for each in cases]
    return made


def _cases() -> Iterator[tuple[str, str, bytes, dict[str, Any]]]:
    for paper, (data, name) in _PAPERS.items():
        yield f"{paper}: as it was signed", paper, data, {}
        for place in range(0, len(data), 11):
            flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
            yield f"{paper}: byte {place} changed", paper, flipped, {}
        for told, other in (("a byte less", data[:-1]), ("a byte more", data + b"\0"), ("empty", b"")):
            yield f"{paper}: {told}", paper, other, {}
        yield from _parts(paper, data, name)
        for other_paper, (other, _) in _PAPERS.items():
            if other_paper != paper:
                yield f"{paper}: in its place {other_paper}", paper, other, {}
    yield from _orders()
    yield from _withdrawals()
    yield from _answers()
    yield from _reports()
    yield from _others()


_PUTS = (b"", b" ", b"x", b"0", b"01", b"-1", b"253402300800", b"\xff", "\u200b".encode(), b"x" * 501)


def _parts(paper: str, data: bytes, name: str) -> Iterator[tuple[str, str, bytes, dict[str, Any]]]:
    """Yield papers with another part, or a part more or less, signed again."""
    rest, parts = data[:-64], list[bytes]()
    while rest:
        size = int.from_bytes(rest[:4], "big")
        parts.append(rest[4 : 4 + size])
        rest = rest[4 + size :]
    for place in range(len(parts)):
        for put in _PUTS:
            if put != parts[place]:
                made = _signed([*parts[:place], put, *parts[place + 1 :]], name)
                yield f"{paper}: part {place} is {put[:20]!r} of {len(put)} bytes", paper, made, {}
    yield f"{paper}: a part less", paper, _signed(parts[:-1], name), {}
    yield f"{paper}: a part more", paper, _signed([*parts, b"x"], name), {}


def _signed(parts: list[bytes], name: str) -> bytes:
    content = seal.encode(parts[0].decode("latin-1"), *parts[1:])
    return content + people.signer(name).sign(content)


def _orders() -> Iterator[tuple[str, str, bytes, dict[str, Any]]]:
    term = orders.terms().create_time
    public, content = TargetKind.PUBLIC_ACCOUNT, TargetKind.CONTENT
    for told, changes in (
        ("a public account", {"target_kind": public, "target": "0f" * 16}),
        ("a public account's id in capitals", {"target_kind": public, "target": "0F" * 16}),
        ("a content, removed", {"target_kind": content, "target": "p/1", "measure": OrderMeasure.REMOVE}),
        ("a content of 200 characters", {"target_kind": content, "target": "x" * 200}),
        ("a content of 201 characters", {"target_kind": content, "target": "x" * 201}),
        ("an account, removed", {"measure": OrderMeasure.REMOVE}),
        ("a token that begins with 8", {"target": "acct_8" + "0" * 25}),
        ("a token with a letter that no token has", {"target": "acct_0" + "u" * 25}),
        ("a reference of 201 characters", {"reference": "x" * 201}),
        ("a document of 128 GiB", {"document_size": 2**37}),
        ("a document beyond 128 GiB", {"document_size": 2**37 + 1}),
        ("a document of no byte", {"document_size": 0}),
        ("a digest of 31 bytes", {"document_digest": bytes(31)}),
        ("a deadline at once", {"deadline": term}),
        ("a deadline in a second", {"deadline": term + 1}),
        ("a deadline in a year", {"deadline": term + _YEAR}),
        ("a deadline later than in a year", {"deadline": term + _YEAR + 1}),
        ("a platform in capitals", {"platform": "Platform-a"}),
    ):
        yield f"order: {told}", "order", orders.signed(orders.terms(**changes)), {}
    for name in (OTHER_OFFICE, _AUDITOR, "the vault"):
        yield f"order: signed by {name}", "order", orders.signed(orders.terms(), name), {}
    for authority in (OTHER_OFFICE, _AUDITOR, "nobody"):
        made = orders.signed(orders.terms(authority=authority), authority)
        yield f"order: of {authority}, signed so", "order", made, {}
    long = orders.terms(legal_basis="x" * 17_000)
    yield "order: too long", "order", orders.signed(long), {}


def _withdrawals() -> Iterator[tuple[str, str, bytes, dict[str, Any]]]:
    for told, made in (
        ("of another order", _withdrawal(order_id="cd" * 16)),
        ("of another digest", _withdrawal(order_digest=bytes(32))),
        ("by another authority", _withdrawal(OTHER_OFFICE, authority=OTHER_OFFICE)),
        ("signed by another", _withdrawal(OTHER_OFFICE)),
        ("with a reason of 500 characters", _withdrawal(reason="x" * 500)),
    ):
        yield f"withdrawal: {told}", "withdrawal", made, {}
    later = _withdrawal("office-a's later key")
    yield "withdrawal: by a later key", "withdrawal", later, {"roster": ["first", "renewed"]}
    yield "withdrawal: by an earlier key", "withdrawal", _withdrawal(), {"roster": ["first", "renewed"]}


def _report(**changes: Any) -> dict[str, Any]:
    made = orders.report()
    assert made.target is not None
    return {
        "id": made.referral_id,
        "authority": made.authority,
        "answer": made.answer,
        "category": made.category,
        "kind": made.target.kind,
        "target": made.target.key,
        "salt": made.salt.hex(),
        **changes,
    }


def _reports() -> Iterator[tuple[str, str, bytes, dict[str, Any]]]:
    salt = orders.SALT.hex()
    for told, changes in (
        ("another referral", {"id": "cd" * 16}),
        ("another authority's", {"authority": OTHER_OFFICE}),
        ("one that is declined", {"answer": ReferralState.DECLINED}),
        ("one that is open", {"answer": ReferralState.OPEN}),
        ("another category", {"category": SanctionCategory.FRAUD}),
        ("another kind of target", {"kind": TargetKind.ACCOUNT}),
        ("another target", {"target": "post/18"}),
        ("another salt", {"salt": "00" * 32}),
        ("no salt", {"salt": ""}),
        ("a salt with the target's beginning", {"salt": salt + b"post/".hex(), "target": "17"}),
        ("a salt that ends in the target", {"salt": salt[:-2], "target": "\x1fpost/17"}),
        ("a target that is deleted", {"target": None, "salt": ""}),
        ("a target that is deleted, of another referral", {"target": None, "salt": "", "id": "cd" * 16}),
    ):
        more = {"report": _report(**changes)}
        yield f"answer: its report has {told}", "answer", _PAPERS["answer"][0], more
    declined = orders.signed(orders.answer(answer=ReferralState.DECLINED))
    said = {"report": _report(answer=ReferralState.DECLINED)}
    yield "answer: declined, and so told", "answer", declined, said
    other = orders.signed(orders.answer(authority=OTHER_OFFICE), OTHER_OFFICE)
    yield "answer: of another authority, signed so", "answer", other, {}
    yield "answer: signed by another", "answer", orders.signed(orders.answer(), OTHER_OFFICE), {}


def _answers() -> Iterator[tuple[str, str, bytes, dict[str, Any]]]:
    for told, changes in (
        ("declined", {"answer": ReferralState.DECLINED}),
        ("open", {"answer": ReferralState.OPEN}),
        ("lapsed", {"answer": ReferralState.LAPSED}),
        ("about an account", {"target_kind": TargetKind.ACCOUNT}),
        ("of another category", {"category": SanctionCategory.FRAUD}),
        ("a mark of 31 bytes", {"target_mark": bytes(31)}),
        ("an id in capitals", {"referral_id": "EF" * 16}),
        ("a platform in capitals", {"platform": "Platform-a"}),
        ("of another authority", {"authority": OTHER_OFFICE}),
    ):
        yield f"answer: {told}", "answer", orders.signed(orders.answer(**changes)), {}


def _days() -> Iterator[tuple[str, dict[str, Any]]]:
    signed_on = orders.joint().created_at.date()
    for days in (-367, -366, 366, 367):
        day = signed_on + timedelta(days=days)
        yield f"{days} days after its signing", {"first_day": day, "last_day": day}
    yield "in the first year of the calendar", {"first_day": date.min, "last_day": date.min}
    yield "in the last year of the calendar", {"first_day": date.max, "last_day": date.max}
    far = signed_on + timedelta(days=367)
    yield "a last day too far from its signing", {"last_day": far}


def _others() -> Iterator[tuple[str, str, bytes, dict[str, Any]]]:
    wanted: dict[str, Any] = {"order": orders.terms, "operation": orders.joint, "answer": orders.answer}
    for paper, made in wanted.items():
        data = _PAPERS[paper][0]
        yield f"{paper}: for another platform", paper, data, {"platform": "platform-c"}
        for second in ("second", "renewed"):
            for known in (False, True):
                more = {"roster": ["first", second], "known": known}
                yield f"{paper}: then the version {second}, known {known}", paper, data, more
        named = orders.signed(made(roster_digest=_second().digest()))
        yield f"{paper}: names a version that is not there", paper, named, {}
        yield f"{paper}: names a version without it", paper, named, {"roster": ["first", "second"]}
    for told, changes in (
        ("no platform", {"platforms": ()}),
        ("a platform twice", {"platforms": (PLATFORM, PLATFORM)}),
        ("platforms in another order", {"platforms": ("platform-b", PLATFORM)}),
        ("a hundred platforms", {"platforms": tuple(sorted([PLATFORM, *(f"q{n:02}" for n in range(99))]))}),
        ("more platforms", {"platforms": tuple(sorted([PLATFORM, *(f"q{n:03}" for n in range(100))]))}),
        ("no category", {"categories": ()}),
        ("categories in another order", {"categories": orders.joint().categories[::-1]}),
        ("one day", {"last_day": orders.joint().first_day}),
        ("an end before its beginning", {"first_day": orders.joint().last_day, "last_day": builders.TODAY}),
        ("a title of 201 characters", {"title": "x" * 201}),
    ):
        yield f"operation: {told}", "operation", orders.signed(orders.joint(**changes)), {}
    for told, days in _days():
        yield f"operation: {told}", "operation", orders.signed(orders.joint(**days)), {}
