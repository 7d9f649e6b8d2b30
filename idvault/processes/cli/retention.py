"""`idvault retention`: what this deployment keeps, for how long and why."""

import json
from datetime import timedelta

import typer

from idvault.core import config
from idvault.core.config import Process
from idvault.erasure.rules import ErasureTerms
from idvault.processes.retention import rules as retention_rules
from idvault.processes.retention.rules import RetentionRule


def retention(context: typer.Context) -> None:
    """Say what this deployment keeps, for how long, why, and what enforces it.

    It reads settings only: those of `work` are in force. Each rule names the worker's task that enforces it,
    and the setting that changes it. `--json` also names the tables.
    """
    settings = config.load(Process.RETENTION)
    found = retention_rules.table(ErasureTerms(waiting=timedelta(days=settings.erasure_waiting_days)))
    for rule in found:
        typer.echo(json.dumps(_fields(rule), ensure_ascii=False) if context.obj else _text(rule))
    if not context.obj:
        enforced = sum(bool(rule.enforced_by) for rule in found)
        typer.echo(f"retention: {len(found)} rules, {enforced} of them enforced by the worker")


def _fields(rule: RetentionRule) -> dict[str, object]:
    return {
        "what": rule.what,
        "kept": rule.kept,
        "why": rule.why,
        "enforced_by": rule.enforced_by or None,
        "setting": rule.setting or None,
        "tables": list(rule.tables),
    }


def _text(rule: RetentionRule) -> str:
    lines = [rule.what, f"    kept: {rule.kept}", f"    why: {rule.why}"]
    if rule.enforced_by:
        lines.append(f"    enforced by: {rule.enforced_by}" + (f" ({rule.setting})" if rule.setting else ""))
    return "\n".join(lines) + "\n"
