"""Generates clients/node/src/vocabulary.ts from the Python client's tables, or checks it with --check."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from idvault_client import errors, reasons, transport
from idvault_client.backend.texts import CATEGORY_TEXTS, GROUND_TEXTS, REJECT_TEXTS, WHY
from idvault_client.reasons import FailureReason
from idvault_verify.account import AccountState, Assurance, Standing, SubjectKind
from idvault_verify.claim import ClaimState
from idvault_verify.document import DocumentType
from idvault_verify.error import FieldCode, Reason
from idvault_verify.organization import OrganizationCategory
from idvault_verify.public_account import RejectReason
from idvault_verify.text import LANGUAGES, Text

_NAME = "clients/node/src/vocabulary.ts"
_FILE = Path(__file__).resolve().parents[3] / _NAME
_HEAD = """// Reasons, texts and settings of the Python client. Made by scripts/gen_node.py; do not edit.
"""
_CHOICES = (SubjectKind, AccountState, Standing, Assurance, OrganizationCategory, ClaimState, DocumentType)


def render() -> str:
    """Return the file."""
    texts: dict[str, Mapping[str, object]] = {
        "REASONS": {
            reason: {"error": errors.BY_REASON[reason].__name__, **_text(reasons.REASON_TEXTS[reason])}
            for reason in Reason
        },
        "FAILURES": {reason: _text(reasons.FAILURE_TEXTS[reason]) for reason in FailureReason},
        "FIELDS": {code: _text(reasons.FIELD_TEXTS[code]) for code in FieldCode},
        "STANDINGS": {standing: _text(reasons.STANDING_TEXTS[standing]) for standing in Standing},
        "REJECTIONS": {reason: _text(REJECT_TEXTS[reason]) for reason in RejectReason},
        "GROUNDS": {ground: _text(text) for ground, text in GROUND_TEXTS.items()},
        "CATEGORIES": {category: _text(text) for category, text in CATEGORY_TEXTS.items()},
        "WHY": _text(WHY),
        "UNKNOWN": _text(reasons.UNKNOWN),
        "FOLLOWED": _text(reasons.FOLLOWED),
        "CODES": {code: kind.__name__ for code, kind in errors.BY_CODE.items()},
    }
    parts = [_HEAD, *(_constant(name, value) for name, value in texts.items()), *map(_choice, _CHOICES)]
    parts.append(_constant("TYPED_FIELDS", sorted(reasons.TYPED_FIELDS)))
    parts.append(_constant("SERVICES", transport.PLATFORM_SERVICES))
    parts.append(f"export const DEFAULT_TIMEOUT_MS = {transport.DEFAULT_TIMEOUT * 1000:.0f};\n")
    parts.append(f"export const AT_ONCE = {transport.AT_ONCE};\n")
    parts.append(_constant("CHANNEL_OPTIONS", _options()))
    return "\n".join(parts)


def _text(text: Text) -> dict[str, str]:
    return {language: text.in_language(language) for language in LANGUAGES}


def _constant(name: str, value: object) -> str:
    return f"export const {name} = {json.dumps(value, ensure_ascii=False, indent=2)} as const;\n"


def _choice(kind: type) -> str:
    values = " | ".join(json.dumps(str(each)) for each in kind)  # type: ignore[attr-defined]
    return f"export type {kind.__name__} = {values};\n"


def _options() -> dict[str, str | int]:
    """Return the channel's options, with the retries of a platform's methods alone."""
    options = dict(transport.options(None))
    config = json.loads(str(options["grpc.service_config"]))
    names = [f"idvault.v1.{service}" for service in transport.PLATFORM_SERVICES]
    config["methodConfig"][0]["name"] = [{"service": name} for name in names]
    return {**options, "grpc.service_config": json.dumps(config)}


def main() -> int:
    """Write the file, or with --check only report whether it is up to date (exit code 1 if not)."""
    if "--check" in sys.argv[1:]:
        fresh = _FILE.is_file() and _FILE.read_text(encoding="utf-8") == render()
        print(f"{_NAME} is fresh" if fresh else f"{_NAME} is stale: run scripts/gen_node.py")
        return 0 if fresh else 1
    _FILE.write_text(render(), encoding="utf-8")
    return 0
