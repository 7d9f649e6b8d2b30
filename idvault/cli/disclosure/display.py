"""Shows disclosures: as tables on stderr, or for programs as one JSON object a line on stdout."""

from base64 import b64encode
from hashlib import sha256
from typing import Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from idvault import printable
from idvault.printable import escaped
from idvault.v1 import disclosure_pb2
from idvault_client.offline.evidence import summary
from idvault_client.offline.evidence.check import ProvedEvidence
from idvault_client.offline.evidence.file import ProofFile
from idvault_client.people.disclosure.auditor import DisclosedRecord
from idvault_client.people.disclosure.custodian import PendingRequest
from idvault_client.people.disclosure.evidence import FormerEvidence


def state(number: int) -> str:
    """Return the name of a disclosure's state."""
    return disclosure_pb2.DisclosureState.Name(number).removeprefix("DISCLOSURE_STATE_")  # type: ignore[arg-type]


def fingerprint(key: bytes) -> str:
    """Return the first 16 bytes of a key's SHA-256 in hex, in groups of four, for reading aloud."""
    text = sha256(key).hexdigest()[:32]
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def disclosure(found: disclosure_pb2.Disclosure) -> dict[str, Any]:
    """Return the JSON fields of an auditor's disclosure."""
    return {
        "disclosure_id": found.disclosure_id,
        "account_token": found.account_token,
        "state": state(found.state),
        "create_time": found.create_time.ToJsonString(),
        "expire_time": found.expire_time.ToJsonString(),
        "openings": found.openings,
        "opened": found.opened,
        "threshold": found.threshold,
        "disclose_time": _time(found, "disclose_time"),
        "confirm_time": _time(found, "confirm_time"),
        "decisions": [
            {
                "custodian": made.custodian,
                "verdict": disclosure_pb2.Verdict.Name(made.verdict).removeprefix("VERDICT_"),
                "decide_time": made.decide_time.ToJsonString(),
                "release_time": _time(made, "release_time"),
                "report_time": _time(made, "report_time"),
            }
            for made in found.decisions
        ],
    }


def _time(message: Any, field: str) -> str | None:
    return getattr(message, field).ToJsonString() if message.HasField(field) else None


def pending(found: PendingRequest) -> dict[str, Any]:
    """Return the JSON fields of a request that waits for a custodian."""
    terms, signer = found.terms, found.signer
    shown: dict[str, Any] = {
        "disclosure_id": found.disclosure_id,
        "verified": found.refused is None,
        "refused": found.refused.finding.value if found.refused else None,
        "why": str(found.refused) if found.refused else None,
        "threshold": found.threshold,
        "approvals": found.approvals,
        "denials": found.denials,
        "releases": found.releases,
        "approved_by_you": found.is_approved,
        "recent_disclosures": found.recent_disclosures,
        "log_size": found.log_size,
    }
    if terms is not None and signer is not None:
        shown |= {
            "auditor": terms.auditor,
            "organisation": signer.member.organisation,
            "fingerprint": fingerprint(signer.member.ed25519),
            "since_roster_version": signer.since_version,
            "account_token": terms.account_token,
            "case_reference": terms.case_reference,
            "legal_basis": terms.legal_basis,
            "purpose": terms.purpose,
            "openings": terms.openings,
            "expire_time": terms.expire_at.isoformat(),
        }
    return shown


def opened(found: DisclosedRecord) -> dict[str, Any]:
    """Return the JSON fields of a disclosed record."""
    identity, consent = found.payload.identity, found.payload.consent
    return {
        "disclosure_id": found.terms.disclosure_id,
        "account_token": found.terms.account_token,
        "real_name": identity.name,
        "document_type": identity.document.type.value,
        "document_number": identity.document.number,
        "registry_outcome": found.payload.answer.value if found.payload.answer else None,
        "policy_version": consent.policy_version if consent else None,
        "agree_time": consent.agree_time.isoformat() if consent else None,
        "opened_at": found.opened_at.isoformat(),
        "openings_left": found.terms.openings - found.answer.disclosure.opened,
        "wrong_shares": list(found.wrong_shares),
        "unreported": list(found.unreported),
        "confirmed": found.is_confirmed,
        "log_size": found.log_size,
        "checkpoint": b64encode(found.answer.checkpoint.note).decode(),
    }


def proved(found: ProvedEvidence, kept: ProofFile) -> dict[str, Any]:
    """Return the JSON fields of kept evidence that verifies."""
    return {**summary.of(found), "checkpoint": b64encode(kept.message.checkpoint.note).decode()}


def tell(content: dict[str, Any]) -> None:
    """Write one JSON object as a line on stdout."""
    typer.echo(printable.to_json(content))


