"""A moderator's desk that names another platform's thing learns no more of it than of a thing nobody has.

The platform's own certificate is tried in `test_house_party`. A desk has one of another role, and its key
alone may have signed what it sends.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault_client.aio import Vault
from tests.test_house_party import Stage, noted
from tests.test_proto_contract import METHODS, WHO_MAY_CALL
from tools.support.databases import Databases
from tools.support.flow_world import at
from tools.support.in_process import InProcessChannel, client
from tools.support.namings import NAMINGS, Naming
from tools.support.two_platforms import ASKS, OWNS, Things, TwoPlatforms, of_nobody

_ACTOR = "d" * 32
# A desk of another key is refused alike, whatever it names.
_OTHER_KEY = "e" * 32


@pytest_asyncio.fixture
async def stage(databases: Databases, tmp_path: Path) -> AsyncIterator[Stage]:
    """Return two platforms over databases of each kind."""
    main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
    made = TwoPlatforms(main, shred, tmp_path)
    yield Stage(made, main, await made.things(ASKS), await made.things(OWNS))
    await made.drain()
    await main.close()
    await shred.close()


def _client_of(stage: Stage, moderator: str) -> Vault:
    """Return the client of a desk of the asking platform."""
    caller = Caller(ASKS, "moderator", _ACTOR, moderator_id=moderator)
    return client(stage.platforms.services, caller, at(0), remaining=None)


async def _told(
    stage: Stage, asking: Vault, naming: Naming, named: Things
) -> tuple[str, list[tuple[str, int]]]:
    with noted(stage.main) as sent:
        told = await naming.told(asking, stage.own, named)
    return told, [(one.text, one.rows) for one in sent]


@pytest.mark.parametrize("own", [True, False], ids=["its own key", "another key"])
async def test_a_desk_tells_no_thing_from_none(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    """Answers, statements and numbers of rows are equal for each name in each method that a desk may call."""
    ask, paths = InProcessChannel.ask, list[str]()

    async def noting(channel: InProcessChannel, path: str, request: bytes) -> bytes:
        paths.append(path)
        return await ask(channel, path, request)

    monkeypatch.setattr(InProcessChannel, "ask", noting)
    allowed = {
        f"/idvault.v1.{each.containing_service.name}/{each.name}"
        for each in METHODS
        if "ROLE_MODERATOR" in WHO_MAY_CALL[f"{each.containing_service.name}.{each.name}"]
    }
    asking, tried, found = _client_of(stage, stage.own.moderator if own else _OTHER_KEY), set[str](), {}
    for number, naming in enumerate(NAMINGS):
        nobodys = [of_nobody(stage.foreign, 2 * number + place) for place in (0, 1)]
        _, unknown, foreign = [await _told(stage, asking, naming, each) for each in (*nobodys, stage.foreign)]
        tried.add(paths[-1])
        if foreign != unknown:
            found[str(naming)] = (foreign, unknown)
    assert not found
    # They name a month, or a place in a list, and nothing else.
    assert allowed - tried == {
        "/idvault.v1.SanctionService/GetMonthFigures",
        "/idvault.v1.CampaignService/ListCampaigns",
    }
