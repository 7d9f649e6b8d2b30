"""What a template of sanctions may say, and how many there may be."""

from dataclasses import replace

import pytest

from idvault.sanction.sanction_template import rules as template_rules
from idvault.sanction.sanction_template.rules import TemplateContent
from idvault_verify.error import FieldCode, InvalidError, Reason
from idvault_verify.sanction import Degree, Ground, SanctionCategory

CONTENT = TemplateContent(
    title="Rumour, first time",
    rule_reference="terms 4.2",
    ground=Ground.AGAINST_TERMS,
    category=SanctionCategory.RUMOUR,
    degree=Degree.WARN,
    measure="",
    days=30,
    territory="CN",
    redress="write to appeals",
)


@pytest.mark.parametrize("days", [0, 1, template_rules.MOST_DAYS])
def test_a_template_that_can_be_signed(days: int) -> None:
    """With an end or without, and with a measure for a limit."""
    assert template_rules.wrong(content=replace(CONTENT, days=days)) == {}
    limit = replace(CONTENT, degree=Degree.LIMIT, measure="no-video")
    assert template_rules.wrong(content=limit) == {}


def test_every_wrong_field_is_named() -> None:
    """At once, with what is wrong with it."""
    wrong = replace(
        CONTENT,
        title="n" * 65,
        rule_reference=" ",
        measure="no-video",
        days=-1,
        territory="\n",
        redress="r" * 501,
    )
    assert template_rules.wrong(content=wrong) == {
        "title": FieldCode.LENGTH,
        "rule_reference": FieldCode.REQUIRED,
        "measure": FieldCode.CHARACTER,
        "days": FieldCode.LENGTH,
        "territory": FieldCode.REQUIRED,
        "redress": FieldCode.LENGTH,
    }
    unlimited = replace(CONTENT, degree=Degree.LIMIT, days=template_rules.MOST_DAYS + 1)
    assert template_rules.wrong(content=unlimited) == {
        "measure": FieldCode.REQUIRED,
        "days": FieldCode.LENGTH,
    }


def test_a_hundred_at_most() -> None:
    """One more is refused, and the refusal names the template."""
    template_rules.check_room(kept=template_rules.MOST - 1)
    with pytest.raises(InvalidError) as refused:
        template_rules.check_room(kept=template_rules.MOST)
    assert refused.value.reason is Reason.TOO_MANY_ITEMS
    assert [each.field for each in refused.value.violations] == ["template"]