def show_disclosures(found: list[disclosure_pb2.Disclosure]) -> None:
    """Show the auditor's disclosures as a table."""
    # A truncated or wrapped id cannot be copied, so the account has its own line.
    table = Table(box=None)
    for name in ("id, account", "state", "shares", "opened", "ends (UTC)"):
        table.add_column(name, no_wrap=True, overflow="fold")
    for each in found:
        content = disclosure(each)
        releases = sum(made["release_time"] is not None for made in content["decisions"])
        rows = (
            f"{content['disclosure_id']}\n{content['account_token']}",
            content["state"],
            f"{releases} of {content['threshold']}",
            f"{content['opened']} of {content['openings']}",
            f"{each.expire_time.ToDatetime():%Y-%m-%d %H:%M}",
        )
        table.add_row(*(Text(escaped(row, keep="\n")) for row in rows))
    Console(stderr=True).print(table)


def show_pending(found: PendingRequest) -> None:
    """Show a request that waits for a custodian; if it does not verify, show only the reason."""
    content = pending(found)
    if found.refused is not None or found.terms is None or found.requested_at is None:
        why = escaped(f"does not verify: {content['refused']}\n{content['why']}", keep="\n")
        title = Text(escaped(f"request {found.disclosure_id}"))
        Console(stderr=True).print(Panel(Text(why, style="bold red"), title=title))
        return
    rows = {
        "requested by": f"{content['auditor']}, {content['organisation']}",
        "key": f"{content['fingerprint']}, since version {content['since_roster_version']} of the roster",
        "account": content["account_token"],
        "case": content["case_reference"],
        "legal basis": content["legal_basis"],
        "purpose": content["purpose"],
        "openings": f"{content['openings']}, until {found.terms.expire_at:%Y-%m-%d %H:%M} UTC",
        "decided so far": (
            f"{found.releases} of {found.threshold} shares, {found.approvals} approvals, "
            f"{found.denials} denials"
        ),
        "this auditor": (
            f"{found.recent_disclosures} records disclosed in the last 30 days, as the service counts"
        ),
        "in the log": f"yes, since {found.requested_at:%Y-%m-%d %H:%M} UTC, at {found.log_size} entries",
    }
    show_rows(rows, title=f"request {found.disclosure_id}")


def show_opened(found: DisclosedRecord) -> None:
    """Show a disclosed record."""
    content, consent = opened(found), found.payload.consent
    left = content["openings_left"]
    rows = {
        "name": content["real_name"],
        "document": f"{content['document_type']} {content['document_number']}",
        "registry outcome": str(content["registry_outcome"]),
        "account": content["account_token"],
        "terms agreed to": (
            f"{consent.policy_version}, {consent.agree_time:%Y-%m-%d %H:%M} UTC"
            if consent
            else "not recorded"
        ),
        "in the log": f"yes, since {found.opened_at:%Y-%m-%d %H:%M} UTC, at {found.log_size} entries",
        "openings left": "none: this was the last one" if not left else str(left),
    }
    if found.wrong_shares:
        told = "the log names them"
        if found.unreported:
            told = f"the service did not take the report about {', '.join(found.unreported)}"
        rows["wrong shares"] = f"of {', '.join(found.wrong_shares)}; {told}"
    show_rows(rows, title=f"record of disclosure {content['disclosure_id']}")


def show_proved(found: ProvedEvidence) -> None:
    """Show what kept evidence proves."""
    content = summary.of(found)
    rows = {name.replace("_", " "): value for name, value in content.items() if value is not None}
    show_rows(rows, title=f"evidence of disclosure {content['disclosure_id']}")


def show_former(found: FormerEvidence, *, as_json: bool) -> None:
    """Show the content of an evidence file that proves nothing."""
    identity = found.payload.identity
    content = {
        "disclosure_id": found.terms.disclosure_id,
        "account_token": found.terms.account_token,
        "real_name": escaped(identity.name),
        "document_type": identity.document.type.value,
        "document_number": escaped(identity.document.number),
        "proved": False,
    }
    if as_json:
        tell(content)
        return
    rows = {name.replace("_", " "): value for name, value in content.items()}
    show_rows(rows, title=f"former evidence of disclosure {found.terms.disclosure_id}")


def show_rows(rows: dict[str, Any], *, title: str) -> None:
    """Show names and values on stderr."""
    table = Table(box=None, show_header=False)
    for name, value in rows.items():
        # Text from other parties must not be parsed as markup.
        table.add_row(Text(name, style="bold"), Text(escaped(str(value))))
    Console(stderr=True).print(Panel(table, title=Text(escaped(title))))
