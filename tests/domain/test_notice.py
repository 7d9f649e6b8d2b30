"""The rules of notices: what a notice must have, whom it ends, and on which day."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idvault.account import rules as account_rules
from idvault.account.rules import Mark, Pairing
from idvault.notice import rules
from idvault.notice.rules import KeptNotice
from idvault_verify import notice as notices
from idvault_verify.account import AccountState
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import AlreadyExistsError, InvalidError
from idvault_verify.notice import NoticeKeyError, NoticeKind, RegistryNotice
from tools.support import builders, organizations
from tools.support.builders import TODAY

ID = "0123456789abcdef" * 2
ANNA = Document(DocumentType.RESIDENT_ID, builders.NUMBER)
OTHER = Document(DocumentType.FOREIGN_PERMANENT_RESIDENT, builders.NUMBER)
FIRM = organizations.organization().document
DAY = timedelta(days=1)
GOOD = [
    RegistryNotice(ID, NoticeKind.PERSON_ENDED, TODAY, ANNA),
    RegistryNotice(ID, NoticeKind.NAME_CHANGED, TODAY - DAY, ANNA),
    RegistryNotice(ID, NoticeKind.NUMBER_REPLACED, TODAY, ANNA, OTHER),
    RegistryNotice(ID, NoticeKind.ORGANIZATION_ENDED, TODAY, FIRM),
    RegistryNotice(ID, NoticeKind.REPRESENTATIVE_CHANGED, TODAY, FIRM),
    RegistryNotice(ID, NoticeKind.REVERSED, TODAY, reversed_id="f" * 32),
]
BAD = [
    (RegistryNotice("x" * 32, NoticeKind.PERSON_ENDED, TODAY, ANNA), "notice_id"),
    (RegistryNotice(ID[1:], NoticeKind.PERSON_ENDED, TODAY, ANNA), "notice_id"),
    (RegistryNotice(ID, NoticeKind.PERSON_ENDED, TODAY + DAY, ANNA), "day"),
    (RegistryNotice(ID, NoticeKind.PERSON_ENDED, TODAY), "document"),
    (RegistryNotice(ID, NoticeKind.PERSON_ENDED, TODAY, FIRM), "document"),
    (RegistryNotice(ID, NoticeKind.ORGANIZATION_ENDED, TODAY, ANNA), "document"),
    (RegistryNotice(ID, NoticeKind.REVERSED, TODAY, ANNA, reversed_id=ID), "document"),
    (RegistryNotice(ID, NoticeKind.REVERSED, TODAY), "reversed_notice_id"),
    (RegistryNotice(ID, NoticeKind.REVERSED, TODAY, reversed_id="f"), "reversed_notice_id"),
    (RegistryNotice(ID, NoticeKind.PERSON_ENDED, TODAY, ANNA, reversed_id=ID), "reversed_notice_id"),
    (RegistryNotice(ID, NoticeKind.PERSON_ENDED, TODAY, ANNA, OTHER), "new_document"),
    (RegistryNotice(ID, NoticeKind.NUMBER_REPLACED, TODAY, ANNA), "new_document"),
    (RegistryNotice(ID, NoticeKind.NUMBER_REPLACED, TODAY, ANNA, FIRM), "new_document"),
    (RegistryNotice(ID, NoticeKind.NUMBER_REPLACED, TODAY, ANNA, ANNA), "new_document"),
]


@pytest.mark.parametrize("notice", GOOD, ids=lambda notice: str(notice.kind))
def test_each_kind_has_its_documents(notice: RegistryNotice) -> None:
    """What a kind has is accepted, also from days before."""
    notice.check(today=TODAY)


@pytest.mark.parametrize(("notice", "field"), BAD)
def test_another_form_is_refused(notice: RegistryNotice, field: str) -> None:
    """The refusal names the field, and no value."""
    with pytest.raises(InvalidError) as refused:
        notice.check(today=TODAY)
    assert [each.field for each in refused.value.violations] == [field]
    assert builders.NUMBER not in repr(notice)


@pytest.mark.parametrize("text", ["", "AAAA", "A" * 43 + "=", "\u00e9" * 44])
def test_a_key_that_is_none_is_refused(text: str) -> None:
    """Another length, another alphabet, and a point of small order."""
    with pytest.raises(NoticeKeyError, match="must be an Ed25519 public key"):
        notices.public_key(text)


def test_a_key_is_read() -> None:
    """In base64 with padding."""
    assert notices.public_key("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")[0] == 0xD7


WINDOWS = {
    NoticeKind.PERSON_ENDED: (1, 30),
    NoticeKind.NUMBER_REPLACED: (60, 120),
    NoticeKind.NAME_CHANGED: (60, 120),
    NoticeKind.ORGANIZATION_ENDED: (0, 0),
    NoticeKind.REPRESENTATIVE_CHANGED: (30, 30),
}


@given(kind=st.sampled_from(sorted(WINDOWS)), seeds=st.lists(st.binary(min_size=8, max_size=8), max_size=40))
@example(kind=NoticeKind.PERSON_ENDED, seeds=[bytes(8)] * 31)
def test_days_differ_as_long_as_there_are_any(kind: NoticeKind, seeds: list[bytes]) -> None:
    """Each is within the time of its kind, and two are equal only if all are taken."""
    first, last = WINDOWS[kind]
    drawn: list[int] = []
    for seed in seeds:
        drawn.append((rules.draw(kind=kind, seed=seed, taken=drawn_days(drawn), today=TODAY) - TODAY).days)
    assert all(first <= each <= last for each in drawn)
    assert len(set(drawn)) == min(len(drawn), last - first + 1)


def drawn_days(drawn: list[int]) -> set[date]:
    """Return the days that are taken."""
    return {TODAY + each * DAY for each in drawn}


@pytest.mark.parametrize("kind", WINDOWS)
def test_every_day_is_drawn(kind: NoticeKind) -> None:
    """The seed decides, evenly."""
    first, last = WINDOWS[kind]
    days = {
        (rules.draw(kind=kind, seed=each.to_bytes(8, "big"), taken=(), today=TODAY) - TODAY).days
        for each in range(200)
    }
    assert days == set(range(first, last + 1))


def test_what_is_kept_is_compared() -> None:
    """An id that was used for something else is refused."""
    kept = KeptNotice(ID, NoticeKind.PERSON_ENDED, TODAY)
    rules.check_same(kept=kept, again=kept)
    with pytest.raises(AlreadyExistsError):
        rules.check_same(kept=kept, again=KeptNotice(ID, NoticeKind.NAME_CHANGED, TODAY))


def test_only_a_notice_is_reversed() -> None:
    """One that the vault has had, and no reversal."""
    rules.check_reversible(former=KeptNotice(ID, NoticeKind.PERSON_ENDED, TODAY))
    for former in (None, KeptNotice(ID, NoticeKind.REVERSED, TODAY)):
        with pytest.raises(InvalidError):
            rules.check_reversible(former=former)


@pytest.mark.parametrize("expires", [TODAY - DAY, TODAY, TODAY + DAY, None])
def test_a_verification_ends_at_the_latest_today(expires: object) -> None:
    """An earlier end stays; the revision grows by one."""
    before = builders.account(state=AccountState.VERIFIED, expire_date=expires, revision=3)
    after = account_rules.end(account=before, today=TODAY)
    assert after.expire_date == (TODAY - DAY if expires == TODAY - DAY else TODAY)
    assert (after.state, after.revision) == (AccountState.EXPIRED, 4)


@pytest.mark.parametrize("state", sorted(set(AccountState) - {AccountState.VERIFIED}))
def test_no_other_account_ends(state: AccountState) -> None:
    """There is nothing to end."""
    before = builders.account(state=state)
    assert account_rules.end(account=before, today=TODAY) == before


def test_marks_tell_of_whom_they_are() -> None:
    """An end counts for the person alone; a former person is one whose accounts may be renewed."""
    marks = [
        Mark("new", NoticeKind.NUMBER_REPLACED, "old"),
        Mark("old", NoticeKind.NUMBER_REPLACED, "oldest"),
        Mark("old", NoticeKind.PERSON_ENDED),
        Mark("firm", NoticeKind.ORGANIZATION_ENDED),
    ]
    ended = {
        who for who in ("new", "old", "oldest", "firm") if account_rules.is_ended(marks=marks, person_id=who)
    }
    assert ended == {"old", "firm"}
    assert account_rules.formers(marks=marks, person_id="new") == {"old", "oldest"}
    assert account_rules.formers(marks=marks, person_id="old") == {"oldest"}
    contested = [replace(marks[0], contested=True), *marks[1:]]
    assert account_rules.formers(marks=contested, person_id="new") == set()
    contested = [marks[0], replace(marks[1], contested=True), *marks[2:]]
    assert account_rules.formers(marks=contested, person_id="new") == {"old"}


def test_numbers_that_replaced_each_other_lead_round_once() -> None:
    """Whoever they belong to, each may renew the accounts of the other."""
    marks = [
        Mark("one", NoticeKind.NUMBER_REPLACED, "two"),
        Mark("two", NoticeKind.NUMBER_REPLACED, "one"),
    ]
    assert account_rules.formers(marks=marks, person_id="one") >= {"two"}


def test_a_pairing_is_new_again_or_replaced() -> None:
    """By who is paired; the notice that said so is no part of that. The newest notice counts."""
    said = [Pairing("a", "new", "old"), Pairing("b", "new", "old"), Pairing("c", "new", "old")]
    standing = [
        Pairing("a", "new", "old", "n" * 32),
        Pairing("b", "other", "old", "n" * 32),
        Pairing("b", "old", "new", "n" * 32),
    ]
    found = rules.pair(pairs=said, standing=standing)
    assert [found.made, found.again, found.ended] == [said[1:], standing[:1], standing[1:]]
    assert [each.notice_id for each in found.again] == ["n" * 32]
