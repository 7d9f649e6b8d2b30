"""The demo's steps beside orders: a joint operation, a referred report, and one by telephone."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from idvault_client import NotFound, Vault
from idvault_client.sanctions import Degree, SanctionCategory
from idvault_client.tip_offs import TargetKind, TipOffChannel, TipOffOutcome, TipOffState, TipOffTarget
from tools.demo.order import OrderSteps
from tools.demo.sanction import STATEMENT
from tools.demo.step import DemoStep, check
from tools.demo.told import ToldSteps
from tools.support.sandbox import fetch

REFERRED = "who forged the seal, and where it is kept (synthetic)"
CALLED = "a caller says that the offer takes money and sends nothing (synthetic)"
_PLATFORMS = ("platform-a", "platform-b")
_REPLY = "We have passed it on to the authority (synthetic)."
# The zone of a vault that is not told another one.
_ZONE = ZoneInfo("Asia/Shanghai")


class AuthoritySteps:
    """An authority and a platform's moderator beside their orders."""

    def __init__(
        self,
        vault: Callable[[], Vault],
        ready: Callable[[], Mapping[str, Any]],
        order: OrderSteps,
        told: ToldSteps,
        *,
        scratch: Path,
    ) -> None:
        self._vault, self._ready, self._order, self._told = vault, ready, order, told
        self._said = scratch / "said.txt"

    def steps(self) -> list[DemoStep]:
        """Return each step with its printed name."""
        return [
            ("two platforms join an authority's operation, and it reads no count of one", self.cooperate),
            ("a webhook tells it of a referred report; it accepts, and reads no words", self.refer),
            ("a report by telephone has number, secret and the address of its reply", self.take_down),
            ("a code proves a reporter's address, and a mail tells the desk of the report", self._told.prove),
        ]

    def cooperate(self) -> None:
        """A sanction names the operation; its authority reads each platform's counts, one withheld."""
        today = datetime.now(_ZONE).date()
        days = ("--first-day", f"{today}", "--last-day", f"{today + timedelta(days=29)}")
        to = [part for each in _PLATFORMS for part in ("--platform", each)]
        begun = self._order.officer(
            "operation", "open", "--title", "A month against fraud (synthetic)", "--category", "FRAUD",
            *to, *days, code=True,
        )["operations"][0]  # fmt: skip
        operation_id = str(begun["operation_id"])
        check(
            self._counts(operation_id) == {each: {"reports": 0} for each in _PLATFORMS},
            "nothing should count yet",
        )
        with self._vault() as vault:
            operation = vault.sanctions.get_operation(operation_id)
            vault.sanctions.impose(
                self._order.account_token,
                Degree.WARN,
                replace(STATEMENT, category=SanctionCategory.FRAUD),
                key=self._order.key(),
                operation=operation,
            )
        counted = self._counts(operation_id)
        # 1 to 4 are told as nothing, which is not 0.
        check(counted["platform-a"] == {"WARN": None, "reports": 0}, f"one should be withheld: {counted}")
        check(counted["platform-b"] == {"reports": 0}, "another platform's count should be its own")

    def refer(self) -> None:
        """The authority is told, reads category and target, and accepts; then the reporter is told."""
        with self._vault() as vault:
            filed = vault.tip_offs.file(
                TipOffTarget(TargetKind.CONTENT, "post/7001"),
                SanctionCategory.FRAUD,
                REFERRED,
                channel=TipOffChannel.WEB,
            )
            vault.tip_offs.assign(filed.tip_off, key=self._order.key())
            referral = str(self._order.refer(filed.tip_off.tip_off_id, _REPLY)["referral"])
            self._told.check_hook("report_referred", unsaid=("post/7001", REFERRED, referral))
            listed = self._order.officer("referral", "list", "--state", "OPEN")["referrals"]
            [found] = [each for each in listed if each["referral_id"] == referral]
            check((found["category"], found["target"]) == ("FRAUD", "post/7001"), "it should read both")
            check(REFERRED not in json.dumps(listed), "it should not read what the reporter wrote")
            seen = vault.tip_offs.follow(filed.tip_off.reference, filed.secret)
            check(seen.state is TipOffState.ASSIGNED and not seen.reply, "nothing should be decided yet")
            taken = self._order.officer("referral", "accept", referral, "--yes", code=True)["referrals"][0]
            check(taken["state"] == "ACCEPTED", "the authority should have accepted")
            seen = vault.tip_offs.follow(filed.tip_off.reference, filed.secret)
            check(seen.outcome is TipOffOutcome.REFERRED, "the report should be decided")
            check(seen.reply == _REPLY, "the reporter should read where it is now")

    def take_down(self) -> None:
        """Number, secret and the page's address are for the caller; a wrong secret reads nothing."""
        self._said.write_text(f"{CALLED}\n", "utf-8")
        made = self._order.take(self._said, "--channel", "phone", "--content", "post/7002")
        check(made["page"] == self._ready()["pages"]["reporter's page"], "the whole address should be told")
        check(b"<form" in fetch(made["page"]), "the address should be that of a page")
        with self._vault() as vault:
            seen = vault.tip_offs.follow(made["number"], made["secret"])
            check(seen.state is TipOffState.RECEIVED, "the caller should read the state")
            try:
                vault.tip_offs.follow(made["number"], f"{(int(made['secret']) + 1) % 10**16:016}")
            except NotFound:
                return
        check(condition=False, text="a wrong secret should read nothing")

    def _counts(self, operation_id: str) -> dict[str, dict[str, int | None]]:
        shown = self._order.officer("operation", "show", operation_id)["operations"][0]
        counts: dict[str, dict[str, int | None]] = shown["counts"]
        return counts
