"""When a list of accounts can be read, and by whom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from idvault.session.inquiry import rules
from idvault.session.inquiry.rules import FoundAccount, Inquiry
from idvault_verify import secret
from idvault_verify.account import AccountState
from idvault_verify.error import PreconditionError, Reason
from tools.support.builders import NOW, PERSON, TODAY, TOKEN

TICK = timedelta(microseconds=1)
READY = NOW + timedelta(hours=72)
INQUIRY = Inquiry("a" * 32, b"h" * 32, NOW)


def test_an_inquiry_lasts_a_quarter_of_an_hour() -> None:
    """To the microsecond."""
    rules.check_alive(inquiry=INQUIRY, now=NOW + rules.LIFETIME - TICK)
    with pytest.raises(PreconditionError) as refused:
        rules.check_alive(inquiry=INQUIRY, now=NOW + rules.LIFETIME)
    assert refused.value.reason is Reason.SESSION_EXPIRED


def test_a_list_is_ready_after_72_hours_and_for_14_days() -> None:
    """Nobody reads one that was not asked for, or too early, or too late."""
    assert rules.ready_at(asked_at=NOW) == READY
    assert not rules.is_ready(asked_at=None, now=READY)
    assert not rules.is_ready(asked_at=NOW, now=READY - TICK)
    assert rules.is_ready(asked_at=NOW, now=READY)
    over = READY + timedelta(days=14)
    assert rules.present(asked_at=None, now=READY) is None
    assert rules.present(asked_at=NOW, now=over - TICK) == NOW
    assert rules.present(asked_at=NOW, now=over) is None
    assert rules.is_ready(asked_at=NOW, now=over - TICK)
    assert not rules.is_ready(asked_at=NOW, now=over)
    assert rules.over_before(now=over) == NOW


def test_only_a_browser_that_saw_the_list_disowns() -> None:
    """Neither before the list was shown, nor once it is cancelled."""
    shown = replace(INQUIRY, shown_at=READY)
    rules.check_shown(inquiry=shown, asked_at=NOW, now=READY)
    for inquiry, asked_at in ((INQUIRY, NOW), (shown, None)):
        with pytest.raises(PreconditionError) as refused:
            rules.check_shown(inquiry=inquiry, asked_at=asked_at, now=READY)
        assert refused.value.reason is Reason.LIST_NOT_READY


def test_an_expiry_counts_before_it_is_stored() -> None:
    """The list says the same as the account's status."""
    found = FoundAccount(
        TOKEN, "platform-a", PERSON, AccountState.VERIFIED, TODAY, TODAY + timedelta(days=1), False, False
    )
    assert rules.state(account=found, today=TODAY) is AccountState.VERIFIED
    assert rules.state(account=found, today=TODAY + timedelta(days=1)) is AccountState.EXPIRED
    assert rules.state(account=replace(found, expire_date=None), today=TODAY) is AccountState.VERIFIED


def test_handles_lead_to_no_token() -> None:
    """They differ in each browser, and neither they nor the id of an inquiry show the browser's key."""
    key, other = secret.make(b"k" * 16), secret.make(b"o" * 16)
    handles = {secret.account_handle(each, account_token=TOKEN) for each in (key, other)}
    assert len(handles) == 2
    assert all(secret.is_secret(each) for each in handles)
    assert secret.inquiry_id(key) != secret.inquiry_id(other)
    assert len(secret.inquiry_id(key)) == 32
    with pytest.raises(ValueError, match="non-hexadecimal"):
        bytes.fromhex(key)
