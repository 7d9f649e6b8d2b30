"""How these readers read each file of clients/vectors (formats.md, section 13): refused, or accepted."""

from collections.abc import Callable
from typing import Any

from tools.support.reference import (
    encoding,
    epoch,
    evidence,
    log_key,
    note,
    order,
    platforms,
    proof_file,
    report,
    roster,
    status,
    tree,
)
from tools.support.reference.encoding import check
from tools.support.reference.note import LOG, WITNESS, Key
from tools.support.reference.roster import Roster

Page = dict[str, Any]
Case = dict[str, Any]


def bytes_of(page: Page, given: Any) -> bytes:
    """Return the bytes of an input: one of the file's, with changes, or of an input that is only named."""
    if isinstance(given, str):
        return bytes(page["inputs"][given].encode("latin-1"))
    made: bytes = page["inputs"][given["of"]].encode("latin-1")
    for at, count, put in reversed(given.get("splices", [])):
        made = made[:at] + put.encode("latin-1") * given.get("times", 1) + made[at + count :]
    return made


def _keys(page: Page, given: Case) -> dict[str, Any]:
    of = {**page, **given}
    log = _key(of["log"], LOG)
    witnesses = [_key(each, WITNESS) for each in of["witnesses"]]
    different = {each.public for each in witnesses}
    check(0 <= of["quorum"] <= len(different) and log.public not in different, "a wrong policy")
    return {"log": log, "witnesses": witnesses, "quorum": of["quorum"]}


def _key(vkey: str, kind: int) -> Key:
    found = note.parse_key(vkey)
    check(found.kind == kind, "a key of another kind")
    return found


def _chain(page: Page, names: list[str]) -> tuple[Roster, ...]:
    return roster.verify_chain([bytes_of(page, each) for each in names]) if names else ()


def _receipt(page: Page, given: Case) -> None:
    data = bytes_of(page, given["input"])
    if "roster" in given:
        versions = _chain(page, given["roster"])
        proof_file.check_receipt(data, log=_key(page["log"], LOG), versions=versions)
    else:
        proof_file.check_receipt(data, **_keys(page, given))


def _roster(page: Page, given: Case) -> None:
    files = [*(bytes_of(page, each) for each in given.get("before", [])), bytes_of(page, given["input"])]
    roster.check_in_force(roster.verify_chain(files)[-1])


def _order(page: Page, given: Case) -> None:
    of = {**page, **given}
    data, versions = bytes_of(page, of["input"]), _chain(page, of["roster"])
    if of["paper"] == "withdrawal":
        order.check_withdrawal(data, of=bytes_of(page, of["of"]), versions=versions)
        return
    more = {"report": of["report"]} if of["paper"] == "answer" else {}
    order.CHECKS[of["paper"]](data, platform=of["platform"], versions=versions, known=of["known"], **more)


def _evidence(page: Page, given: Case) -> None:
    of = {**page, **given}
    published = _chain(page, of["published"])
    evidence.check_file(bytes_of(page, of["input"]), log=_key(page["log"], LOG), published=published)


def _epochs(page: Page, given: Case) -> None:
    of = {**page, **given}
    keys: dict[str, Any] = {"versions": _chain(page, of["rosters"]), "log": _key(of["log"], LOG)}
    keys["more"] = [_key(each, LOG) for each in of["more_keys"]]
    data = bytes_of(page, given["input"])
    if of.get("single"):
        epoch.verify_single(data, **keys)
        return
    stated = epoch.verify_file(data, **keys)
    if "known" in of:
        hashes = [bytes.fromhex(each) for each in of["hashes"]]
        epoch.check_following(of["known"], of["newest"], hashes, stated)


def _log_keys(page: Page, given: Case) -> None:
    changes = log_key.verify_file(bytes_of(page, given["input"]))
    if "known" in given:
        of = {**page, **given}
        log_key.check_note(
            bytes_of(page, of["note"]),
            known=_key(of["known"], LOG),
            changes=changes,
            witnesses=[_key(each, WITNESS) for each in of["witnesses"]],
            quorum=of["quorum"],
            at=of.get("at"),
        )


