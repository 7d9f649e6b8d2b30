"""The worked examples of docs/formats.md, computed by the reference."""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from tools.support.reference import (
    evidence,
    file_examples,
    hpke,
    key_file,
    log_folder,
    note,
    order_examples,
    paper,
    proof_file,
    protobuf,
    record,
    review,
    roster,
    sharing,
    status,
    stored,
    story,
    tree,
)
from tools.support.reference.encoding import base64, base64url, crockford, encode, pack
from tools.support.reference.page import Value
from tools.support.reference.paper import Handed
from tools.support.reference.story import CUSTODIANS, PARTY, RECORD, TOKEN, sample

Values = dict[str, Value]
# ML-KEM draws its own randomness, so this message was sealed once.
_VECTORS = Path(__file__).parents[3] / "tests" / "vectors"
_X_WING = json.loads((_VECTORS / "formats_x_wing.json").read_text("utf-8"))
X_WING_MESSAGE = bytes.fromhex("".join(_X_WING["sealed"]))
_REASON = "示例理由 (synthetic)"


def encoded() -> Values:
    return {
        'encode("idvault/shred/v1", "0a")': encode("idvault/shred/v1", "0a"),
        'encode("p", "某", 10, 00ff)': encode("p", "某", 10, b"\x00\xff"),
        'encode("p")': encode("p"),
    }


def texts() -> Values:
    data = sample("account", 16)
    return {"16 bytes": data, "base64url": base64url(data), "account token": "acct_" + crockford(data)}


def hpke_message() -> Values:
    public = CUSTODIANS[0].public
    sealed = hpke.seal(hpke.X25519, public, b"text", b"info", ephemeral=sample("ephemeral for li"))
    return {
        "private key": sample("hpke of li"),
        "public key": public,
        "info": b"info",
        "plaintext": b"text",
        "sender's private key": sample("ephemeral for li"),
        "sealed": sealed,
    }


def x_wing() -> Values:
    seed = sample("x-wing seed")
    return {
        "private key": seed,
        "SHA-256 of the public key": sha256(hpke.public_key(hpke.X_WING, seed)).digest(),
        "info": b"info",
        "plaintext": hpke.unseal(hpke.X_WING, seed, X_WING_MESSAGE, b"info"),
        "sealed": X_WING_MESSAGE,
    }


def quorum() -> Values:
    values: Values = {f"HPKE public key of {each.name}": each.public for each in CUSTODIANS}
    return {"number M": 2, **values, "quorum id": story.QUORUM_ID}


def padded_payload() -> Values:
    size = int.from_bytes(story.PADDED[:4], "big")
    return {
        "number of bytes in the message": size,
        "message": story.PADDED[4 : 4 + size],
        "number of bytes when padded": len(story.PADDED),
    }


def sealed_record() -> Values:
    key, commitment = record.keys(story.DRAWN.data_key, story.SHRED_VALUE, RECORD.salt, RECORD.info)
    return {
        "relying party": PARTY,
        "account token": TOKEN,
        "record id": RECORD.record_id,
        "shred key": story.SHRED_KEY,
        "shred value": story.SHRED_VALUE,
        "data key": story.DRAWN.data_key,
        "salt": RECORD.salt,
        "record info": RECORD.info,
        "key": key,
        "commitment": commitment,
        "ciphertext": RECORD.ciphertext,
        "record digest": RECORD.digest(),
    }


def shares() -> Values:
    opened = [story.share(name) for name in story.NAMES]
    info = record.share_info(TOKEN, RECORD.record_id, story.QUORUM_ID, "li")
    values: Values = {"data key": story.DRAWN.data_key, "coefficients": story.DRAWN.coefficients}
    values |= {f"share of {name}": each for name, each in zip(story.NAMES, opened, strict=True)}
    values |= {
        f"hash of {name}'s share": each for name, each in zip(story.NAMES, RECORD.share_hashes, strict=True)
    }
    values |= {"private key of li": sample("hpke of li"), "share info of li": info}
    sealed = zip(story.NAMES, RECORD.shares, strict=True)
    values |= {f"sealed share of {name}": each for name, each in sealed}
    return {**values, "combined from li and zhang": sharing.combine([opened[0], opened[2]])}


def columns() -> Values:
    return {"share_hashes": pack(list(RECORD.share_hashes)), "shares": pack(list(RECORD.shares))}


