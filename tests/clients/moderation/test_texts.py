"""The moderators' pages speak both languages in full."""

import re
from pathlib import Path

import pytest

from idvault_client.campaigns import CampaignState, Method
from idvault_client.errors import DeadlineExceeded, InvalidFields, NotFound, PreconditionFailed, VaultError
from idvault_client.pages.rendering import saying
from idvault_client.public_accounts import (
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
    RejectReason,
)
from idvault_client.sanctions import (
    AppealFigures,
    AppealState,
    ApplicationFigures,
    Automation,
    ContentMeasureKind,
    ContentMeasureState,
    Degree,
    Ground,
    IssuerKind,
    NarrowingState,
    Origin,
    SanctionCategory,
    SanctionState,
    Scope,
    TipOffFigures,
)
from idvault_client.sessions import ContestState, DisavowalState, ReinstatementState
from idvault_client.tip_offs import (
    Dismissal,
    ReporterStanding,
    TargetKind,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
)
from idvault_people import moderation
from idvault_people.console.texts import CONSOLE
from idvault_people.console.visit import Visit
from idvault_people.moderation import explanation
from idvault_people.moderation.texts import TEXTS
from idvault_people.moderation.texts.campaigns import CAMPAIGNS
from idvault_people.moderation.texts.cases import CASES
from idvault_people.moderation.texts.common import COMMON
from idvault_people.moderation.texts.lists import LISTS as LIST_TEXTS
from idvault_people.moderation.texts.own import OWN
from idvault_people.moderation.texts.statements import STATEMENTS
from idvault_people.moderation.texts.templates import TEMPLATES
from idvault_people.moderation.texts.words import WORDS
from idvault_verify.account import MinimumAssurance, Standing
from idvault_verify.order import OrderMeasure, OrderSource
from idvault_verify.sanction import OrderState

FOLDER = Path(moderation.__file__).parent
PARTS = (WORDS, COMMON, CASES, STATEMENTS, CAMPAIGNS, OWN, TEMPLATES, LIST_TEXTS, CONSOLE)
LISTS = {
    "state": (
        TipOffState,
        SanctionState,
        AppealState,
        PublicAccountState,
        NarrowingState,
        DisavowalState,
    ),
    "outcome": (TipOffOutcome,),
    "dismissal": (Dismissal,),
    "channel": (TipOffChannel,),
    "target": (TargetKind,),
    "category": (SanctionCategory,),
    "degree": (Degree,),
    "owner_reads.degree": (Degree,),
    "scope": (Scope,),
    "ground": (Ground,),
    "origin": (Origin,),
    "automation": (Automation,),
    "content_kind": (ContentMeasureKind,),
    "issuer": (IssuerKind,),
    "standing": (Standing,),
    "kind": (PublicAccountKind,),
    "shown": (PublicAccountCategory,),
    "reject": (RejectReason,),
    "contest": (ContestState,),
    "disavowal": (DisavowalState,),
    "reinstatement": (ReinstatementState,),
    "narrowing": (NarrowingState,),
    "reporter": (ReporterStanding,),
    "measure_state": (ContentMeasureState,),
    "order": (OrderState,),
    "order_measure": (OrderMeasure,),
    "source": (OrderSource,),
    "campaign": (CampaignState,),
    "method": (Method,),
    "minimum": (MinimumAssurance,),
}
# Keys that code puts together: of the figures of a month.
BUILT = {"unknown"} | {
    field for figures in (TipOffFigures, AppealFigures, ApplicationFigures) for field in figures.__slots__
}


def test_every_text_exists_once() -> None:
    """No key stands for two texts."""
    assert sum(len(part) for part in PARTS) == len({key for part in PARTS for key in part})
    assert len(TEXTS) == sum(len(part) for part in PARTS[:-1])


@pytest.mark.parametrize("name", LISTS)
def test_every_value_of_a_list_has_a_word(name: str) -> None:
    """Each value of our own enums, and no other except a state of an operation."""
    values = {f"{name}.{each.value}" for kind in LISTS[name] for each in kind}
    known = {key for key in TEXTS if key.startswith(f"{name}.")}
    assert known - {"state.OPEN"} == values - {"state.OPEN"}


def test_every_text_is_used() -> None:
    """No text is left that no page names."""
    sources = [*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html"), FOLDER.parent / "console/shown.py"]
    code = "\n".join(path.read_text("utf-8") for path in sources)
    named = set(re.findall(r"""["'(]([a-z_]+)["'=]|\b([a-z_]+)=""", code))
    used = {each for pair in named for each in pair} | BUILT
    assert {key for key in TEXTS if "." not in key} - used == {"service"}


def told(error: VaultError, language: str = "en") -> str:
    return explanation.text(error, visit(language))


def visit(language: str = "en") -> Visit:
    return Visit(language=language, say=saying({**CONSOLE, **TEXTS}, language))


def test_refusals_read_well() -> None:
    """A reason in both languages, with the present state; without an answer, that it may have been done."""
    moved = PreconditionFailed("ILLEGAL_TRANSITION", states=("IN_FORCE", "LIFTED"))
    assert told(moved).endswith("Now: in force.")
    assert told(moved, "zh").endswith("现在的状态：生效中。")
    assert "Send this form again" in told(DeadlineExceeded(code="DEADLINE_EXCEEDED"))
    assert told(NotFound("TIP_OFF_NOT_FOUND")) == "This report was not found."
    assert explanation.explain(ValueError("王小明"), visit()) is None
    found = explanation.explain(DeadlineExceeded(code="DEADLINE_EXCEEDED"), visit())
    assert found is not None
    assert (found.status, found.text.partition(".")[0]) == (503, "The vault did not answer")


def test_fields_are_named_by_the_form() -> None:
    """Paths of messages become fields; one that the form does not have is told at its head."""
    error = InvalidFields(
        "INVALID_MESSAGE",
        fields={
            "sanction.statement.order.digest": "LENGTH",
            "sanction.account_token": "CHARACTER",
            "page_token": "CHARACTER",
            "sanction.statement.end_time": "NEWER_CODE",
        },
    )
    known = frozenset({"account", "order_digest", "days"})
    found = explanation.field_errors(error, visit(), known=known)
    assert found.keys() == {"account", "order_digest", "days", ""}
    assert found["days"] == "This is not valid"
    assert found[""].startswith("page_token: ")
    signed = InvalidFields("INVALID_MESSAGE", fields={"sanction.signature.signature": "CHARACTER"})
    assert "Check this machine's clock" in explanation.field_errors(signed, visit(), known=known)[""]
