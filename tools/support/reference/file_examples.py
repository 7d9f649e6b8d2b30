"""The worked examples of whole files: keys, statements, reports, receipts, assertions (docs/formats.md)."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from tools.support.reference import (
    epoch,
    evidence,
    moderation,
    note,
    paper,
    proof_file,
    report,
    status,
    story,
    tree,
)
from tools.support.reference.encoding import base64, base64url, crockford, encode, from_base64url
from tools.support.reference.note import LOG, Key
from tools.support.reference.page import Value
from tools.support.reference.story import sample
from tools.support.reference.tree import Leaf

Values = dict[str, Value]
_LOG_SEED, _WITNESS_SEED = sample("log key"), sample("witness key")
_AT = 1_772_337_660
_ERASURE_ID = sample("erasure", 16).hex()
_ERASE, _DESTROY = "2026-03-16T04:00:01Z", "2026-03-31T04:00:01Z"


def _cosigned(hashes: list[bytes]) -> bytes:
    """Return the checkpoint of a log that begins as the example's."""
    body = note.text(story.LOG_KEY.name, len(hashes), tree.root(hashes))
    lines = [
        note.sign(body, story.LOG_KEY, _LOG_SEED),
        note.sign(body, story.WITNESS_KEY, _WITNESS_SEED, time=_AT),
    ]
    return note.write(body, lines)


def _file(document: Any) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def witness_key() -> Values:
    key = story.WITNESS_KEY
    secret = base64(b"\x04" + _WITNESS_SEED)
    return {"file": f"PRIVATE+KEY+{key.name}+{key.id.hex()}+{secret}\n"}


def log_keys() -> Values:
    seed = sample("later log key")
    later = Key(story.LOG_KEY.name, LOG, story.public(seed))
    body = f"idvault/log-key/v1\n{later.name}\n{story.LOG_KEY.vkey}\n{later.vkey}\n{_AT}\n"
    lines = [note.sign(body, story.LOG_KEY, _LOG_SEED), note.sign(body, later, seed)]
    changes = [note.write(body, lines).decode()]
    return {"later private key": seed, "file": _file({"format": "idvault/log-keys/v1", "changes": changes})}


def registration() -> Values:
    seed, time = sample("moderator"), 1_772_337_600
    occasion = moderation.Occasion(story.PARTY, story.REQUEST_ID, "", time)
    content = moderation.content("moderator/v1", occasion, story.public(seed))
    fields = {
        "relying_party": story.PARTY,
        "request_id": story.REQUEST_ID,
        "public_key": story.public(seed).hex(),
        "sign_time": time,
        "signature": paper.sign(seed, content)[-64:].hex(),
        "countersignatures": [],
    }
    return {"private key of the moderator": seed, "signed bytes": content, "file": _file(fields)}


def statements() -> Values:
    document: dict[str, Any] = {
        "log": story.LOG_KEY.vkey,
        "epoch": 2,
        "previous": "",
        "former": base64(_cosigned(story.HASHES)),
        "seen": 9,
        "size": 8,
        "root": base64url(tree.root(story.HASHES[:8])),
        "lost": {"disclosure:record:open": 1},
        "time": "2026-03-02T00:00:00Z",
        "reason": "示例理由 (synthetic)",
        "roster": story.ROSTER.digest,
    }
    content = epoch.content(document)
    signatures = [
        {"name": name, "signature": base64url(paper.sign(sample(f"ed25519 of {name}"), content)[-64:])}
        for name in story.NAMES[:2]
    ]
    return {
        "signed bytes": content,
        "digest": sha256(content).hexdigest(),
        "file": _file({"epochs": [document | {"signatures": signatures}]}),
    }


