"""Each mode of the mock registry as the adapters see it, on both wires. All people are synthetic."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from idvault.registry.nppa import Credentials
from idvault_dev.mock_registry.server import Options
from idvault_verify import name
from idvault_verify.registry import RegistryAnswer
from tests.support.mock_registry import CREDENTIALS, SECRET_KEY, ai
from tests.support.registry_session import WIRES, RegistrySession, adapter, registry_session

OTHER_KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture(params=WIRES)
def wire(request: pytest.FixtureRequest) -> str:
    """Run the test with each wire."""
    return str(request.param)


@pytest.fixture
async def usual(tmp_path: Path, wire: str) -> AsyncIterator[RegistrySession]:
    """A registry that keeps unheard results, with the real interface's caps."""
    async with registry_session(tmp_path, wire) as opened:
        yield opened


@pytest.mark.parametrize("mode", ["half_answer", "lose_answer"])
async def test_an_answer_that_does_not_arrive(usual: RegistrySession, mode: str) -> None:
    """Half an answer or none leaves the caller in doubt; the check was decided and is charged once."""
    await usual.registry.behave(mode, count=1)
    assert await usual.check(1, usual.known()) is RegistryAnswer.UNKNOWN
    assert await usual.count("charged") == 1
    assert await usual.ask_again(1, usual.known()) is RegistryAnswer.MATCH
    assert await usual.count("charged") == 1


async def test_mode_wrong_signature(usual: RegistrySession) -> None:
    """Every call is refused as badly signed."""
    await usual.registry.behave("wrong_signature")
    assert await usual.check(1, usual.known()) is RegistryAnswer.REJECTED_CALLER
    assert await usual.ask_again(1, usual.known()) is RegistryAnswer.REJECTED_CALLER
    assert (await usual.count("refused_sign"), await usual.count("charged")) == (2, 0)


async def test_mode_maintenance(usual: RegistrySession) -> None:
    """Maintenance is errcode 1001 with HTTP status 503: the caller is in doubt, nothing is decided."""
    await _undecided(usual, "maintenance")


async def test_mode_source_error(usual: RegistrySession) -> None:
    """A source error is errcode 1001: the caller is in doubt, nothing is decided."""
    await _undecided(usual, "source_error")


async def _undecided(usual: RegistrySession, mode: str) -> None:
    await usual.registry.behave(mode, count=1)
    assert await usual.check(1, usual.known()) is RegistryAnswer.UNKNOWN
    assert await usual.count("charged") == 0
    if usual.adapter.can_query:
        assert await usual.ask_again(1, usual.known()) is RegistryAnswer.NOT_FOUND
    assert await usual.check(1, usual.known()) is RegistryAnswer.MATCH
    assert (await usual.count("charged"), await usual.count("duplicate_ai")) == (1, 0)


async def test_mode_in_progress(usual: RegistrySession) -> None:
    """A check in progress is polled until settled, and charged once then."""
    await usual.registry.behave("in_progress", count=1)
    assert await usual.check(1, usual.known()) is RegistryAnswer.IN_PROGRESS
    assert await usual.ask_again(1, usual.known()) is RegistryAnswer.IN_PROGRESS
    assert await usual.count("charged") == 0
    settle = {"ai": ai(1), "status": 0}
    assert await usual.registry.admin("POST", "/settle", settle) == (200, {"settled": ai(1)})
    assert (await usual.registry.admin("POST", "/settle", settle))[0] == 404
    assert await usual.ask_again(1, usual.known()) is RegistryAnswer.MATCH
    assert await usual.count("charged") == 1


async def test_in_progress_may_end_in_failure(usual: RegistrySession) -> None:
    """A settled failure is a mismatch."""
    await usual.registry.behave("in_progress", count=1)
    assert await usual.check(1, usual.known()) is RegistryAnswer.IN_PROGRESS
    await usual.registry.admin("POST", "/settle", {"ai": ai(1), "status": 2})
    assert await usual.ask_again(1, usual.known()) is RegistryAnswer.MISMATCH


async def test_mode_rate_ban(tmp_path: Path, wire: str) -> None:
    """Calls above the cap are refused, and all after them until the ban is lifted."""
    async with registry_session(tmp_path, wire, options=Options(check_cap=3)) as slow:
        answers = [await slow.check(i, slow.known()) for i in range(5)]
        assert answers == [RegistryAnswer.MATCH] * 3 + [RegistryAnswer.RATE_LIMITED] * 2
        assert (await slow.count("refused_rate"), await slow.count("charged")) == (2, 3)
        await slow.registry.admin("POST", "/reset")
        assert await slow.check(7, slow.known()) is RegistryAnswer.MATCH


