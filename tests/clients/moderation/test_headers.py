"""The headers of every page of the desk."""

from idvault_verify.attest.moderator_key import ModeratorKey
from tests.support.addresses import unprotected, unserved
from tests.support.moderation_console import Office


async def test_every_address_is_protected(place: Office, key: ModeratorKey) -> None:
    """Each address that a browser can open leads to a page, whose answer has all headers."""
    async with place.opens(key) as made:
        assert len(made.routes) > 100
        assert await unserved(made.routes) == []
        assert await unprotected(made) == {}
