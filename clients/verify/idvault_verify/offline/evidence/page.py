"""The page for a court: what checked evidence says, in Chinese and English, on paper as on a screen.

The page has no script and loads nothing. It proves nothing by itself: it names the proof file beside it, with
its SHA-256, and the command that checks it.
"""

import shlex
from dataclasses import dataclass
from datetime import datetime
from html import escape

from idvault_verify.offline.evidence import summary
from idvault_verify.offline.evidence.check import ProvedEvidence

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
_LABELS = {
    "real_name": ("姓名或名称", "name"),
    "document_type": ("证件类型", "type of document"),
    "document_number": ("证件号码", "number of document"),
    "registry_outcome": ("登记机关核验结果", "outcome of the registry's check"),
    "account_token": ("账户", "account"),
    "relying_party": ("平台", "platform"),
    "policy_version": ("用户同意的条款", "terms that the user agreed to"),
    "agree_time": ("同意时间", "time of consent"),
    "case_reference": ("案件编号", "case"),
    "legal_basis": ("法律依据", "legal basis"),
    "purpose": ("目的", "purpose"),
    "auditor": ("申请人", "requested by"),
    "approved_by": ("批准的保管人", "custodians who approved"),
    "quorum": ("开启所需保管人", "custodians needed to open"),
    "quorum_custodians": ("封存时的保管人", "custodians at the time of sealing"),
    "disclosure_id": ("披露编号", "disclosure"),
    "sealed_at": ("封存时间 (UTC)", "sealed at (UTC)"),
    "sealed_index": ("封存的日志序号", "log entry of the sealing"),
    "requested_at": ("申请时间 (UTC)", "requested at (UTC)"),
    "requested_index": ("申请的日志序号", "log entry of the request"),
    "opened_at": ("开启时间 (UTC)", "opened at (UTC)"),
    "opened_index": ("开启的日志序号", "log entry of the opening"),
    "log": ("公开日志", "public log"),
    "log_size": ("日志条目数", "entries in the log"),
    "cosigned_by": ("见证人", "witnesses who cosigned"),
    "record_digest": ("记录摘要 (SHA-256)", "digest of the record (SHA-256)"),
    "roster_version": ("名册版本", "version of the roster"),
    "roster_hash": ("名册摘要 (SHA-256)", "hash of the roster (SHA-256)"),
}
_SECTIONS = (
    (
        ("身份", "The identity"),
        ("real_name", "document_type", "document_number", "registry_outcome", "account_token",
         "relying_party", "policy_version", "agree_time"),
    ),
    (
        ("申请与批准", "Request and approval"),
        ("case_reference", "legal_basis", "purpose", "auditor", "approved_by", "quorum", "quorum_custodians",
         "disclosure_id"),
    ),
    (
        ("公开日志", "The public log"),
        ("sealed_at", "sealed_index", "requested_at", "requested_index", "opened_at", "opened_index", "log",
         "log_size", "cosigned_by", "record_digest", "roster_version", "roster_hash"),
    ),
)  # fmt: skip
_PROVES = (
    (
        "上述身份信息由密文记录解密得到；该记录的摘要在上述时间写入公开日志，此后未被更改。",
        "The identity above was decrypted from the sealed record. The digest of this record was entered in "
        "the public log at the time above, and the record has not changed since.",
    ),
    (
        "申请由上述申请人签名，批准由上述保管人签名，开启已写入公开日志。",
        "The request was signed by the person above and approved by the custodians above, with their own "
        "keys; the opening is in the public log.",
    ),
)
_LEAVES_OPEN = (
    (
        "登记机关的核验结果和该身份属于该账户，由服务方陈述；日志只证明封存的内容及其时间。",
        "That the registry confirmed the identity, and that it belongs to this account, is the service's "
        "statement. The log proves what was sealed and when, not that the service sealed the right person.",
    ),
    (
        "公开日志的公钥和名册须与公布的一致，请从可信来源核对。",
        "The log's public key and the roster must be those that were published: compare them with a source "
        "that you trust.",
    ),
)


@dataclass(frozen=True, slots=True)
class ProofReference:
    """The proof file beside the page: its name, its SHA-256 in hex, and the log's public key."""

    name: str
    sha256: str
    log_key: str


def render(proved: ProvedEvidence, *, proof: ProofReference, exported_at: datetime) -> str:
    """Return the page as HTML."""
    values = summary.of(proved)
    parts = [_table(title, names, values) for title, names in _SECTIONS]
    name = escape(proved.terms.disclosure_id)
    return "\n".join((
        "<!doctype html>",
        '<html lang="zh-CN"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        f"<title>身份披露证据 {name}</title><style>{_STYLE}</style></head><body>",
        f"<h1>身份披露证据 {_english('Evidence of a disclosed identity')}</h1>",
        f"<p>导出时间 {_english('exported at')}: {exported_at:%Y-%m-%d %H:%M} UTC<br>",
        f"<strong>须于此日后销毁 {_english('must be destroyed after')}: {proved.destroy_after}</strong></p>",
        *parts,
        _list(("本证据证明", "What this proves"), _PROVES),
        _list(("本证据不证明", "What this does not prove"), _LEAVES_OPEN),
        _instructions(proof),
        "</body></html>",
        "",
    ))  # fmt: skip


def _english(text: str) -> str:
    return f'<span lang="en">{escape(text)}</span>'


def _heading(title: tuple[str, str]) -> str:
    return f"<h2>{title[0]} {_english(title[1])}</h2>"


def _table(title: tuple[str, str], names: tuple[str, ...], values: dict[str, object]) -> str:
    rows = []
    for name in names:
        if (value := values[name]) is None:
            continue
        label, english = _LABELS[name]
        big = ' class="big"' if name in ("real_name", "document_number") else ""
        rows.append(f"<tr{big}><th>{label} {_english(english)}</th><td>{escape(str(value))}</td></tr>")
    return f"{_heading(title)}\n<table>{''.join(rows)}</table>"


def _list(title: tuple[str, str], items: tuple[tuple[str, str], ...]) -> str:
    shown = "".join(f"<li>{text}<br>{_english(english)}</li>" for text, english in items)
    return f"{_heading(title)}\n<ul>{shown}</ul>"


def _instructions(proof: ProofReference) -> str:
    command = (
        f"idvault-verify check-evidence {shlex.quote(proof.name)} --public-key {shlex.quote(proof.log_key)} "
        "--roster roster.json"
    )
    return (
        f"{_heading(('如何核验', 'How to check it'))}\n<p>证明文件 {_english('proof file')}: "
        f"<code>{escape(proof.name)}</code><br>SHA-256: <code>{escape(proof.sha256)}</code></p>"
        f"<p><code>{escape(command)}</code></p>"
        "<p>核验不需要私钥，也不需要访问服务方。 "
        + _english("The check needs no private key and no connection to the service.")
        + "</p>"
    )
