"""Every table has its rule of retention, and every rule that has an end has something that enforces it."""

import re
from pathlib import Path

from idvault.core import tables as schema
from idvault.erasure.rules import ErasureTerms
from idvault.processes import migrations
from idvault.processes.retention import rules as retention_rules

PERIODIC = Path(__file__).parents[2] / "idvault" / "processes" / "bootstrap" / "periodic"
RULES = retention_rules.table(ErasureTerms())


def test_every_table_belongs_to_one_rule() -> None:
    """A new table is entered in processes.retention before it is stored."""
    assert migrations.CAPABILITIES
    stored = {*schema.main.tables, *schema.shred.tables}
    assert {name for rule in RULES for name in rule.tables} == stored


def test_every_task_is_one_of_the_workers() -> None:
    """The names are those of the tasks that `idvault work` runs."""
    texts = [file.read_text("utf-8") for file in PERIODIC.glob("*.py")]
    names = {name for text in texts for name in re.findall(r'Task\(\s*"(\w+)"', text)}
    assert {rule.enforced_by for rule in RULES if rule.enforced_by} <= names