def passphrase_file() -> Values:
    document = key_file.lock(
        b"secret", passphrase=b"correct horse", purpose="example/v1", drawn=sample("passphrase file", 28)
    )
    return {
        "passphrase": b"correct horse",
        "purpose": "example/v1",
        "associated data": encode("idvault/passphrase/v1", "example/v1"),
        "file": document.decode(),
        "plaintext": b"secret",
    }


def person_keys() -> Values:
    fields: dict[str, Any] = {
        "name": "li",
        "role": "custodian",
        "organisation": "示例机构 (synthetic)",
        "actor_id": story.actor("li"),
        "suite": hpke.X25519,
        "hpke": sample("hpke of li"),
        "ed25519": sample("ed25519 of li"),
    }
    return {"plaintext": key_file.person_content(fields).decode()}


def key_files() -> Values:
    sets = {"log": ("0", {"0": sample("log key")})}
    return {"plaintext": key_file.service_content(sets).decode()}


def index() -> Values:
    keys = [sample("index key 0"), sample("index key 1")]
    bound = {"relying_party": PARTY, "document_type": "RESIDENT_ID", "number": story.IDENTITY.number}
    first, _ = stored.person_index(keys[:1], **bound)
    second, sub_key = stored.person_index(keys, **bound)
    opaque = {"provider": "https://provider.example", "opaque_id": "A" * 43}
    return {
        "key 0": keys[0],
        "key 1": keys[1],
        "index 0": first,
        "index 1": second,
        "limiter key of 2026-03-01": stored.limiter_key(sub_key, second, "2026-03-01"),
        **opaque,
        "index 1 of the id": stored.opaque_index(keys, relying_party=PARTY, **opaque),
    }


def reviewed() -> Values:
    found = story.reviewed()
    of = story.REVIEWED
    first, second = (paper for _, paper in found.papers)
    return {
        "review id": found.review_id,
        "document type": of.document_type,
        "number": of.number,
        "name": of.name,
        "salt": found.salt,
        "mark": review.mark(found.salt, of.document_type, of.number, of.name),
        "paper of the first reviewer": first,
        "paper of the second reviewer": second,
    }


def fingerprint() -> Values:
    key = sample("request key")
    document, consent = ((1, 1), (2, story.IDENTITY.number)), ((1, "terms-3"),)
    fields = ((1, story.REQUEST_ID), (2, story.IDENTITY.name), (3, document), (4, consent))
    return {
        "request key": key,
        "request id": story.REQUEST_ID,
        "content": stored.request_content(fields),
        "fingerprint": stored.fingerprint(key, "VerifyIndividual", fields),
        "stored id": stored.kept_id(key, PARTY, story.REQUEST_ID),
    }


def intake() -> Values:
    day, private = "2026-03-01T04:00", sample("intake key")
    info = stored.intake_info(PARTY, TOKEN, story.CLAIM_ID, day)
    waiting = replace(story.IDENTITY, outcome="", policy_version="", agree_time=None)
    sealed = stored.seal_intake(
        waiting,
        suite=hpke.X25519,
        public=hpke.public_key(hpke.X25519, private),
        info=info,
        ephemeral=sample("ephemeral of the intake"),
    )
    return {"private key": private, "info": info, "intake": sealed}


def case_text() -> Values:
    key = sample("case-text key")
    nonce = sample("nonce of the text", 12)
    return {
        "key": key,
        "disclosure id": story.DISCLOSURE_ID,
        "text": story.SIGNED_REQUEST,
        "stored": stored.seal_case_text(key, story.DISCLOSURE_ID, story.SIGNED_REQUEST, nonce=nonce),
        "stored denial of wang": stored.seal_denial(
            key, story.DISCLOSURE_ID, "wang", _denial(), nonce=sample("nonce of the denial", 12)
        ),
    }


def moderation_text() -> Values:
    key, place = sample("moderation-text key"), (PARTY, story.APPEAL_ID, "text", "0")
    random = sample("data key") + sample("nonce of the data key", 12) + sample("nonce of the appeal", 12)
    text = "示例申诉 (synthetic)"
    return {
        "key 0": key,
        "appeal id": story.APPEAL_ID,
        "text": text,
        "data key": random[:32],
        "stored": stored.seal_moderation_text(key, place, text, random=random),
    }


