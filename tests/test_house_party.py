"""A platform that names another one's thing makes the databases do what they do for a thing that nobody has.

Every call of a platform's client is made with each of its names in both ways (`tools.support.namings`), over
both databases. Every statement that is sent meanwhile is noted as it is compiled, with its arguments and the
number of its rows. Time is not measured here: `scripts/torture timing` does that.
"""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from idvault.core.db.database import Database
from idvault.core.invitation_code import code_hash
from tests.storage.hooks import connection_class
from tests.test_proto_contract import METHODS, WHO_MAY_CALL
from tools.support.databases import Databases
from tools.support.in_process import InProcessChannel
from tools.support.namings import NAMINGS, Naming, Part
from tools.support.two_platforms import ASKS, OWNS, Things, TwoPlatforms, of_nobody

_ID = 32
_NAMES = re.compile(r"(^|_)(token|tokens|id|ids|code|reference|public_key|cursor)$")
# Fields with such a name, in requests of platforms, that name no thing of a platform.
NAMES_NOTHING = {
    "request_id": "chosen by the caller, and kept as a keyed hash of the caller and it",
    "rule_reference": "the platform's own words",
    "case_reference": "the platform's own words",
}
_OWN_WORDS = "the platform's own words"
NOT_TRIED = {
    "ApplyPublicAccount.licence.reference": _OWN_WORDS,
    "RenewPublicAccount.licence.reference": _OWN_WORDS,
    "ImportLegacyAccounts.accounts": _OWN_WORDS,
    "ImposeSanction.statement.order.reference": _OWN_WORDS,
    "RecordOrder.order.reference": _OWN_WORDS,
    "ImposeContentMeasure.statement.order.reference": _OWN_WORDS,
    "ResolveTipOff.content_measure.statement.order.reference": _OWN_WORDS,
    "ResolveTipOff.sanction.statement.order.reference": _OWN_WORDS,
    "RegisterModerator.signature.moderator_id": "empty: who is registered has no id yet",
    "RegisterModerator.public_key": "registered for the caller, whoever else has it: both calls succeed",
    "BindVerificationSession.bind_code": "compared with that of the caller's own session, which was read",
    "ListCampaigns.page_token": "a number of a place in the caller's own list",
    "WatchStatuses.cursor": "a number of a place in the caller's own feed, bound to its name",
}
# Statements that bind an id of another platform without the caller: another part of the key is the caller's,
# and was read as such before.
BY_ANOTHER_KEY = {
    "campaigns.record_invitation_event(account_token)": "the campaign",
    "sanctions.impose(public_account_id)": "the account, which is locked",
    "sessions.contest(verification_id)": "the account, which is locked",
    "tip_offs.uphold(sanction: public)": "the account, which is locked",
    "vault.issue_status_credential(public_account_id)": "the account, which is locked",
    "vault.verify_individual(invitation_code)": "the account, which is locked",
    "vault.verify_organization(invitation_code)": "the account, which is locked",
    "sessions.create(invitation_code)": "the account, which is locked",
}
# Names that no statement binds.
NOT_BOUND = {
    "vault.get_verification(request_id)": "kept as a keyed hash of the caller and it",
    "tip_offs.follow(secret)": "compared with that of the caller's own report, which was read",
    "tip_offs.supplement(secret)": "compared with that of the caller's own report, which was read",
    "tip_offs.assign(tip_off: moderator)": "compared with who works on the caller's own report",
    "public_accounts.remove_operator(account_token)": "compared with the operators that were read",
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A statement that was sent, and how many rows it found or changed."""

    text: str
    arguments: Sequence[Any]
    rows: int

    def binds(self, value: Any) -> bool:
        """Return whether an argument is the value, or a list that holds it."""
        return any(_holds(argument, value) for argument in self.arguments)


def _holds(argument: Any, value: Any) -> bool:
    if isinstance(argument, list):
        return any(_holds(each, value) for each in argument)
    if isinstance(argument, str) and isinstance(value, str):
        return value in argument
    return bool(argument == value)


@contextmanager
def noted(database: Database) -> Iterator[list[Sent]]:
    """Note every statement during the block."""
    kind, sent = connection_class(database), list[Sent]()

    def noting(run: Any, count: Any) -> Any:
        async def runs(connection: Any, text: str, arguments: Sequence[Any]) -> Any:
            found = await run(connection, text, arguments)
            sent.append(Sent(text, arguments, count(found)))
            return found

        return runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kind, "_fetch", noting(kind._fetch, len))
        patch.setattr(kind, "_execute", noting(kind._execute, int))
        patch.setattr(kind, "_execute_many", noting(kind._execute_many, lambda _: -1))
        yield sent


@dataclass
class Stage:
    """Both platforms' things, and the databases that are watched."""

    platforms: TwoPlatforms
    main: Database
    own: Things
    foreign: Things

    async def calls(self, naming: Naming, named: Things) -> tuple[str, list[Sent]]:
        """Make a call; return what it tells, and what was sent."""
        with noted(self.main) as sent:
            told = await naming.told(self.platforms.client(), self.own, named)
        return told, sent


@pytest_asyncio.fixture
async def stage(databases: Databases, tmp_path: Path) -> AsyncIterator[Stage]:
    """Return two platforms over databases of each kind."""
    main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
    made = TwoPlatforms(main, shred, tmp_path)
    yield Stage(made, main, await made.things(ASKS), await made.things(OWNS))
    await made.drain()
    await main.close()
    await shred.close()


def _ids(value: Any) -> set[Any]:
    """Return the texts and bytes of an argument."""
    if isinstance(value, list | tuple):
        return {each for inner in value for each in _ids(inner)}
    if is_dataclass(value):
        return {each for one in fields(value) for each in _ids(getattr(value, one.name))}
    return {value} if isinstance(value, str | bytes) else set()


def _foreign_ids(naming: Naming, stage: Stage) -> set[Any]:
    """Return what an argument says of another platform's thing and of no thing of one's own."""
    own, foreign = stage.own, stage.foreign
    found = _ids(naming.value(own, foreign)) - _ids(naming.value(own, own)) - {OWNS}
    of = naming.call.names.get(naming.argument)
    if isinstance(of, Part):
        found |= _ids(getattr(foreign, of.thing))
    if naming.argument == "invitation_code":
        found |= {code_hash(account_token=own.member, code=foreign.code)}
    return found | {each[-_ID:] for each in found if naming.argument == "page_token"}


async def test_anothers_thing_is_nobodys_to_the_database(stage: Stage) -> None:
    """Answers are equal, and so are the statements that are sent, and the number of rows of each."""
    found = {}
    for number, naming in enumerate(NAMINGS):
        # The first call may read what a process keeps.
        nobodys = [of_nobody(stage.foreign, 2 * number + place) for place in (0, 1)]
        _, unknown, foreign = [await stage.calls(naming, named) for named in (*nobodys, stage.foreign)]
        told = [(answer, [(one.text, one.rows) for one in sent]) for answer, sent in (foreign, unknown)]
        if told[0] != told[1]:
            found[str(naming)] = told
    assert not found


async def test_every_statement_that_names_a_thing_names_whose_it_is(stage: Stage) -> None:
    """What binds the id of another platform's thing binds the caller, too: no such row can be read."""
    bare, unbound = set(), set()
    for naming in NAMINGS:
        _, sent = await stage.calls(naming, stage.foreign)
        ids = _foreign_ids(naming, stage)
        naming_it = [one for one in sent if any(map(one.binds, ids))]
        bare |= {str(naming) for one in naming_it if not one.binds(ASKS)}
        unbound |= set() if naming_it else {str(naming)}
    assert bare == BY_ANOTHER_KEY.keys()
    assert unbound == NOT_BOUND.keys()


def _named(kind: Descriptor, path: str = "") -> Iterator[str]:
    """Yield the paths of a message's fields that may name a thing."""
    for each in kind.fields:
        where = f"{path}{each.name}"
        inner = each.message_type
        if inner is not None and inner.file.package == kind.file.package:
            found = list(_named(inner, f"{where}."))
            yield from [where] if each.is_repeated and found else found
        elif _NAMES.search(each.name):
            yield where


def _values(message: Message, path: str = "") -> dict[str, Any]:
    """Return the values of a message's fields, and of those in it, by path."""
    found: dict[str, Any] = {}
    for each in message.DESCRIPTOR.fields:
        value, where = getattr(message, each.name), f"{path}{each.name}"
        if each.message_type is None or each.is_repeated:
            found[where] = value
        else:
            found |= _values(value, f"{where}.")
    return found


async def test_every_name_is_tried(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each field of a platform's request that may name a thing is named in both ways, or says why not."""
    asked: list[tuple[str, bytes]] = []
    ask = InProcessChannel.ask

    async def noting(channel: InProcessChannel, path: str, request: bytes) -> bytes:
        asked.append((path, request))
        return await ask(channel, path, request)

    monkeypatch.setattr(InProcessChannel, "ask", noting)
    methods = {f"/idvault.v1.{each.containing_service.name}/{each.name}": each for each in METHODS}
    tried = set()
    for number, naming in enumerate(NAMINGS):
        for named in (stage.foreign, of_nobody(stage.foreign, number)):
            await naming.told(stage.platforms.client(), stage.own, named)
        (path, first), (_, second) = asked[-2:]
        kind = message_factory.GetMessageClass(methods[path].input_type)
        foreign, unknown = _values(kind.FromString(first)), _values(kind.FromString(second))
        tried |= {f"{methods[path].name}.{where}" for where in foreign if foreign[where] != unknown[where]}
    wanted = {
        f"{each.name}.{where}"
        for each in METHODS
        if {"ROLE_PLATFORM", "ROLE_MODERATOR"}
        & set(WHO_MAY_CALL[f"{each.containing_service.name}.{each.name}"])
        for where in _named(each.input_type)
        if where.rpartition(".")[2] not in NAMES_NOTHING
    }
    assert wanted - tried == NOT_TRIED.keys()
    assert not tried & NOT_TRIED.keys()
