"""Shows disclosures to people on stderr, on terminals of 60 columns and more.

Nothing is cut: an id that is cut cannot be copied, so every id has a line that it fits on.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from idvault_people.commands.disclosure import display
from idvault_people.disclosure.auditor import DisclosedRecord
from idvault_people.disclosure.case import DisclosureCase
from idvault_people.disclosure.decisions import ShownDecision
from idvault_people.disclosure.pending import PendingRequest
from idvault_verify.attest import assertion
from idvault_verify.disclosure import Verdict
from idvault_verify.offline.evidence import summary
from idvault_verify.offline.evidence.check import ProvedEvidence
from idvault_verify.printable import escaped
from idvault_verify.v1 import disclosure_pb2

_DONE = {Verdict.APPROVE: "approved", Verdict.DENY: "denied"}


def show_disclosures(found: Iterable[disclosure_pb2.Disclosure]) -> None:
    """Show the auditor's disclosures as a table."""
    table = Table(box=None, padding=(0, 2, 1, 0), pad_edge=False)
    table.add_column("id, account, case", overflow="fold", min_width=32)
    table.add_column("state, end (UTC)", overflow="fold")
    for each in found:
        content = display.disclosure(each)
        releases = sum(made["release_time"] is not None for made in content["decisions"])
        names = (content["disclosure_id"], content["account_token"], content["case_reference"])
        facts = (
            content["state"],
            f"{releases} of {content['threshold']} shares",
            f"{content['opened']} of {content['openings']} opened",
            f"{each.expire_time.ToDatetime():%Y-%m-%d %H:%M}",
        )
        table.add_row(*(Text(escaped("\n".join(rows), keep="\n")) for rows in (names, facts)))
    Console(stderr=True).print(table)


def show_case(found: DisclosureCase) -> None:
    """Show one of the auditor's requests, with its signed texts and who decided what."""
    content, disclosure = display.case(found), found.disclosure
    releases = sum(made.released_at is not None for made in found.decisions)
    rows = {
        "disclosure": content["disclosure_id"],
        "state": content["state"],
        "account": content["account_token"],
        "case": content["case_reference"],
        "legal basis": content["legal_basis"],
        "purpose": content["purpose"],
        "filed": f"{disclosure.create_time.ToDatetime():%Y-%m-%d %H:%M} UTC, by {content['auditor']}",
        "ends": f"{disclosure.expire_time.ToDatetime():%Y-%m-%d %H:%M} UTC",
        "openings": f"{content['opened']} of {content['openings']}",
        "shares": f"{releases} of {content['threshold']}",
        **decided(found.decisions),
    }
    show_rows(rows, title="request")


def decided(decisions: Iterable[ShownDecision]) -> Mapping[str, str]:
    """Return a row for each custodian who decided; no other row's name begins with "by"."""
    return {f"by {made.custodian}": _decision(made) for made in decisions} or {"decided": "nobody has yet"}


def _decision(made: ShownDecision) -> str:
    verdict = _DONE[made.verdict] if made.verdict else "made a decision that this version does not know"
    text = f"{verdict} {_minute(made.decided_at)}"
    if made.released_at:
        text += f", released the share {_minute(made.released_at)}"
    if made.reported_at:
        text += f", which was reported as wrong {_minute(made.reported_at)}"
    if made.reason:
        text += f": {made.reason}"
    elif made.refused:
        text += f"; the reason is not shown, because it does not verify ({made.refused.finding.value})"
    return text


def _minute(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def show_pending(found: PendingRequest) -> None:
    """Show a request that waits for a custodian; if it does not verify, show only the reason."""
    content = display.pending(found)
    if found.refused is not None or found.terms is None or found.requested_at is None:
        why = f"{found.disclosure_id}\ndoes not verify: {content['refused']}\n{content['why']}"
        shown = Text(escaped(why, keep="\n"), style="bold red")
        Console(stderr=True).print(Panel(shown, title="request"))
        return
    rows = {
        "disclosure": found.disclosure_id,
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
        **(decided(found.decided) if found.decided else {}),
        "this auditor": (
            f"{found.recent_disclosures} records disclosed in the last 30 days, as the vault counts"
        ),
        "in the log": f"yes, since {_minute(found.requested_at)}, at {found.log_size} entries",
    }
    show_rows(rows, title="request")


def _whom(content: dict[str, Any]) -> dict[str, str]:
    if content["opaque_id"] is None:
        document = f"{content['document_type']} {content['document_number']}"
        return {"name": content["real_name"], "document": document}
    return {
        "name, document": "the vault never had them: only the provider can say who this is",
        "provider": content["provider"],
        "its id for the person": content["opaque_id"],
    }


def show_opened(found: DisclosedRecord) -> None:
    """Show a disclosed record."""
    content, consent = display.opened(found), found.payload.consent
    left = content["openings_left"]
    rows = {
        "disclosure": content["disclosure_id"],
        **_whom(content),
        **_representative(content["representative"]),
        "registry outcome": str(content["registry_outcome"]),
        **_reviewed(content["reviewed_by"]),
        "provider asked instead": assertion.issuer_of(found.payload.assertion) or "none",
        "account": content["account_token"],
        "terms agreed to": (
            f"{consent.policy_version}, {_minute(consent.agree_time)}" if consent else "not recorded"
        ),
        "in the log": f"yes, since {_minute(found.opened_at)}, at {found.log_size} entries",
        "openings left": "none: this was the last one" if not left else str(left),
    }
    if found.wrong_shares:
        told = "the log names them"
        if found.unreported:
            told = f"the vault did not take the report about {', '.join(found.unreported)}"
        rows["wrong shares"] = f"of {', '.join(found.wrong_shares)}; {told}"
    show_rows(rows, title="record")


def _reviewed(reviewers: str | None) -> dict[str, str]:
    """Return who saw the document in place of the registry, whose answer then stands for theirs."""
    return {} if reviewers is None else {"seen and signed by": f"{reviewers}; no registry was asked"}


def _representative(found: Mapping[str, str] | None) -> dict[str, str]:
    if found is None:
        return {}
    document = f"{found['document_type']} {found['document_number']}"
    return {"represented by": found["real_name"], "representative's document": document}


def show_proved(found: ProvedEvidence) -> None:
    """Show what kept evidence proves."""
    content = summary.of(found)
    rows = {name.replace("_", " "): value for name, value in content.items() if value is not None}
    show_rows(rows, title="evidence")


def show_rows(rows: Mapping[str, Any], *, title: str) -> None:
    """Show names and values on stderr."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(overflow="fold", max_width=18)
    table.add_column(overflow="fold")
    for name, value in rows.items():
        # Text from other parties must not be parsed as markup.
        table.add_row(Text(escaped(name), style="bold"), Text(escaped(str(value))))
    Console(stderr=True).print(Panel(table, title=Text(escaped(title))))