def tip_off() -> Values:
    key, tip_off_id = sample("tip-off key"), sample("tip-off", 16).hex()
    secret = stored.tip_off_secret(key, PARTY, tip_off_id, story.REQUEST_ID)
    return {
        "tip-off key": key,
        "report id": tip_off_id,
        "request id": story.REQUEST_ID,
        "reference": stored.tip_off_reference(tip_off_id),
        "secret": secret,
        "stored hash of the secret": stored.tip_off_proof(key, PARTY, tip_off_id, secret),
        "reporter id of the account": stored.tip_off_reporter(key, PARTY, "account", TOKEN),
    }


def second_factor() -> Values:
    key, secret = sample("second-factor key"), sample("totp secret", 20)
    actor, nonce = story.actor("zhao"), sample("nonce of the secret", 12)
    return {
        "key": key,
        "actor id": actor,
        "secret": secret,
        "stored": stored.seal_second_factor(key, "0", actor, secret, nonce=nonce),
        "info of the sealed URI": encode("idvault/second-factor/v1", "zhao", actor, story.REQUEST_ID),
    }


def hashes() -> Values:
    key, campaign, batch = sample("reference key"), sample("campaign", 16).hex(), sample("batch", 16).hex()
    code = stored.invitation_code(sample("request key"), TOKEN, campaign, batch)
    return {
        "reference key": key,
        "stored reference of user-1": stored.reference(key, PARTY, "user-1"),
        "request key": sample("request key"),
        "campaign id": campaign,
        "batch id": batch,
        "invitation code": code,
        "stored hash of the code": stored.invitation_hash(TOKEN, code),
        "page token of place 20 in ListCampaigns": stored.page_token(20, "ListCampaigns"),
    }


def request() -> Values:
    return {
        "private key of zhao": sample("ed25519 of zhao"),
        "one-time public key": story.REQUEST.public_key,
        "signed request": story.SIGNED_REQUEST,
        "its SHA-256": sha256(story.SIGNED_REQUEST).digest(),
    }


def decisions() -> Values:
    private = sample("ed25519 of wang")
    given = story.RESEALED["wang"]
    return {
        "private key of wang": private,
        "one-time private key": story.ONE_TIME,
        "reseal info": paper.reseal_info(story.SIGNED_REQUEST, "wang", 2),
        "resealed share": given,
        "signed approval": story.approval("wang"),
        "reason": _REASON,
        "signed denial": _denial(),
    }


def _denial() -> bytes:
    content = paper.denial_content(
        signed_request=story.SIGNED_REQUEST, custodian="wang", place=2, reason=_REASON
    )
    return paper.sign(sample("ed25519 of wang"), content)


def drill() -> Values:
    made = paper.drill_content(
        record_id=RECORD.record_id, quorum_id=story.QUORUM_ID, custodian="li", seconds=1_772_337_600
    )
    return {
        "private key of li": sample("ed25519 of li"),
        "drill token": f"drill_{story.QUORUM_ID}"[:31],
        "paper": paper.sign(sample("ed25519 of li"), made),
    }


def notice() -> Values:
    """The numbers are those of the registry's test system."""
    old, new, notice_id = "110000190101010001", "110000190101020007", sample("notice", 16).hex()
    fields = ("RESIDENT_ID", old, "RESIDENT_ID", new, "")
    content = paper.notice_content(notice_id, "NUMBER_REPLACED", "2026-03-01", *fields)
    key = sample("ed25519 of the registry")
    return {
        "private key of the registry": key,
        "notice id": notice_id,
        "signed bytes": content,
        "signature": paper.sign(key, content)[len(content) :],
    }


def hand_over() -> Values:
    successor = replace(
        CUSTODIANS[0], name="chen", public=hpke.public_key(hpke.X25519, sample("hpke of chen"))
    )
    later = record.quorum_id(2, (successor, *CUSTODIANS[1:]))
    info = record.share_info(TOKEN, RECORD.record_id, later, "chen")
    sealed = hpke.seal(
        hpke.X25519, successor.public, story.share("li"), info, ephemeral=sample("ephemeral for chen")
    )
    batch = [Handed(TOKEN, RECORD.record_id, story.QUORUM_ID, RECORD.share_hashes[0], sealed)]
    made = paper.hand_over_content(leaver="li", successor="chen", quorum_id=later, place=1, shares=batch)
    ended = paper.hand_over_end(leaver="li", successor="chen", quorum_id=later, place=1)
    return {
        "quorum id with chen in place 1": later,
        "private key of chen": sample("hpke of chen"),
        "share for chen": sealed,
        "signed batch of li": paper.sign(sample("ed25519 of li"), made),
        "signed end of li": paper.sign(sample("ed25519 of li"), ended),
        "share_quorum_ids": bytes.fromhex(later + story.QUORUM_ID * 2),
        "journal line": f"{RECORD.record_id} {sha256(successor.public).hexdigest()[:32]}\n",
    }


