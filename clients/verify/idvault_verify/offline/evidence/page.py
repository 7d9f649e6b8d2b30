"""The page for a court: what checked evidence says, in Chinese and English, on paper as on a screen.

Codes are written in words, and times in the zone of whoever reads them. The page has no script and loads
nothing. It proves nothing by itself: it names the proof file beside it, with its SHA-256, and the command
that checks it.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from idvault_verify.offline.evidence import summary
from idvault_verify.offline.evidence.check import ProvedEvidence
from idvault_verify.text import Text, texts_of

_ = texts_of(__name__)


_STYLE = """
@page { size: A4; margin: 18mm 16mm; }
body { font: 11pt/1.5 "Noto Serif CJK SC", "Songti SC", "SimSun", serif; color: #111; max-width: 176mm; margin: 0 auto; padding: 8mm; }
h1 { font-size: 17pt; margin: 0 0 2mm; } h2 { font-size: 12pt; margin: 7mm 0 2mm; border-bottom: 1px solid #111; }
table { width: 100%; border-collapse: collapse; } th, td { text-align: left; vertical-align: top; padding: 1.2mm 2mm; border-bottom: 1px solid #bbb; }
th { width: 34%; font-weight: normal; color: #333; } td { overflow-wrap: anywhere; } .big td { font-size: 14pt; }
code { font: 9pt/1.4 "Noto Sans Mono", monospace; overflow-wrap: anywhere; } [lang=en] { color: #444; }
tr, p, li { break-inside: avoid; } h2 { break-after: avoid; }
@media print { body { padding: 0; max-width: none; } }
"""  # noqa: E501 - a style sheet
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_TITLE = _("Evidence of a disclosed identity")
_EXPORTED = _("exported at")
_DESTROY = _("must be destroyed after")
_HOW = _("How to check it")
_FILE = _("proof file")
_ZONE = _("times are those of the zone")
_OF = _("{some} of {all}")
_NEEDS = _("The check needs no private key and no connection to the service.")
_LABELS = {
    "real_name": _("name"),
    "document_type": _("type of document"),
    "document_number": _("number of document"),
    "provider": _("provider that vouches for the person; the service never had a name or a number"),
    "opaque_id": _("its id for the person"),
    "registry_outcome": _("outcome of the registry's check"),
    "asserted_by": _("provider who answered in place of the registry"),
    "reviewed_by": _(
        "reviewers of the platform who signed to have seen the document and its holder; no registry was asked"
    ),
    "account_token": _("account"),
    "relying_party": _("platform"),
    "policy_version": _("terms that the user agreed to"),
    "agree_time": _("time of consent"),
    "case_reference": _("case"),
    "legal_basis": _("legal basis"),
    "purpose": _("purpose"),
    "auditor": _("requested by"),
    "approved_by": _("custodians who approved"),
    "quorum": _("custodians needed to open"),
    "quorum_custodians": _("custodians at the time of sealing"),
    "disclosure_id": _("disclosure"),
    "sealed_at": _("sealed at"),
    "sealed_index": _("log entry of the sealing"),
    "requested_at": _("requested at"),
    "requested_index": _("log entry of the request"),
    "opened_at": _("opened at"),
    "opened_index": _("log entry of the opening"),
    "log": _("public log"),
    "log_size": _("entries in the log"),
    "cosigned_by": _("witnesses who cosigned"),
    "record_digest": _("digest of the record (SHA-256)"),
    "roster_version": _("version of the roster"),
    "roster_hash": _("hash of the roster (SHA-256)"),
}
_TIMES = ("agree_time", "sealed_at", "requested_at", "opened_at")
_CODES = {
    "RESIDENT_ID": _("resident identity card"),
    "RESIDENCE_PERMIT": _("residence permit of residents of Hong Kong, Macau and Taiwan"),
    "FOREIGN_PERMANENT_RESIDENT": _("foreign permanent resident identity card"),
    "UNIFIED_SOCIAL_CREDIT_CODE": _("unified social credit code of an organisation"),
    "PASSPORT": _("passport: country that issued it, number, check digit"),
    "MAINLAND_TRAVEL_PERMIT": _("mainland travel permit"),
    "MATCH": _("name and number belong together"),
}
_SECTIONS = (
    (
        _("The identity"),
        ("real_name", "document_type", "document_number", "provider", "opaque_id", "registry_outcome",
         "asserted_by", "reviewed_by", "account_token", "relying_party", "policy_version", "agree_time"),
    ),
    (
        _("Request and approval"),
        ("case_reference", "legal_basis", "purpose", "auditor", "approved_by", "quorum", "quorum_custodians",
         "disclosure_id"),
    ),
    (
        _("The public log"),
        ("sealed_at", "sealed_index", "requested_at", "requested_index", "opened_at", "opened_index", "log",
         "log_size", "cosigned_by", "record_digest", "roster_version", "roster_hash"),
    ),
)  # fmt: skip
_PROVES = (
    _(
        "The identity above was decrypted from the sealed record. The digest of this record was entered in "
        "the public log at the time above, and the record has not changed since."
    ),
    _(
        "The request was signed by the person above and approved by the custodians above, with their own "
        "keys; the opening is in the public log."
    ),
)
_LEAVES_OPEN = (
    _(
        "That the registry confirmed the identity, and that it belongs to this account, is the service's "
        "statement. The log proves what was sealed and when, not that the service sealed the right person."
    ),
    _(
        "The log's public key and the roster must be those that were published: compare them with a source "
        "that you trust."
    ),
)


@dataclass(frozen=True, slots=True)
class ProofReference:
    """The proof file beside the page: its name, its SHA-256 in hex, and the log's public key."""

    name: str
    sha256: str
    log_key: str


@dataclass(frozen=True, slots=True)
class CourtTimes:
    """How the page writes times. zone: its name; write: returns a time in it, with the offset from UTC."""

    zone: str
    write: Callable[[datetime], str]


def render(proved: ProvedEvidence, *, proof: ProofReference, exported_at: datetime, times: CourtTimes) -> str:
    """Return the page as HTML."""
    values = _shown(proved, times)
    parts = [_table(title, names, values) for title, names in _SECTIONS]
    name = escape(proved.terms.disclosure_id)
    return "\n".join((
        "<!doctype html>",
        '<html lang="zh-CN"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>{_chinese(_TITLE)} {name}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{_both(_TITLE)}</h1>",
        f"<p>{_both(_EXPORTED)}: {escape(times.write(exported_at))}<br>",
        f"{_both(_ZONE)}: {escape(times.zone)}<br>",
        f"<strong>{_both(_DESTROY)}: {proved.destroy_after}</strong></p>",
        *parts,
        _list(_("What this proves"), _PROVES),
        _list(_("What this does not prove"), _LEAVES_OPEN),
        _instructions(proof),
        "</body></html>",
        "",
    ))  # fmt: skip


def _chinese(text: Text, numbers: Mapping[str, int] = {}) -> str:
    return escape(text.in_language("zh").format(**numbers))


def _both(text: Text, *, between: str = " ", numbers: Mapping[str, int] = {}) -> str:
    english = escape(text.in_language("en").format(**numbers))
    return f'{_chinese(text, numbers)}{between}<span lang="en">{english}</span>'


def _shown(proved: ProvedEvidence, times: CourtTimes) -> dict[str, str | None]:
    """Return the values as HTML, None for what is not recorded."""
    found: dict[str, str | None] = {}
    for name, value in summary.of(proved).items():
        if value is None:
            found[name] = None
        elif name in _TIMES:
            found[name] = escape(times.write(datetime.fromisoformat(str(value))))
        elif name in ("document_type", "registry_outcome") and value in _CODES:
            found[name] = _both(_CODES[str(value)])
        else:
            found[name] = escape(str(value))
    numbers = {"some": proved.quorum.threshold, "all": len(proved.quorum.custodians)}
    found["quorum"] = _both(_OF, numbers=numbers)
    return found


def _table(title: Text, names: tuple[str, ...], values: dict[str, str | None]) -> str:
    rows = []
    for name in names:
        if (value := values[name]) is None:
            continue
        big = ' class="big"' if name in ("real_name", "document_number", "opaque_id") else ""
        rows.append(f"<tr{big}><th>{_both(_LABELS[name])}</th><td>{value}</td></tr>")
    return f"<h2>{_both(title)}</h2>\n<table>{''.join(rows)}</table>"


def _list(title: Text, items: tuple[Text, ...]) -> str:
    shown = "".join(f"<li>{_both(text, between='<br>')}</li>" for text in items)
    return f"<h2>{_both(title)}</h2>\n<ul>{shown}</ul>"


def _instructions(proof: ProofReference) -> str:
    command = (
        f"idvault-verify check-evidence {shlex.quote(proof.name)} --public-key {shlex.quote(proof.log_key)} "
        "--roster roster.json"
    )
    return (
        f"<h2>{_both(_HOW)}</h2>\n<p>{_both(_FILE)}: "
        f"<code>{escape(proof.name)}</code><br>SHA-256: <code>{escape(proof.sha256)}</code></p>"
        f"<p><code>{escape(command)}</code></p>"
        f"<p>{_both(_NEEDS)}</p>"
    )
