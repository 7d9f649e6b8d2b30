"""A notice about nobody costs the same statements as one about somebody, over both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from idvault.account.store import forgetting, joining, parting
from idvault.account.store import notice as account_notice
from idvault.account.store import person as account_person
from idvault.core.db.statement import Statement
from idvault.notice import store
from idvault_verify.notice import NoticeKind, RegistryNotice
from tests.storage.hooks import before_statements
from tests.storage.plans import plan_of
from tools.support import builders
from tools.support.notice_world import NoticeWorld, notice, notice_id, person, resident

ANNA = person(1)
KINDS = (NoticeKind.PERSON_ENDED, NoticeKind.NAME_CHANGED, NoticeKind.NUMBER_REPLACED)


@contextmanager
def sent(world: NoticeWorld) -> Iterator[list[str]]:
    """Note the texts of the statements of the block."""
    texts: list[str] = []
    with before_statements(world.database, texts.append):
        yield texts


def made(number: int, kind: NoticeKind, who: int) -> RegistryNotice:
    """Return a notice about a person."""
    new = resident(50 + number) if kind is NoticeKind.NUMBER_REPLACED else None
    return notice(number, kind, resident(who), new_document=new)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_notice_about_nobody_sends_the_same_statements(world: NoticeWorld, kind: NoticeKind) -> None:
    """Whether one person, several accounts or nobody is known; the answers are equal, too."""
    for _ in range(3):
        await world.sign_up(ANNA)
    found, answers = [], []
    for number, who in enumerate((1, 40, 1, 41)):
        with sent(world) as texts:
            answers.append(await world.submit(made(number, kind, who)))
        found.append(texts)
    assert found[0] == found[1] == found[2] == found[3]
    assert len(found[0]) >= 7
    assert set(answers) == {1}


async def test_a_reversal_sends_the_same_statements(world: NoticeWorld) -> None:
    """Of a notice about somebody, and about nobody."""
    await world.sign_up(ANNA)
    await world.submit(made(1, NoticeKind.PERSON_ENDED, 1), made(2, NoticeKind.PERSON_ENDED, 40))
    found = []
    for number in (1, 2):
        with sent(world) as texts:
            await world.submit(notice(10 + number, NoticeKind.REVERSED, reversed_id=notice_id(number)))
        found.append(texts)
    assert found[0] == found[1]


_PERSON = {"party": "platform-a", "person_id": "a" * 32}
_PAIRS = [("platform-a", "a" * 32, "b" * 32)]
STATEMENTS: dict[str, tuple[Statement[Any], dict[str, Any], str]] = {
    "find": (store._FIND, {"sought": [("platform-a", b"i" * 32, 0)]}, "persons"),
    "formers": (store._WITH_FORMERS, {"given": [("platform-a", "a" * 32)]}, "persons"),
    "accounts": (store._ACCOUNTS, {"given": [("platform-a", "a" * 32)]}, "accounts"),
    "marked": (store._MARKED, {"notice": "a" * 32}, "persons"),
    "flag": (store._FLAG, {"given": [("platform-a", "a" * 32)]}, "persons"),
    "unflag": (store._UNFLAG, {"given": [("platform-a", "a" * 32)]}, "persons"),
    "marks of a person": (account_person.MARKS_OF, _PERSON, "persons"),
    "closings": (account_person.CLOSINGS_OF_KIN, _PERSON, "sanctions"),
    "those of newer numbers": (forgetting.LOCK_LED, {"given": [("platform-a", "a" * 32)]}, "persons"),
    "nobody's numbers": (forgetting.FORGET_NUMBERS, {"given": [("platform-a", "a" * 32)]}, "persons"),
    "nobody's marks": (forgetting.FORGET_MARKS, {"given": [("platform-a", "a" * 32)]}, "person_marks"),
    "former persons of pairings": (parting.LOCK_BELOW, {"pairs": _PAIRS}, "persons"),
    "what reaches them": (parting.INHERITED, {"pairs": _PAIRS}, "person_marks"),
    "their days": (parting.STAY, {"said": _PAIRS}, "account_notices"),
    "their ends": (parting.FREE, {"said": _PAIRS}, "person_marks"),
    "pairings that count": (store.COUNTING, {"marks": _PAIRS, "signer": "a" * 32}, "person_marks"),
    "pairings that stand": (store.STANDING, {"marks": _PAIRS}, "person_marks"),
    "pairings that are replaced": (store.END, {"ended": _PAIRS}, "person_marks"),
    "pairings of a notice": (store.PAIRED, {"notice": "a" * 32}, "person_marks"),
    "both of a pairing": (store.LOCK_BOTH, {"given": [("platform-a", "a" * 32)]}, "persons"),
    "pairings of two who are one": (joining._UNPAIR, {**_PERSON, "former": "b" * 32}, "person_marks"),
    "days taken over": (
        account_notice.TAKE_OVER,
        {"notice": "a" * 32, "kept": [("platform-a", "b" * 32)]},
        "account_notices",
    ),
    "due": (account_notice.DUE, {"today": builders.TODAY, "limit": 9}, "account_notices"),
    "pairings": (store.DUE_PAIRINGS, {"before": builders.NOW, "limit": 9}, "person_marks"),
    "contest": (store._CONTEST, {**_PERSON, "now": builders.NOW}, "person_marks"),
    **{
        f"{name} of a former number": (move, {**_PERSON, "former": "b" * 32}, table)
        for (name, move), table in zip(
            joining.MOVES.items(),
            (
                "accounts",
                "persons",
                "public_account_versions",
                "waiting_disavowals",
                "disavowals",
                "public_accounts",
                "sanctions",
                "accounts",
                "person_marks",
                "person_marks",
                "person_marks",
            ),
            strict=True,
        )
    },
    "forget": (forgetting.FORGET, {"given": [("platform-a", "a" * 32)]}, "persons"),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_no_table_is_scanned(world: NoticeWorld, name: str) -> None:
    """Persons and accounts are found by an index, whichever database plans."""
    asked, parameters, table = STATEMENTS[name]
    plan = await plan_of(world.database, asked, **parameters)
    for each in (table, "person_marks"):
        assert f"SCAN {each}" not in plan, plan
