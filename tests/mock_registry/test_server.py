"""The mock registry over HTTP, called by idvault's adapter. All names and numbers are synthetic."""

import asyncio
import json
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from idvault.registry import nppa
from idvault.registry.nppa import Credentials, NppaCode, NppaRequest, NppaWireError, Question
from idvault_dev.mock_registry import fixtures, population, server
from idvault_dev.mock_registry.population import PopulationError, Resident
from idvault_dev.mock_registry.server import Options
from idvault_verify.registry import RegistryAnswer
from tests.support.mock_registry import (
    CREDENTIALS,
    FIXTURE,
    SECRET_KEY,
    Running,
    ai,
    identity,
    real_time,
    running,
)

PATIENCE = 5.0
KNOWN = identity(*FIXTURE)


async def send(registry: Running, request: NppaRequest) -> bytes:
    async with registry.http.request(
        request.method,
        registry.addresses.base_url + request.path,
        params=request.params,
        headers=request.headers,
        data=request.body or None,
    ) as answer:
        return await answer.read()


def check_request(
    *,
    number: int = 1,
    name: str = FIXTURE[0],
    id_number: str = FIXTURE[1],
    credentials: Credentials = CREDENTIALS,
) -> NppaRequest:
    """Return a check built by the client side."""
    question = Question(ai(number), name, id_number)
    return nppa.build_check(credentials=credentials, question=question, now=real_time(), nonce=bytes(12))


async def test_fixtures_byte_for_byte(registry: Running) -> None:
    """Every fixed identity of the test system gets the published answer, by check and by query."""
    for i, ((name, number), (status, pi)) in enumerate(fixtures.PEOPLE.items()):
        body = await send(registry, check_request(number=i, name=name, id_number=number))
        assert json.loads(body) == {
            "errcode": 0,
            "errmsg": "OK",
            "data": {"result": {"status": int(status), "pi": pi}},
        }
    for fixed, (status, pi) in fixtures.QUERIES.items():
        body = await send(registry, nppa.build_query(credentials=CREDENTIALS, ai=fixed, now=real_time()))
        assert json.loads(body)["data"]["result"] == {"status": int(status), "pi": pi}
    assert len(fixtures.PEOPLE) == 16
    assert len(fixtures.QUERIES) == 24


async def test_a_fixture_id_may_be_checked_again(registry: Running) -> None:
    """The fixtures' ids are never in use, and a repeated one is charged once."""
    for _ in range(2):
        answer = await registry.adapter.check(ai="100000000000000001", identity=KNOWN, patience=PATIENCE)
        assert answer is RegistryAnswer.MATCH
    assert (await registry.counters())["charged"] == 1


async def test_everything_else_fails(registry: Running) -> None:
    """A wrong name and an unknown number are both a mismatch on this wire."""
    for i, wrong in enumerate((identity("某某某", FIXTURE[1]), identity("某一一", "11010519491231002X"))):
        assert (
            await registry.adapter.check(ai=ai(i), identity=wrong, patience=PATIENCE)
            is RegistryAnswer.MISMATCH
        )
    assert (await registry.counters())["charged"] == 2


