"""The enterprise adapter against the mock registry, and the placeholder for a missing registry."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from idvault.registry import enterprise, nppa
from idvault.registry.absent import AbsentRegistry
from idvault.registry.enterprise import EnterpriseRegistry
from idvault.registry.nppa import InsecureUrlError
from idvault_verify.document import DocumentType
from idvault_verify.registry import RegistryAnswer
from tests.support.mock_registry import CREDENTIALS, ai, real_time
from tests.support.registry_session import RegistrySession, registry_session
from tools.support.organizations import organization

PATIENCE = 5.0


@pytest.fixture
async def session(tmp_path: Path) -> AsyncIterator[RegistrySession]:
    """A mock registry with the adapter."""
    async with registry_session(tmp_path, "enterprise") as opened:
        yield opened


async def test_every_answer_is_one_of_the_vaults(session: RegistrySession) -> None:
    """Match, mismatch, no record and not operating are four answers; people's checks are not counted."""
    assert await session.check(1, session.known()) is RegistryAnswer.MATCH
    assert await session.check(2, organization()) is RegistryAnswer.NO_RECORD
    for number, kind in ((3, "deregistered"), (4, "licence_revoked")):
        assert await session.check(number, session.known(kind)) is RegistryAnswer.NOT_OPERATING
    counters = await session.registry.counters()
    assert (counters["enterprise_check"], counters["check"], counters["charged"]) == (4, 0, 4)


@pytest.mark.parametrize("kind", ["ordinary", "deregistered"])
async def test_an_element_that_differs_is_not_told(session: RegistrySession, kind: str) -> None:
    """Another name, representative's name or number: one answer, also of who does not operate."""
    known = session.known(kind)
    person, other = known.representative, session.known("brackets").representative
    assert person is not None
    assert other is not None
    for number, wrong in enumerate(
        (
            replace(known, name="虚构别名公司"),
            replace(known, representative=replace(person, name=other.name)),
            replace(known, representative=replace(person, document=other.document)),
            replace(known, representative=other),
        )
    ):
        assert await session.check(number, wrong) is RegistryAnswer.MISMATCH


async def test_without_a_representative_nothing_matches(session: RegistrySession) -> None:
    """A claim that has waited since before representatives is refused as illegal, and costs nothing."""
    waited = replace(session.known(), representative=None)
    assert await session.check(1, waited) is RegistryAnswer.INVALID_INPUT
    assert await session.count("charged") == 0


async def test_illegal_input_is_not_charged(session: RegistrySession) -> None:
    """A name that is too long and an invalid code are refused by the registry too."""
    for number, who in enumerate((organization(name="虚" * 51), organization(body="00000000"))):
        odd = who if number == 0 else replace(who, document=replace(who.document, number="9" * 18))
        assert await session.check(number, odd) is RegistryAnswer.INVALID_INPUT
    assert await session.count("charged") == 0


async def test_what_it_can_check(session: RegistrySession) -> None:
    """It checks credit codes with names of up to 50 code points, and has no queries."""
    adapter = session.adapter
    assert adapter.document_types == {DocumentType.UNIFIED_SOCIAL_CREDIT_CODE}
    assert (adapter.name_limit, adapter.can_query) == (50, False)
    assert await adapter.query(ai=ai(1), patience=PATIENCE) is RegistryAnswer.NOT_SENT
    assert (await session.registry.counters())["query"] == 0


async def test_a_probe_carries_no_name_and_costs_nothing(session: RegistrySession) -> None:
    """It is answered as a check would be: NOT_FOUND where one would be decided, else the refusal."""
    adapter = session.adapter
    assert await adapter.probe(ai=ai(1), patience=PATIENCE) is RegistryAnswer.NOT_FOUND
    assert await session.count("charged") == 0
    for mode, answer in (
        ("wrong_signature", RegistryAnswer.REJECTED_CALLER),
        ("maintenance", RegistryAnswer.UNKNOWN),
        ("down", RegistryAnswer.NOT_SENT),
    ):
        await session.registry.behave(mode)
        assert await adapter.probe(ai=ai(2), patience=PATIENCE) is answer


@pytest.mark.parametrize(("http_status", "code"), [(200, 0), (500, 2001), (200, 4711)])
def test_a_probe_that_is_not_refused_as_illegal(http_status: int, code: int) -> None:
    """A registry that decides a check without a name, fails, or answers something unknown: in doubt."""
    body = b'{"errcode": %d, "errmsg": "", "data": {"result": {"status": 0}}}' % code
    assert enterprise._read_probe(http_status, body) is RegistryAnswer.UNKNOWN


async def test_without_patience_or_a_listener_nothing_is_sent(session: RegistrySession) -> None:
    """Without time left, or with a refused connection, the answer is NOT_SENT."""
    adapter = session.adapter
    assert await adapter.check(ai=ai(1), identity=organization(), patience=0) is RegistryAnswer.NOT_SENT
    await session.registry.behave("down")
    assert await session.check(1, organization()) is RegistryAnswer.NOT_SENT


def test_its_base_url_is_https() -> None:
    """An unauthenticated answer must never verify anybody."""
    with pytest.raises(InsecureUrlError):
        EnterpriseRegistry(base="http://registry.example", credentials=CREDENTIALS, clock=real_time)


@pytest.mark.parametrize(
    ("http_status", "answer"),
    [
        (200, RegistryAnswer.MATCH),
        (201, RegistryAnswer.UNKNOWN),
        (302, RegistryAnswer.UNKNOWN),
        (500, RegistryAnswer.UNKNOWN),
    ],
)
def test_only_http_200_decides(http_status: int, answer: RegistryAnswer) -> None:
    """A complete positive answer with another status leaves the check in doubt."""
    assert nppa.meaning(http_status, 0, RegistryAnswer.MATCH) is answer


async def test_an_absent_registry_takes_nothing() -> None:
    """It checks no document and sends nothing."""
    absent = AbsentRegistry()
    assert (absent.document_types, absent.name_limit, absent.can_query) == (frozenset(), 1, True)
    assert await absent.check(ai=ai(1), identity=organization(), patience=PATIENCE) is RegistryAnswer.NOT_SENT
    assert await absent.query(ai=ai(1), patience=PATIENCE) is RegistryAnswer.NOT_SENT
    assert await absent.probe(ai=ai(1), patience=PATIENCE) is RegistryAnswer.NOT_SENT