def roster_file() -> Values:
    return {
        "signed bytes": story.ROSTER.content,
        "digest": story.ROSTER.digest,
        "file": roster.write(story.ROSTER).decode(),
    }


def leaf() -> Values:
    place = story.SETTLEMENT
    kind, _, _, account, fields = story.EVENTS[place]
    return {
        "opening key": story.opening_key(place),
        "details": encode(kind, *fields),
        "commitment": tree.commitment(story.opening_key(place), account, kind, *fields),
        "leaf": story.LEAVES[place],
        "leaf hash": story.HASHES[place],
    }


def proofs() -> Values:
    hashes = story.HASHES
    return {
        "leaf hashes": b"".join(hashes),
        "root of size 3": tree.root(hashes[:3]),
        "root of size 9": tree.root(hashes),
        "inclusion of entry 1 in size 9": b"".join(tree.inclusion(hashes, story.SETTLEMENT)),
        "consistency of sizes 3 and 9": b"".join(tree.consistency(hashes, 3)),
        "stored tree of size 9": (9).to_bytes(8, "big") + tree.root(hashes[:8]) + hashes[8],
    }


def _body() -> str:
    return note.text("vault.example/log", len(story.HASHES), tree.root(story.HASHES))


def _note() -> bytes:
    lines = [
        note.sign(_body(), story.LOG_KEY, sample("log key")),
        note.sign(_body(), story.WITNESS_KEY, sample("witness key"), time=1_772_337_660),
    ]
    return note.write(_body(), lines)


def checkpoint() -> Values:
    return {
        "log's private key": sample("log key"),
        "log's verifier key": story.LOG_KEY.vkey,
        "witness's private key": sample("witness key"),
        "witness's verifier key": story.WITNESS_KEY.vkey,
        "signed by the log": _body().encode(),
        "signed by the witness": f"cosignature/v1\ntime 1772337660\n{_body()}".encode(),
        "note": _note().decode(),
    }


def files() -> Values:
    return {
        "tile/0/000.p/9": b"".join(story.HASHES),
        "tile/entries/000.p/9": log_folder.bundle(story.LEAVES),
        "path of the full tile 1234567 of level 1": "tile/1/" + log_folder.place(1_234_567),
    }


def statements() -> Values:
    token_key, list_key = story.public(sample("token key")), story.public(sample("list key"))
    subject = stored.pairwise_subject(sample("pairwise key"), "https://taxi.example", TOKEN)
    issuer, start = "https://vault.example/log", 1_772_337_600
    shared = {"iss": issuer, "sub": subject, "aud": "https://taxi.example", "iat": start}
    credential = shared | {
        "exp": start + 30 * 86_400,
        "status": {"status_list": {"idx": 9, "uri": f"{issuer}/status/0.jwt"}},
    }
    named = "9f1d2c6b7a8e4035b1c2d3e4f5061728"
    of_public = {"sub": stored.pairwise_subject(sample("pairwise key"), "https://taxi.example", named)}
    public = credential | of_public | {"public_account_id": named}
    token = shared | {"exp": start + 600, "state": "VERIFIED"}
    own = token | {"aud": PARTY, "sub": stored.pairwise_subject(sample("pairwise key"), PARTY, TOKEN)}
    own |= {"assurances": ["REGISTRY_MATCH"], "subject_kind": "INDIVIDUAL", "standing": "GOOD"}
    own |= {"expire_date": "2027-03-01"}
    listed = {"iss": issuer, "sub": f"{issuer}/status/0.jwt", "iat": start, "exp": start + 3_600, "ttl": 300}
    listed |= {"status_list": status.status_list(b"\xff\xfd")}
    return {
        "pairwise key": sample("pairwise key"),
        "subject": subject,
        "private key for tokens": sample("token key"),
        "private key for lists": sample("list key"),
        "jwks.json": status.jwk_set({token_key: "status-token", list_key: "status-list"}).decode(),
        "status token": status.sign(token, typ=status.TOKEN, public=token_key, private=sample("token key")),
        "status token for the account's own platform": status.sign(
            own, typ=status.TOKEN, public=token_key, private=sample("token key")
        ),
        "status credential": status.sign(
            credential, typ=status.CREDENTIAL, public=token_key, private=sample("token key")
        ),
        "public account's credential": status.sign(
            public, typ=status.PUBLIC_ACCOUNT, public=token_key, private=sample("token key")
        ),
        "entries of the list": b"\xff\xfd",
        "list": status.sign(listed, typ=status.LIST, public=list_key, private=sample("list key")),
    }