def _report(page: Page, given: Case) -> None:
    data = bytes_of(page, given["input"])
    if "published" not in given:
        report.read(data)
        return
    of = {**page, **given}
    report.check_logged(
        data,
        None if of["beside"] is None else bytes_of(page, of["beside"]),
        published=bytes_of(page, of["published"]),
        leaves=[bytes.fromhex(each) for each in of["leaves"]],
        **_keys(page, given),
    )


def _platforms(page: Page, given: Case) -> None:
    of = {**page, **given}
    read, log = bytes_of(page, of["report"]), _key(of["log"], LOG)
    beside = None if of["beside"] is None else bytes_of(page, of["beside"])
    found = platforms.check_file(bytes_of(page, of["input"]), beside, read_report=read, log=log)
    if "published" in given:
        leaves = [bytes.fromhex(each) for each in of["leaves"]]
        report.check_logged(read, None, log=log, published=bytes_of(page, of["published"]), leaves=leaves)
        platforms.check_numbers(found, read_report=read, leaves=leaves)


def _inclusion(_page: Page, given: Case) -> None:
    tree.check_inclusion(
        bytes.fromhex(given["leaf"]),
        index=int(given["index"]),
        size=int(given["size"]),
        proof=[bytes.fromhex(each) for each in given["hashes"]],
        expected=bytes.fromhex(given["root"]),
    )


def _consistency(_page: Page, given: Case) -> None:
    tree.check_consistency(
        old=int(given["old"]),
        new=int(given["new"]),
        old_root=bytes.fromhex(given["old_root"]),
        new_root=bytes.fromhex(given["new_root"]),
        proof=[bytes.fromhex(each) for each in given["hashes"]],
    )


def _base64(page: Page, given: Case) -> None:
    text = encoding.text_of(bytes_of(page, given["input"]))
    (encoding.from_base64url if given["alphabet"] == "url" else encoding.from_base64)(text)


def _status(page: Page, given: Case) -> None:
    of = {**page, **given}
    jwks, now, audience = bytes_of(page, of["jwks"]), of["now"], of["audience"]
    status.keys_of(jwks)
    age = of.get("max_list_age")
    lists = []
    # A list is read when it comes, and looked at again when a credential names it.
    for each in of["lists"]:
        data = bytes_of(page, each)
        read = status.check_list(
            data, jwks=jwks, now=of["listed_at"], youngest=0 if age is None else of["listed_at"] - age
        )
        lists.append((data, read))
    token, issuer = bytes_of(page, of["token"]), of.get("issuer", "")
    minimum = of.get("minimum_assurance", "")
    if of.get("asks") != "public account" and status.type_of(token) == status.TOKEN:
        status.check_token(token, jwks=jwks, audience=audience, now=now, issuer=issuer, minimum=minimum)
        return
    typ = status.PUBLIC_ACCOUNT if of.get("asks") == "public account" else status.CREDENTIAL
    claims = status.verify(token, jwks=jwks, typ=typ)
    check(("public_account_id" in claims) == (typ == status.PUBLIC_ACCOUNT), "another kind of account")
    if typ == status.PUBLIC_ACCOUNT:
        status.public_account(claims)
    named = status.check_listed(
        claims, [read for _, read in lists], audience=audience, now=now, issuer=issuer
    )
    data = next(data for data, read in lists if read is named)
    status.check_list(data, jwks=jwks, now=now, youngest=0 if age is None else now - age)
    if typ == status.CREDENTIAL:
        status.check_minimum(claims, demanded=minimum)


READERS: dict[str, Callable[[Page, Case], object]] = {
    "json": lambda page, given: encoding.from_json(bytes_of(page, given["input"]), limit=page["limit"]),
    "base64": _base64,
    "checkpoint": lambda page, given: note.read(
        bytes_of(page, given["input"]), epochs=None, **_keys(page, given)
    ),
    "inclusion": _inclusion,
    "consistency": _consistency,
    "receipt": _receipt,
    "erasure": lambda page, given: proof_file.check_erasure(
        bytes_of(page, given["input"]), **_keys(page, given)
    ),
    "history": lambda page, given: proof_file.check_history(
        bytes_of(page, given["input"]), **_keys(page, given)
    ),
    "status": _status,
    "evidence": _evidence,
    "roster": _roster,
    "order": _order,
    "epoch": _epochs,
    "log-keys": _log_keys,
    "report": _report,
    "platforms": _platforms,
}
