"""The demo's step with evidence: a proof file proves the name that was sealed, and no other."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from idvault_people.opens.identity import PersonalIdentity
from idvault_verify.attest import payload, record_key
from idvault_verify.attest.sealed_record import open_with_key
from idvault_verify.offline.evidence import file as proof_file
from idvault_verify.offline.record import sealed_record
from idvault_verify.v1 import evidence_pb2
from tools.demo.step import check, verifier

_OTHER = "某他人"


def check_file(ready: Mapping[str, Any], proof: Path, *, name: str) -> None:
    """Check a proof file with public keys alone; it names the person."""
    found = json.loads(_client(ready, proof, "--json"))
    check(found["real_name"] == name, "the evidence should prove the name that was sealed")
    check((found["registry_outcome"], found["roster_compared"]) == ("MATCH", True), "it should be a match")


def refuse_forged(ready: Mapping[str, Any], proof: Path, *, auditor: PersonalIdentity) -> None:
    """Put another name into the record, with its own key and under the auditor's signature: OTHER_ENTRY."""
    read = proof_file.parse(proof.read_bytes())
    content = _forged(read.message).SerializeToString()
    signed = proof_file.of(content, auditor.sign(proof_file.signed_bytes(content)))
    forged = proof.with_name("forged.json")
    forged.write_bytes(signed.to_bytes())
    check(_client(ready, forged) == "check: OTHER_ENTRY", "another name should be refused: OTHER_ENTRY")


def _forged(message: evidence_pb2.DisclosureEvidence) -> evidence_pb2.DisclosureEvidence:
    record = sealed_record(message.record)
    opened = open_with_key(record=record, data_key=message.data_key, shred_value=message.shred_value)
    other = replace(opened, identity=replace(opened.named, name=_OTHER))
    info = record_key.info_of(record)
    key = record_key.derive(
        data_key=message.data_key, shred_value=message.shred_value, salt=record.salt, info=info
    )
    message.record.ciphertext = key.encrypt(nonce=bytes(12), padded=payload.encode(other), info=info)
    return message


def _client(ready: Mapping[str, Any], proof: Path, *options: str) -> str:
    done = verifier(
        "check-evidence", str(proof), "--public-key", ready["log"]["public_key"], "--roster", ready["roster"],
        "--development", *options,
    )  # fmt: skip
    return (done.stdout.splitlines() or [done.stderr.strip()])[-1]
