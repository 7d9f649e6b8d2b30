"""Keeps, deletes and lists templates of sanctions."""

from dataclasses import replace

from idvault.core.act import Tx, Vault, mutation
from idvault.core.db.connection import Connection
from idvault.sanction.sanction_template import rules, store
from idvault.sanction.sanction_template.rules import SanctionTemplate, TemplateContent
from idvault.sanction.sanction_template.store import ROWS

_WHY = "a template decides nothing"


@mutation("template.make", again=ROWS.get)
async def make(tx: Tx, template_id: str, content: TemplateContent) -> SanctionTemplate:
    """Keep a new template; raises InvalidError (TOO_MANY_ITEMS) and others.

    Of several that are made at the same time, each counts those before it: a few more may be kept.
    """
    rules.check_room(kept=await store.count(tx.connection, tx.party))
    made = SanctionTemplate(template_id, tx.party, tx.now.business, content)
    await ROWS.add(tx.connection, made)
    tx.unchanged(_WHY)
    return made


@mutation("template.replace", again=ROWS.get)
async def change(tx: Tx, template_id: str, content: TemplateContent) -> SanctionTemplate:
    """Replace a template; raises NotFoundError (TEMPLATE_NOT_FOUND) and others."""
    changed = replace(await ROWS.lock(tx.connection, tx.party, template_id), content=content)
    await ROWS.put(tx.connection, changed)
    tx.unchanged(_WHY)
    return changed


async def _gone(_connection: Connection, _party: str, _template_id: str) -> None:
    """Answer a repeat: what was deleted cannot be read."""


@mutation("template.delete", again=_gone)
async def remove(tx: Tx, template_id: str) -> None:
    """Delete a template; raises NotFoundError (TEMPLATE_NOT_FOUND) and others."""
    await ROWS.lock(tx.connection, tx.party, template_id)
    await store.remove(tx.connection, tx.party, template_id)
    tx.unchanged(_WHY)


async def page(vault: Vault, party: str, *, after: str, limit: int) -> tuple[list[SanctionTemplate], str]:
    """Return a page of templates, and the last one's id if there are more, else ""."""
    return await vault.read("template.list", lambda one: ROWS.page(one, party, after=after, limit=limit))