async def test_a_repeated_id_is_refused_and_not_charged(registry: Running) -> None:
    """A used ai is errcode 2004; only the decided check is charged; its result can be queried."""
    assert await registry.adapter.check(ai=ai(1), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.MATCH
    assert nppa.parse_answer(await send(registry, check_request())).code == NppaCode.AI_IN_USE
    assert await registry.adapter.query(ai=ai(1), patience=PATIENCE) is RegistryAnswer.MATCH
    counters = await registry.counters()
    assert (counters["check"], counters["query"], counters["charged"], counters["duplicate_ai"]) == (
        2,
        1,
        1,
        1,
    )


async def test_an_unknown_id_is_not_found(registry: Running) -> None:
    """A query of an id that was never checked is errcode 2003."""
    assert await registry.adapter.query(ai=ai(9), patience=PATIENCE) is RegistryAnswer.NOT_FOUND


async def test_mode_normal(registry: Running) -> None:
    """Normal mode decides, and calls use up a count."""
    await registry.behave("source_error", count=1)
    assert await registry.adapter.check(ai=ai(1), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.UNKNOWN
    assert await registry.adapter.check(ai=ai(1), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.MATCH
    await registry.behave("normal")
    assert await registry.adapter.check(ai=ai(2), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.MATCH


async def test_mode_slow(registry: Running) -> None:
    """Slow mode decides at once but answers late: an impatient caller is in doubt and queries the result."""
    await registry.behave("slow", count=1)
    assert await registry.adapter.check(ai=ai(1), identity=KNOWN, patience=0.2) is RegistryAnswer.UNKNOWN
    assert await registry.adapter.query(ai=ai(1), patience=PATIENCE) is RegistryAnswer.MATCH
    assert (await registry.counters())["charged"] == 1


async def test_slow_is_still_an_answer(registry: Running) -> None:
    """A patient caller gets the slow answer."""
    await registry.behave("slow", latency_ms=200)
    assert await registry.adapter.check(ai=ai(1), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.MATCH


async def test_mode_hang(registry: Running) -> None:
    """Hang decides nothing: the caller is in doubt, a query finds nothing, the same id may be resent."""
    await registry.behave("hang", count=1)
    assert await registry.adapter.check(ai=ai(1), identity=KNOWN, patience=0.2) is RegistryAnswer.UNKNOWN
    assert await registry.adapter.query(ai=ai(1), patience=PATIENCE) is RegistryAnswer.NOT_FOUND
    assert await registry.adapter.check(ai=ai(1), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.MATCH


async def test_mode_down(registry: Running) -> None:
    """Down refuses connections, including kept-alive ones, and comes back on the same port."""
    assert await registry.adapter.check(ai=ai(1), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.MATCH
    await registry.behave("down")
    port = int(registry.addresses.base_url.rsplit(":", 1)[1])
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) != 0
    assert (
        await registry.adapter.check(ai=ai(2), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.NOT_SENT
    )
    await registry.behave("down")
    await registry.behave("normal")
    assert await registry.adapter.check(ai=ai(2), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.MATCH


async def test_down_cuts_a_hanging_call(registry: Running) -> None:
    """A call that hangs when the registry goes down is cut, so it is in doubt."""
    await registry.behave("hang")
    call = asyncio.create_task(registry.adapter.check(ai=ai(1), identity=KNOWN, patience=PATIENCE))
    while (await registry.counters())["check"] == 0:
        pass
    await registry.behave("down")
    assert await call is RegistryAnswer.UNKNOWN


async def test_a_burst_is_banned(tmp_path: Path) -> None:
    """Calls above the cap are refused, and all later ones until the ban is lifted; queries are separate."""
    async with running(tmp_path, options=Options(check_cap=3)) as registry:
        answers = [
            await registry.adapter.check(ai=ai(i), identity=KNOWN, patience=PATIENCE) for i in range(5)
        ]
        assert answers == [RegistryAnswer.MATCH] * 3 + [RegistryAnswer.RATE_LIMITED] * 2
        assert await registry.adapter.query(ai=ai(0), patience=PATIENCE) is RegistryAnswer.MATCH
        assert (await registry.counters())["refused_rate"] == 2
        await registry.admin("POST", "/reset")
        assert (
            await registry.adapter.check(ai=ai(7), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.MATCH
        )


async def test_clock_skew_is_refused(registry: Running) -> None:
    """A message more than 5 s old or in the future is errcode 1007."""
    for seconds in (-6, 6):
        late = nppa.build_query(
            credentials=CREDENTIALS, ai=ai(1), now=real_time() + timedelta(seconds=seconds)
        )
        assert nppa.parse_answer(await send(registry, late)).code == NppaCode.EXPIRED
    assert (await registry.counters())["refused_clock"] == 2


async def test_other_paths_methods_and_bodies(registry: Running) -> None:
    """Invalid calls get the codes of the specification."""
    base, good = registry.addresses.base_url, check_request()
    async with registry.http.get(f"{base}/nothing") as answer:
        assert nppa.parse_answer(await answer.read()).code == NppaCode.NO_RESOURCE
    async with registry.http.get(base + nppa.CHECK_PATH) as answer:
        assert nppa.parse_answer(await answer.read()).code == NppaCode.METHOD_ERROR
    async with registry.http.post(base + nppa.CHECK_PATH, data=good.body) as answer:
        assert nppa.parse_answer(await answer.read()).code == NppaCode.HEADER_MISSING


@pytest.mark.parametrize(
    ("name", "number", "code"),
    [
        ("某一一", "110000190101010002", NppaCode.NUMBER_ILLEGAL),
        ("某一一", "11000019010101001x", NppaCode.NUMBER_ILLEGAL),
        ("某一一", "KAZ110190123100", NppaCode.NUMBER_ILLEGAL),
        ("", FIXTURE[1], NppaCode.NAME_ILLEGAL),
        (" 某一一", FIXTURE[1], NppaCode.NAME_ILLEGAL),
        ("某" * 33, FIXTURE[1], NppaCode.NAME_ILLEGAL),
    ],
)
async def test_illegal_input(registry: Running, name: str, number: str, code: NppaCode) -> None:
    """An impossible number and an invalid name are refused and not charged."""
    body = await send(registry, check_request(name=name, id_number=number))
    assert nppa.parse_answer(body).code == code
    assert (await registry.counters())["charged"] == 0


async def test_the_population_is_known(registry: Running) -> None:
    """Ordinary, minority and rare names match as written; the private-use one matches its twin."""
    people = population.load(registry.population)
    by_kind = {person.kind: person for person in people}
    for i, kind in enumerate(("ordinary", "minority", "rare_character", "renamed")):
        known = by_kind[kind]
        answer = await registry.adapter.check(
            ai=ai(i), identity=identity(known.name, known.number), patience=PATIENCE
        )
        assert answer is RegistryAnswer.MATCH
    renamed = by_kind["renamed"]
    answer = await registry.adapter.check(
        ai=ai(10), identity=identity(renamed.former_name, renamed.number), patience=PATIENCE
    )
    assert answer is RegistryAnswer.MISMATCH
    rare = by_kind["private_use"]
    answers = [
        await registry.adapter.check(ai=ai(20 + i), identity=identity(name, rare.number), patience=PATIENCE)
        for i, name in enumerate((rare.name, rare.registry_name))
    ]
    assert answers == [RegistryAnswer.MISMATCH, RegistryAnswer.MATCH]


async def test_people_are_added_by_the_admin_port(registry: Running) -> None:
    """One person or a list is added at once; a malformed person is refused."""
    new = {"name": "某新人", "number": "11010519491231002X"}
    assert await registry.admin("POST", "/people", new) == (200, {"added": 1})
    assert await registry.admin("POST", "/people", {"people": [new]}) == (200, {"added": 1})
    answer = await registry.adapter.check(
        ai=ai(1), identity=identity(new["name"], new["number"]), patience=PATIENCE
    )
    assert answer is RegistryAnswer.MATCH
    wrongs: list[object] = [
        {"name": "某新人", "number": "1"},
        {"name": "", "number": new["number"]},
        [],
        "x",
        {**new, "x": "y"},
    ]
    for wrong in wrongs:
        expected = 200 if wrong == [] else 400
        assert (await registry.admin("POST", "/people", wrong))[0] == expected


async def test_behaviour_is_shown_reset_and_refused(registry: Running) -> None:
    """Unknown modes and wrong counts are refused; reset returns to normal and opens the port."""
    wrongs: list[object] = [
        None,
        {"mode": "sleepy"},
        {"mode": "normal", "count": 0},
        {"mode": "normal", "latency_ms": -1},
        {"mode": "down", "count": 3},
        {"mode": "normal", "other": 1},
    ]
    for wrong in wrongs:
        assert (await registry.admin("PUT", "/behaviour", wrong))[0] == 400
    await registry.behave("hang", count=2)
    assert await registry.admin("GET", "/behaviour") == (200, {"mode": "hang", "count": 2, "latency_ms": 0})
    await registry.behave("down")
    await registry.admin("POST", "/reset")
    assert await registry.adapter.check(ai=ai(1), identity=KNOWN, patience=PATIENCE) is RegistryAnswer.MATCH
    await registry.admin("POST", "/reset")
    assert set((await registry.counters()).values()) == {0}
    assert await registry.adapter.query(ai=ai(1), patience=PATIENCE) is RegistryAnswer.MATCH


async def test_settle_refuses_what_it_does_not_understand(registry: Running) -> None:
    """Only 0 and 2 end a check, and malformed JSON is refused."""
    wrongs: list[object] = [None, {"ai": ai(1), "status": 1}, {"ai": 1, "status": 0}, []]
    for wrong in wrongs:
        assert (await registry.admin("POST", "/settle", wrong))[0] == 400
    async with registry.http.post(f"{registry.addresses.admin_url}/settle", data=b"{") as answer:
        assert answer.status == 400


async def test_a_taken_port_and_a_wrong_key_stop_the_start(tmp_path: Path, registry: Running) -> None:
    """A port in use is an OSError, an invalid key an NppaWireError; nothing stays open."""
    taken = int(registry.addresses.base_url.rsplit(":", 1)[1])

    async def start(port: int, key: str) -> None:
        await server.run(
            host="127.0.0.1",
            port=port,
            admin_port=0,
            app_id="a",
            biz_id="b",
            secret_key=key,
            population_path=tmp_path / "population.json",
            latency_ms=0,
            ready=lambda _addresses: None,
            stop=asyncio.Event(),
        )

    with pytest.raises(OSError, match="address already in use"):
        await start(taken, SECRET_KEY)
    with pytest.raises(NppaWireError):
        await start(0, "short")


async def test_the_population_file_is_written_once(registry: Running) -> None:
    """The file says that it is synthetic, only its owner can read it, and a second start reads it."""
    content = json.loads(registry.population.read_text(encoding="utf-8"))
    assert "Synthetic" in content["notice"]
    assert registry.population.stat().st_mode & 0o777 == 0o600
    before = registry.population.stat().st_mtime_ns
    async with running(registry.population.parent):
        assert registry.population.stat().st_mtime_ns == before


def test_generated_people_are_the_same_each_time() -> None:
    """A seed gives the same 200 people of all kinds, without duplicate numbers or real regions."""
    people = population.generate()
    assert people == population.generate()
    assert people != population.generate(seed=1)
    assert len(people) == len({person.number for person in people}) == 200
    assert {person.kind for person in people} == {
        "ordinary",
        "minority",
        "rare_character",
        "private_use",
        "renamed",
    }
    assert all(person.number[2:6] == "0000" for person in people)
    for person in people:
        population.check_number(person.number)
        assert len(person.pi) == 38


def test_player_ids_tell_the_birth_date() -> None:
    """The first six characters are the birth date in base 26, as in the published samples."""
    for (_name, number), (_status, pi) in fixtures.PEOPLE.items():
        assert pi is None or pi[:6] == population.birth_code(int(number[6:14]))
    assert population.birth_code(19010101) == "1fffbj"


def test_no_repr_shows_a_person() -> None:
    """A person's repr shows neither name nor number."""
    assert repr(Resident("某一一", FIXTURE[1], "某一一")) == "Resident(kind='ordinary')"


@pytest.mark.parametrize("text", ["{", "[]", '{"people": 1}', '{"people": [1]}', '{"people": [{"name": 1}]}'])
def test_a_damaged_population_file_is_refused(tmp_path: Path, text: str) -> None:
    """A malformed file prevents the start."""
    path = tmp_path / "population.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(PopulationError):
        population.load(path)
