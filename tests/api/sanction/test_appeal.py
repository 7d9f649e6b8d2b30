"""Appeals over a real channel and a real database, called by both clients."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from idvault.core.telemetry.logs import Logs
from idvault_client.sanctions import AccountAppeal, AccountSanction, AppealState, Degree, ModeratorKey
from idvault_verify import deadline
from idvault_verify.account import Standing
from idvault_verify.v1 import sanction_pb2 as pb
from tests.api.sanction.conftest import moderator, status, violations
from tests.support.both_clients import AskClient
from tests.support.refusal import refused
from tests.support.served import Served
from tools.support.builders import ZONE
from tools.support.sanction_world import SanctionWorld, reasons

TEXT = "It was satire, 请看全文 (synthetic)"
A_REQUEST = str(uuid4())
UPHELD = pb.Appeal.STATE_UPHELD


async def warned(world: SanctionWorld, ask: AskClient) -> tuple[AccountSanction, list[ModeratorKey]]:
    """Return a sanction, who imposed it, and another moderator."""
    keys = [await moderator(world), await moderator(world)]
    made = await ask("impose", await world.account(), Degree.WARN, reasons(), key=keys[0])
    return made, keys


async def test_an_appeal_from_end_to_end(world: SanctionWorld, ask: AskClient, edge: Served) -> None:
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
    assert (await status(edge, made.account_token)).standing is Standing.GOOD
    assert (await ask("get", made.sanction_id)).state.value == "OVERTURNED"


FILE, DECIDE = pb.FileAppealRequest, pb.DecideAppealRequest
GET, LIST = pb.GetAppealRequest, pb.ListAppealsRequest
REJECTED = pb.Appeal.STATE_REJECTED
WRONG: list[tuple[str, Any, str]] = [
    ("FileAppeal", FILE(request_id=A_REQUEST, text="x"), "sanction_id"),
    ("FileAppeal", FILE(request_id="a", sanction_id="f" * 32, text="x"), "request_id"),
    ("DecideAppeal", DECIDE(request_id=A_REQUEST, verdict=UPHELD), "appeal_id"),
    ("DecideAppeal", DECIDE(request_id=A_REQUEST, appeal_id="f" * 32), "verdict"),
    (
        "DecideAppeal",
        DECIDE(request_id=A_REQUEST, appeal_id="f" * 32, verdict=pb.Appeal.STATE_FILED),
        "verdict",
    ),
    (
        "DecideAppeal",
        DECIDE(request_id=A_REQUEST, appeal_id="f" * 32, verdict=REJECTED),
        "signature.moderator_id",
    ),
    ("GetAppeal", GET(appeal_id="F" * 32), "appeal_id"),
    ("ListAppeals", LIST(page_size=1_001), "page_size"),
    ("ListAppeals", LIST(page_token="f" * 32), "page_token"),
    ("ListAppeals", LIST(state=99), "state"),  # type: ignore[arg-type]
    ("ListAppeals", LIST(state=UPHELD, overdue=True), "state"),
    ("ListAppeals", LIST(account_token="acct_1"), "account_token"),
]


async def test_a_request_is_checked(edge: Served) -> None:
    """One wrong field of a request without our client is named."""
    for method, asked, field in WRONG:
        assert list(await violations(edge, method, asked)) == [field], field


async def test_no_log_line_has_a_text(
    world: SanctionWorld, ask: AskClient, logs: Logs, tmp_path: Path
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
