"""What an operator does by clicks, and what the log has of it."""

import base64
import re
from datetime import UTC, datetime

from idvault.log.acts import stored_log
from idvault_people.console.second_factor import PATH
from idvault_verify.transparency import entry
from tests.support.console import Seen, Visitor
from tests.support.operator_room import OperatorRoom
from tests.support.second_factor_world import code_of
from tools.support import people
from tools.support.chamber import OPERATOR

OPERATOR_ID = people.roster_member(OPERATOR, role="operator").actor_id


async def upload(visitor: Visitor, path: str, content: bytes) -> Seen:
    """Send a file by the form of a page."""
    return await visitor.upload(path, await visitor.get(path), {"file": ("file", content)})


async def confirm(office: OperatorRoom, visitor: Visitor, preview: Seen) -> Seen:
    """Press the button of a preview, with a code that the vault accepts."""
    return await visitor.post(place(preview), preview, code=office.code())


def place(preview: Seen) -> str:
    """Return the address of a preview, which its form names."""
    return preview.text.partition('<form method="post" action="')[2].partition('"')[0]


async def logged(office: OperatorRoom) -> list[tuple[str, str]]:
    """Return type and actor of each entry of the log."""
    await office.room.step()
    leaves = await stored_log.read_leaves(office.room.main, start=0, limit=100)
    read = [entry.decode_leaf(leaf) for leaf in leaves]
    return [(each.type, each.actor_id) for each in read]


async def enrol(visitor: Visitor) -> tuple[Seen, bytes, Seen]:
    """Set up a second factor with the code of now; return the page of its secret, the secret, and the end."""
    shown = await visitor.post(PATH, await visitor.get(PATH))
    found = re.search(r"<code>((?:[A-Z2-7]{4} )+[A-Z2-7]{1,4})</code>", shown.text)
    assert found is not None, shown.words
    letters = found[1].replace(" ", "")
    secret = base64.b32decode(letters + "=" * (-len(letters) % 8))
    code = code_of(secret, datetime.now(UTC))
    return shown, secret, await visitor.post(f"{PATH}/confirm", shown, first_code=code)
