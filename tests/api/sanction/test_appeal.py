"""Appeals over a real channel and a real database, called by both clients."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import idvault_client
from idvault.core.telemetry.logs import Logs
from idvault_client import Reason
from idvault_client.errors import AccessDenied, InvalidFields, NotFound, PreconditionFailed
from idvault_client.sanctions import AccountAppeal, AccountSanction, AppealState, Degree, ModeratorKey
from idvault_verify import deadline
from idvault_verify.account import Standing
from idvault_verify.v1 import sanction_pb2 as pb
from tests.api.sanction.conftest import AskSanctions, moderator, violations
from tests.support.refusal import refused
from tools.support.builders import ZONE
from tools.support.sanction_world import SanctionWorld, reasons

TEXT = "It was satire, 请看全文 (synthetic)"
A_REQUEST = str(uuid4())
UPHELD = pb.Appeal.STATE_UPHELD


async def warned(world: SanctionWorld, ask: AskSanctions) -> tuple[AccountSanction, list[ModeratorKey]]:
    """Return a sanction, who imposed it, and another moderator."""
    keys = [await moderator(world), await moderator(world)]
    made = await ask("impose", await world.account(), Degree.WARN, reasons(), key=keys[0])
    return made, keys


async def test_an_appeal_from_end_to_end(world: SanctionWorld, ask: AskSanctions) -> None:
    """Filed, read with its text, decided by another moderator, and told in the account's status."""
    made, keys = await warned(world, ask)
    filed: AccountAppeal = await ask("file_appeal", made.sanction_id, TEXT)
    assert (filed.state, filed.sanction_id, filed.account_token, filed.text, filed.overdue) == (
        AppealState.FILED,
        made.sanction_id,
        made.account_token,
        "",
        False,
    )
    assert filed.due_time == deadline.due_at(start=filed.file_time, days=15, zone=ZONE)
    read = await ask("get_appeal", filed.appeal_id)
    assert (read.text, read.text_delete_time) == (TEXT, None)
    assert "satire" not in repr(read)
    own = await refused(
        ask("decide_appeal", filed, AppealState.UPHELD, "read again", sanction=made, key=keys[0])
    )
    assert (type(own), own.reason) == (AccessDenied, Reason.SELF_APPROVAL)
    upheld: AccountAppeal = await ask(
        "decide_appeal", filed, AppealState.UPHELD, "read again", sanction=made, key=keys[1]
    )
    assert (upheld.state, upheld.reason, upheld.decide_moderator_id, upheld.outside_body) == (
        AppealState.UPHELD,
        "read again",
        keys[1].moderator_id,
        "",
    )
    assert upheld.decide_time is not None
    assert upheld.text_delete_time == deadline.due_at(start=upheld.decide_time, days=90, zone=ZONE)
    assert (await ask("get_status", made.account_token)).standing is Standing.GOOD
    assert (await ask("get", made.sanction_id)).state.value == "OVERTURNED"
    told = await refused(ask("decide_appeal", filed, AppealState.REJECTED, "no", sanction=made, key=keys[1]))
    assert (type(told), told.states) == (PreconditionFailed, ("UPHELD", "REJECTED"))


async def test_what_does_not_exist(world: SanctionWorld, ask: AskSanctions) -> None:
    """Unknown sanctions and appeals, and text that is not text."""
    made, keys = await warned(world, ask)
    filed = await ask("file_appeal", made.sanction_id, TEXT)
    for work, reason in (
        (ask("file_appeal", "f" * 32, TEXT), Reason.SANCTION_NOT_FOUND),
        (ask("get_appeal", "f" * 32), Reason.APPEAL_NOT_FOUND),
    ):
        unknown = await refused(work)
        assert (type(unknown), unknown.reason) == (NotFound, reason)
    for text in ("", "\ud800", "a\0b"):
        wrong = await refused(ask("file_appeal", made.sanction_id, text))
        assert isinstance(wrong, InvalidFields)
        assert list(wrong.fields) == ["text"]
    late = await refused(ask("decide_appeal", filed, AppealState.FILED, "x", sanction=made, key=keys[1]))
    assert isinstance(late, InvalidFields)
    assert dict(late.fields) == {"verdict": "CHARACTER"}


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("FileAppeal", pb.FileAppealRequest(request_id=A_REQUEST, text="x"), "sanction_id"),
        ("FileAppeal", pb.FileAppealRequest(request_id="a", sanction_id="f" * 32, text="x"), "request_id"),
        (
            "DecideAppeal",
            pb.DecideAppealRequest(request_id=A_REQUEST, verdict=UPHELD),
            "appeal_id",
        ),
        ("DecideAppeal", pb.DecideAppealRequest(request_id=A_REQUEST, appeal_id="f" * 32), "verdict"),
        (
            "DecideAppeal",
            pb.DecideAppealRequest(
                request_id=A_REQUEST, appeal_id="f" * 32, verdict=pb.Appeal.STATE_REJECTED
            ),
            "signature.moderator_id",
        ),
        ("GetAppeal", pb.GetAppealRequest(appeal_id="F" * 32), "appeal_id"),
        ("ListAppeals", pb.ListAppealsRequest(page_size=1_001), "page_size"),
        ("ListAppeals", pb.ListAppealsRequest(page_token="f" * 32), "page_token"),
        ("ListAppeals", pb.ListAppealsRequest(state=99), "state"),  # type: ignore[arg-type]
        ("ListAppeals", pb.ListAppealsRequest(state=UPHELD, overdue=True), "state"),
        ("ListAppeals", pb.ListAppealsRequest(account_token="acct_1"), "account_token"),
    ],
)
async def test_a_request_is_checked(
    edge: tuple[str, idvault_client.Tls], method: str, request_: Any, field: str
) -> None:
    """One wrong field of a request without our client is named."""
    assert list(await violations(edge, method, request_)) == [field]


async def test_no_log_line_has_a_text(
    world: SanctionWorld, ask: AskSanctions, logs: Logs, tmp_path: Path
) -> None:
    """Neither of an appeal that is filed and read, nor of one that is refused."""
    made, _ = await warned(world, ask)
    filed = await ask("file_appeal", made.sanction_id, TEXT)
    await ask("get_appeal", filed.appeal_id)
    await refused(ask("file_appeal", made.sanction_id, TEXT))
    await refused(ask("file_appeal", made.sanction_id, TEXT * 200))
    logs.access.flush()
    lines = (tmp_path / "serve.jsonl").read_text("utf-8")
    assert (lines.count("FileAppeal"), lines.count("GetAppeal")) == (3, 1)
    assert "satire" not in lines
    assert "请看全文" not in lines
