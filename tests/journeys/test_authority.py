"""An authority's officer and a platform's moderator with their commands, against a whole vault."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from idvault_client import Vault
from idvault_client.sanctions import SanctionCategory
from idvault_client.tip_offs import TargetKind, TipOffChannel, TipOffOutcome, TipOffTarget
from idvault_verify.attest import order as order_papers
from tests.support.console import visiting
from tests.support.house import House
from tools.demo.disclosure import DisclosureSteps
from tools.demo.order import OrderSteps
from tools.support import programs

STRANGER = "acct_" + "0" * 25 + "7"


@pytest.fixture
def steps(house: House, tmp_path: Path) -> OrderSteps:
    """What an officer and a moderator of the shared vault type."""
    disclosure = DisclosureSteps(scratch=tmp_path)
    return OrderSteps(house.vault, lambda: house.ready, disclosure, scratch=tmp_path)


def test_an_order_is_carried_out(steps: OrderSteps) -> None:
    """Signed, checked, acknowledged, and carried out by a sanction that names it."""
    steps.carry_out()


def test_an_order_is_objected_to_and_withdrawn(house: House, steps: OrderSteps, tmp_path: Path) -> None:
    """The authority reads the platform's reason, and the platform that the order is gone."""
    order_id = steps.issue(f"platform-a={STRANGER}")["order_id"]
    steps.answer("object", order_id, "--reason", "no such account", signs=True)
    (read,) = [each for each in steps.officer("list")["orders"] if each["order_id"] == order_id]
    assert (read["state"], read["objection"]) == ("OBJECTED", "no such account")
    file = tmp_path / "order.bin"
    (shown,) = steps.officer("show", order_id, "--out", str(file))["orders"]
    assert (shown["order_id"], file.stat().st_mode & 0o777) == (order_id, 0o600)
    assert order_papers.parse_order(file.read_bytes()).order_id == order_id
    (found,) = steps.officer("withdraw", order_id, "--reason", "by mistake", code=True)["orders"]
    assert (found["state"], found["withdrawn_because"]) == ("WITHDRAWN", "by mistake")
    listed = steps.moderator("list", "--state", "WITHDRAWN").stdout
    assert order_id in listed
    assert STRANGER not in listed
    refused = steps.moderator("show", "0" * 32, "--roster", house.ready["roster"], "--platform", "platform-a")
    assert (refused.returncode, "ORDER_NOT_FOUND" in refused.stderr) == (4, True)


def test_a_joint_operation_is_opened(vault: Vault, steps: OrderSteps, tmp_path: Path) -> None:
    """Each platform finds it among its operations, and the authority its counts."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    days = ("--first-day", str(tomorrow), "--last-day", str(tomorrow + timedelta(days=9)))
    more = ("--category", "FRAUD", "--platform", "platform-a", "--platform", "platform-b")
    begun = steps.officer("operation", "open", "--title", "Synthetic", *more, *days, code=True)
    (opened,) = begun["operations"]
    file = tmp_path / "operation.bin"
    (shown,) = steps.officer("operation", "show", opened["operation_id"], "--out", str(file))["operations"]
    assert order_papers.parse_operation(file.read_bytes()).operation_id == opened["operation_id"]
    assert list(shown["counts"]) == ["platform-a", "platform-b"]
    assert shown["counts"]["platform-a"]["reports"] == 0
    listed = [each["operation_id"] for each in steps.officer("operation", "list")["operations"]]
    assert opened["operation_id"] in listed
    assert any(each.title == "Synthetic" for each in vault.sanctions.list_operations().operations)


async def test_the_console_shows_what_the_commands_did(house: House, steps: OrderSteps) -> None:
    """Over the real edge: list, order, operations and second factor; the file goes at the end."""
    given = await asyncio.to_thread(steps.issue, f"platform-a={STRANGER}")
    folder = Path(house.ready["identities"]["authority-a"])
    before = ("--identity", folder, "--passphrase-file", steps.passphrase_file)
    started = programs.start(programs.PEOPLE, "authority", *before, "console", "--no-browser")
    try:
        assert "console.html in a browser" in await asyncio.to_thread(started.stdout.readline)
        async with visiting(folder / "console.html") as visitor:
            assert f"/orders/{given['order_id']}" in (await visitor.get("/")).text
            shown = await visitor.get(f"/orders/{given['order_id']}")
            assert (STRANGER in shown.words, "given, not acknowledged yet" in shown.words) == (True, True)
            assert (await visitor.get("/operations")).title == "Joint operations"
            own = await visitor.get("/own")
            assert "tries are left" in own.words
            await visitor.post("/end", own)
        out, err = await asyncio.to_thread(started.communicate, 30)
    finally:
        started.kill()
    assert (started.returncode, out, err) == (0, "console: ended\n", "")
    assert not (folder / "console.html").exists()


def test_a_report_is_referred(vault: Vault, steps: OrderSteps) -> None:
    """A moderator refers two reports; the authority lists them, accepts one, and declines the other."""
    made = []
    for number in range(2):
        target = TipOffTarget(TargetKind.CONTENT, f"post/{number}")
        filed = vault.tip_offs.file(
            target, SanctionCategory.FRAUD, "who says it (synthetic)", channel=TipOffChannel.WEB
        )
        vault.tip_offs.assign(filed.tip_off, key=steps.key())
        told = steps.refer(filed.tip_off.tip_off_id, "It was passed on (synthetic).")
        assert (told["state"], told["authority"]) == ("OPEN", "authority-a")
        made.append((filed, told["referral"]))
    (first, accepted), (second, declined) = made
    listed = {each["referral_id"]: each for each in steps.officer("referral", "list")["referrals"]}
    assert (listed[accepted]["target"], listed[accepted]["category"]) == ("post/0", "FRAUD")
    assert "who says it" not in json.dumps(listed)
    (taken,) = steps.officer("referral", "accept", accepted, "--yes", code=True)["referrals"]
    assert taken["state"] == "ACCEPTED"
    (left,) = steps.officer("referral", "decline", declined, "--yes", code=True)["referrals"]
    assert (left["state"], left["target"]) == ("DECLINED", None)
    followed = vault.tip_offs.follow(first.tip_off.reference, first.secret)
    assert (followed.outcome, followed.reply) == (TipOffOutcome.REFERRED, "It was passed on (synthetic).")
    assert vault.tip_offs.follow(second.tip_off.reference, second.secret).outcome is None
    shown = steps.officer("referral", "list", "--state", "ACCEPTED")["referrals"]
    assert accepted in [each["referral_id"] for each in shown]
