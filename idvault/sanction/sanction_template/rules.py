"""Templates of sanctions: how a platform usually answers a breach of one of its rules.

- A template decides nothing, and no sanction knows which one it began with: a moderator reads, changes and
  signs what the form says.
- Its texts keep the limits of a statement of reasons, so that a form that begins with it can be signed.
- A platform that keeps a hundred makes no more (see `acts.make`). Each is replaced as a whole or deleted.
"""

from dataclasses import dataclass, field
from datetime import datetime

from idvault_verify import statement as verify_statement
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import Degree, Ground, SanctionCategory

MOST = 100
TITLE_LENGTH = 64
MOST_DAYS = 3_650


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateContent:
    """What a form begins with. days: until the sanction's end, 0 for none."""

    title: str = field(repr=False)
    rule_reference: str = field(repr=False)
    ground: Ground
    category: SanctionCategory
    degree: Degree
    measure: str
    days: int
    territory: str
    redress: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SanctionTemplate:
    """A template of a platform; template_id is 32 lower-case hex digits."""

    template_id: str
    relying_party: str
    made_at: datetime
    content: TemplateContent


def wrong(*, content: TemplateContent) -> dict[str, FieldCode]:
    """Return what is wrong by field."""
    codes = {
        "title": verify_statement.text_code(content.title, limit=TITLE_LENGTH),
        "measure": verify_statement.measure_code(degree=content.degree, measure=content.measure),
        "days": None if 0 <= content.days <= MOST_DAYS else FieldCode.LENGTH,
        **verify_statement.template_codes(
            rule_reference=content.rule_reference, territory=content.territory, redress=content.redress
        ),
    }
    return {name: code for name, code in codes.items() if code is not None}


def check_room(*, kept: int) -> None:
    """Raise InvalidError (TOO_MANY_ITEMS, template) unless one more template may be kept."""
    if kept >= MOST:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("template", FieldCode.LENGTH))