async def test_mode_daily_caps(tmp_path: Path, wire: str) -> None:
    """A name or number checked too often today is errcode 2002 and not charged."""
    async with registry_session(tmp_path, wire, options=Options(name_cap=2, number_cap=1)) as strict:
        first, second, third = (strict.known(index=index) for index in range(3))
        assert await strict.check(1, first) is RegistryAnswer.MATCH
        assert await strict.check(2, first) is RegistryAnswer.DAILY_LIMIT
        for number, other, expected in (
            (3, second, RegistryAnswer.MISMATCH),
            (4, third, RegistryAnswer.DAILY_LIMIT),
        ):
            under_that_name = replace(other, name=first.name)
            assert await strict.check(number, under_that_name) is expected
        assert await strict.count("charged") == 2


@pytest.mark.parametrize("seconds", [-6, 6])
async def test_mode_clock_skew(usual: RegistrySession, wire: str, seconds: float) -> None:
    """A clock that is more than 5 s off is errcode 1007: the operator must fix it, nothing is decided."""
    skewed = adapter(wire, usual.registry.addresses.base_url, ahead=seconds)
    assert await usual.check(1, usual.known(), adapter=skewed) is RegistryAnswer.REJECTED_CALLER
    await skewed.close()
    assert (await usual.count("refused_clock"), await usual.count("charged")) == (1, 0)
    assert await usual.check(1, usual.known()) is RegistryAnswer.MATCH


@pytest.mark.parametrize(
    "credentials",
    [
        Credentials("other", "test-bizId", SECRET_KEY),
        Credentials("test-appId", "other", SECRET_KEY),
        Credentials("test-appId", "test-bizId", "0" * 32),
    ],
)
async def test_mode_caller_refused(usual: RegistrySession, wire: str, credentials: Credentials) -> None:
    """An unknown appId or bizId is 1008, a wrong key 1011: the operator must fix it."""
    stranger = adapter(wire, usual.registry.addresses.base_url, credentials=credentials)
    assert await usual.check(1, usual.known(), adapter=stranger) is RegistryAnswer.REJECTED_CALLER
    await stranger.close()
    assert await usual.count("charged") == 0
    assert await usual.count("refused_sign") == (credentials.secret_key != SECRET_KEY)


async def test_mode_caller_refused_by_address(tmp_path: Path, wire: str) -> None:
    """An address that is not on the list is errcode 1005."""
    elsewhere = Options(allowed_addresses=frozenset({"192.0.2.1"}))
    async with registry_session(tmp_path, wire, options=elsewhere) as closed:
        assert await closed.check(1, closed.known()) is RegistryAnswer.REJECTED_CALLER
        assert await closed.count("charged") == 0


async def test_mode_private_use_spelling(usual: RegistrySession) -> None:
    """A name stored with a private-use code point matches only in that spelling."""
    written = usual.known("private_use")
    assert await usual.check(1, written) is RegistryAnswer.MISMATCH
    spelled = replace(written, name=name.alternative_spelling(written.name) or "")
    assert await usual.check(2, spelled) is RegistryAnswer.MATCH
    assert await usual.count("charged") == 2


async def test_mode_renamed_person(usual: RegistrySession) -> None:
    """The former name is a mismatch, also for an organisation; the new one is a match."""
    assert await usual.check(1, usual.known("renamed", name="former_name")) is RegistryAnswer.MISMATCH
    assert await usual.check(2, usual.known("renamed")) is RegistryAnswer.MATCH


async def test_mode_key_overlap(tmp_path: Path, wire: str) -> None:
    """During a key change both keys are accepted; otherwise the old one is refused."""
    former = Credentials(CREDENTIALS.app_id, CREDENTIALS.biz_id, OTHER_KEY)
    for options, expected in (
        (Options(former_secret_key=OTHER_KEY), RegistryAnswer.MATCH),
        (Options(), RegistryAnswer.REJECTED_CALLER),
    ):
        async with registry_session(tmp_path, wire, options=options) as changing:
            late = adapter(wire, changing.registry.addresses.base_url, credentials=former)
            assert await changing.check(1, changing.known(), adapter=late) is expected
            await late.close()
            assert await changing.check(2, changing.known()) is RegistryAnswer.MATCH


async def test_mode_forget_unheard(tmp_path: Path, wire: str) -> None:
    """A registry that forgets unheard results decides and charges the check again."""
    async with registry_session(tmp_path, wire, options=Options(keep_unheard=False)) as forgetful:
        await forgetful.registry.behave("lose_answer", count=1)
        assert await forgetful.check(1, forgetful.known()) is RegistryAnswer.UNKNOWN
        if forgetful.adapter.can_query:
            assert await forgetful.ask_again(1, forgetful.known()) is RegistryAnswer.NOT_FOUND
        assert await forgetful.check(1, forgetful.known()) is RegistryAnswer.MATCH
        assert await forgetful.count("charged") == 2
