"""What the desk previews as "What the owner reads" is what "My identity" shows of the same sanction."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from html import unescape

import grpc
import pytest

from idvault.web.identity.view import IdentityView
from idvault.web.render import View
from idvault_client.backend.blocking.vault import Vault
from idvault_client.backend.signing import statement_message
from idvault_client.pages.rendering import saying
from idvault_client.sanctions import (
    AuthorityOrder,
    Automation,
    Degree,
    IssuerKind,
    ModeratorKey,
    Origin,
    StatementOfReasons,
)
from idvault_client.tip_offs import UpheldSanction
from idvault_people.console.texts import CONSOLE
from idvault_people.console.visit import Visit
from idvault_people.moderation import readers
from idvault_people.moderation.texts import TEXTS
from idvault_people.moderation.workplace import Workplace
from idvault_verify.v1 import identity_pb2, sanction_pb2, session_pb2
from tools.support.builders import ZONE
from tools.support.flow_world import PARTY
from tools.support.sanction_world import reasons

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
# The end of 16 December in the operator's zone; and a time within a day.
DAY_ENDS = datetime(2026, 12, 16, 16, tzinfo=UTC)
WITHIN = datetime(2026, 12, 16, 4, 30, tzinfo=UTC)
SANCTION, PUBLIC = "2" * 32, "0123456789abcdef" * 2
ORDER = AuthorityOrder("an authority (synthetic)", "2026-7", date(2026, 11, 30), bytes(32))
KINDS = {
    "a warning on own initiative": (Degree.WARN, "", reasons(detection=Automation.FULL)),
    "a limit by a report": (Degree.LIMIT, "", reasons(origin=Origin.TIP_OFF, end_at=DAY_ENDS)),
    "a suspension for part of a day": (Degree.SUSPEND, PUBLIC, reasons(end_at=WITHIN, territory="all of it")),
    "a closing by an order": (
        Degree.CLOSE,
        "",
        reasons(
            origin=Origin.AUTHORITY,
            detection=Automation.NONE,
            decision=Automation.PARTIAL,
            issuer_kind=IssuerKind.AUTHORITY,
            order=ORDER,
        ),
    ),
}
TITLE = "Example Chat"
# What no preview has: what becomes of it, and when it was decided.
LATER = {"en": ("State", "Decided"), "zh": ("状态", "决定时间")}
UNTIL = {"en": "Until", "zh": "适用至"}


def on_my_identity(
    degree: Degree, public: str, statement: StatementOfReasons, language: str
) -> list[tuple[str, str]]:
    """Return the rows of the hosted page, in its order."""
    kinds = sanction_pb2.Sanction
    made = kinds(sanction_id=SANCTION, degree=kinds.Degree.Value(f"DEGREE_{degree}"))
    made.state, made.public_account_id = kinds.STATE_IN_FORCE, public
    made.impose_time.FromDatetime(NOW)
    made.statement.CopyFrom(statement_message(statement))
    found = session_pb2.SessionPage(session_id="0" * 32, platform_title=TITLE)
    view = IdentityView(view=View(language=language, now=NOW, zone=ZONE), found=found, zone=ZONE)
    text = view.appeal(identity_pb2.Identity(sanctions=[made]), SANCTION).text
    assert text is not None
    pairs = re.findall(r"<dt>(.*?)</dt>\s*<dd>(.*?)</dd>", text, re.S)
    return [(unescape(name), unescape(value)) for name, value in pairs if name not in LATER[language]]


@pytest.fixture
def workplace() -> Iterator[Workplace]:
    """Return a desk in the operator's zone, which calls nobody for a preview."""
    with Vault(grpc.insecure_channel("127.0.0.1:9"), timeout=1.0) as vault:
        yield Workplace(vault=vault, key=ModeratorKey.generate(PARTY), zone=ZONE)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_preview_is_what_the_owner_reads(workplace: Workplace, kind: str, language: str) -> None:
    """Name by name and value by value, but for the platform's title, which the desk does not know.

    A time within a day has its zone as each page writes it.
    """
    degree, public, statement = KINDS[kind]
    visit = Visit(language=language, say=saying({**CONSOLE, **TEXTS}, language))
    wanted = UpheldSanction(
        account_token="1" * 64, degree=degree, statement=statement, public_account_id=public
    )
    read = dict(on_my_identity(degree, public, statement, language))
    rows = readers.owner_of_sanction(wanted, place=workplace, visit=visit)
    told = {name: TITLE if value == PARTY else value for name, value in rows}
    assert list(told) == list(read)
    if statement.end_at == WITHIN:
        ends = [each.pop(UNTIL[language]) for each in (told, read)]
        day = {"en": "16 Dec", "zh": "12月16日"}[language]
        assert all(day in each and "2026" in each and "12:30" in each for each in ends), ends
    assert told == read