def receipt() -> Values:
    return {
        "file": proof_file.receipt(
            account_token=TOKEN,
            claim_id=story.CLAIM_ID,
            record_digest=RECORD.digest(),
            quorum="2 of 3",
            entry=_logged(story.SETTLEMENT),
            checkpoint=_note(),
            sealingQuorum=proof_file.sealing_quorum(2, CUSTODIANS),
            record=proof_file.record_fields(RECORD),
        )
    }


def history() -> Values:
    digest = base64(RECORD.digest())
    opening = {
        "disclosureId": story.DISCLOSURE_ID,
        "recordDigest": digest,
        "entry": _logged(story.OPENING),
    }
    disclosure = {
        "disclosureId": story.DISCLOSURE_ID,
        "recordDigest": digest,
        "auditorActorId": story.actor("zhao"),
        "legalBasis": story.REQUEST.legal_basis,
        "entry": _logged(story.DISCLOSURE),
    }
    stating, log = sample("token key"), sample("log key")
    begins = 1_772_337_600
    note = proof_file.statement_key(
        story.public(stating), begins, begins + 90 * 86_400, log=story.LOG_KEY, private=log
    )
    text = proof_file.history(
        account_token=TOKEN,
        horizon="2026-04-01T00:00:00Z",
        disclosures=[disclosure],
        openings=[opening],
        checkpoint=_note(),
        made="2026-05-01T08:30:00Z",
        key_note=note,
        private=stating,
    )
    return {
        "private key of the platform edge": stating,
        "note of the log's key for it": note.decode(),
        "signed": proof_file.history_bytes(text),
        "file": text,
    }


def _logged(place: int) -> dict[str, Any]:
    return proof_file.logged_entry(
        story.LEAVES[place], story.opening_key(place), index=place, hashes=story.HASHES
    )


def proof_of_opening() -> Values:
    private, later = sample("ed25519 of zhao"), "2027-03-01"
    message = protobuf.build(
        [
            (1, story.SIGNED_REQUEST),
            (2, evidence.record_message(RECORD)),
            (3, story.DRAWN.data_key),
            (4, story.SHRED_VALUE),
            (5, story.CLAIM_ID),
            (6, _logged_message(story.SETTLEMENT)),
            (7, _logged_message(story.OPENING)),
            (8, protobuf.build([(1, _note())])),
            *((9, story.approval(name)) for name in ("li", "wang")),
            (10, roster.write(story.ROSTER)),
            (11, later),
            (12, _logged_message(story.REQUESTED)),
        ]
    )
    return {
        "proof file": evidence.write(message, private).decode(),
        "info of a copy that is sealed to zhao": encode(evidence.SEALED, story.DISCLOSURE_ID, "zhao", later),
    }


def _logged_message(place: int) -> bytes:
    return evidence.entry_message(
        story.LEAVES[place],
        story.opening_key(place),
        index=place,
        size=len(story.HASHES),
        hashes=tree.inclusion(story.HASHES, place),
    )


EXAMPLES: dict[str, Callable[[], Values]] = {
    "encode": encoded,
    "text": texts,
    "hpke-x25519": hpke_message,
    "hpke-x-wing": x_wing,
    "quorum": quorum,
    "payload": padded_payload,
    "record": sealed_record,
    "share": shares,
    "columns": columns,
    "passphrase-file": passphrase_file,
    "person-keys": person_keys,
    "service-keys": key_files,
    "index": index,
    "review": reviewed,
    "fingerprint": fingerprint,
    "intake": intake,
    "case-text": case_text,
    "moderation-text": moderation_text,
    "tip-off": tip_off,
    "second-factor": second_factor,
    "hash": hashes,
    "request": request,
    "decision": decisions,
    "order": order_examples.orders,
    "drill": drill,
    "notice": notice,
    "hand-over": hand_over,
    "roster": roster_file,
    "leaf": leaf,
    "proof": proofs,
    "checkpoint": checkpoint,
    "log-files": files,
    "statement": statements,
    "receipt": receipt,
    "history": history,
    "evidence": proof_of_opening,
    **file_examples.EXAMPLES,
}