def reports() -> Values:
    counted = {
        "verifications.decided": 1,
        "disclosures.requested": 1,
        "disclosures.approvals": 2,
        "disclosures.releases": 2,
        "disclosures.disclosed": 1,
        "disclosures.openings": 1,
        "roster.adopted": 1,
    }
    text = _file(
        {
            "format": "idvault/report/v1",
            "edition": 2,
            "from": "2026-03-01",
            "to": "2026-03-31",
            "zone": "Asia/Shanghai",
            "made": "2026-03-31T16:15Z",
            "checkpoint": _cosigned(story.HASHES).decode(),
            "logged": {name: counted.get(name, 0) for name in report.figures()},
            "not_logged": {
                "breakdowns": {
                    "disclosures.legal_basis": {"OTHER": None},
                    "verifications.outcome": {"SUCCEEDED": 1},
                },
                "levels": {"accounts.state": {"VERIFIED": 0}},
                "durations": {"appeals.time": None},
            },
        }
    )
    body = f"idvault/report/v1\nsha256 {sha256(text.encode()).hexdigest()}\n"
    beside = note.write(body, [note.sign(body, story.LOG_KEY, _LOG_SEED)])
    return {"file": text, "note beside it": beside.decode()}


def erasure() -> Values:
    kind, key = "erasure:request:file", sample("opening key of the erasure")
    time = _ERASE.replace("Z", "+00:00")
    bound = tree.commitment(key, story.TOKEN, kind, _ERASURE_ID, time)
    leaf = tree.write_leaf(Leaf(kind, "2026-03-09T04:00Z", "system", bound))
    hashes = [*story.HASHES, tree.leaf_hash(leaf)]
    fields = {
        "erasureId": _ERASURE_ID,
        "accountToken": story.TOKEN,
        "state": "STATE_REQUESTED",
        "requestTime": "2026-03-09T04:00:01Z",
        "eraseTime": _ERASE,
        "destroyTime": _DESTROY,
        "entry": proof_file.logged_entry(leaf, key, index=len(story.HASHES), hashes=hashes),
        "checkpoint": {"note": base64(_cosigned(hashes))},
        "origin": "ORIGIN_OWNER",
    }
    return {"file": _file(fields)}


def sealed_evidence() -> Values:
    """The content is short here; it is a proof file."""
    public = story.person("zhao", "auditor")["hpke"]["public_key"]
    made = evidence.seal(
        b"a proof file\n",
        disclosure_id=story.DISCLOSURE_ID,
        reader="zhao",
        suite=story.REQUEST.suite,
        public=from_base64url(public),
        destroy_after="2027-03-01",
        ephemeral=sample("ephemeral of the copy"),
    )
    return {
        "private key of zhao": sample("hpke of zhao"),
        "file": made.decode(),
        "plaintext": b"a proof file\n",
    }


def assertion() -> Values:
    seed, session, browser = sample("provider"), sample("session", 16).hex(), crockford(sample("browser", 16))
    nonce = crockford(sha256(encode("idvault/session-proof/v1", session, 1, browser)).digest()[:16])
    told = sha256(encode("idvault/session-proof-reference/v1", session, nonce)).digest()[:16]
    start = 1_772_337_600
    claims = {
        "iss": "https://provider.example",
        "aud": f"https://{story.LOG_KEY.name}",
        "session": crockford(told),
        "nonce": nonce,
        "iat": start,
        "exp": start + 600,
        "outcome": "CONFIRMED",
        "name": story.IDENTITY.name,
        "document_type": story.IDENTITY.document_type,
        "number": story.IDENTITY.number,
    }
    bound = (session, nonce, story.IDENTITY.document_type, story.IDENTITY.number, story.IDENTITY.name)
    return {
        "private key of the provider": seed,
        "session id": session,
        "browser key": browser,
        "number of the proof": 1,
        "assertion": status.sign(claims, typ="idvault-holder+jwt", public=story.public(seed), private=seed),
        "proof hash": sha256(encode("idvault/proof-binding/v1", *bound)).digest(),
    }


EXAMPLES: dict[str, Callable[[], Values]] = {
    "witness-key": witness_key,
    "log-keys": log_keys,
    "registration": registration,
    "epochs": statements,
    "report": reports,
    "erasure": erasure,
    "sealed-evidence": sealed_evidence,
    "assertion": assertion,
}
