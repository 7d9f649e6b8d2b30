"""The fuzzer itself: it knows the documentation, is repeatable, and notices what is wrong."""

import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import time_machine
from google.protobuf.message import DecodeError

from idvault_verify.error import Reason
from idvault_verify.v1 import status_pb2, verification_pb2
from tools.torture.fuzz import answer, documented, naughty
from tools.torture.fuzz.attack import Report
from tools.torture.fuzz.messages import Attacker, Canaries
from tools.torture.fuzz.run import counted
from tools.torture.fuzz.surface import Method, methods
from tools.torture.fuzz.vault import Ground, left_behind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CANARIES = Canaries(("赵安宁和",), ("钱清明文",))


def attacker(seed: int) -> Attacker:
    return Attacker(random=Random(seed), facts={}, canaries=CANARIES)  # noqa: S311 - repeatable


def test_every_method_documents_what_it_answers() -> None:
    """Each method of the contract lists its statuses, including those that any call may get."""
    listed = documented.statuses()
    assert set(listed) == {method.path for method in methods()}
    for path, statuses in listed.items():
        assert ("PERMISSION_DENIED", "ACCESS_DENIED") in statuses, path
        assert ("INVALID_ARGUMENT", "INVALID_MESSAGE") in statuses, path
        assert ("UNAVAILABLE", "STORE_UNAVAILABLE") in statuses, path
        assert all(not code.startswith(("INTERNAL", "UNKNOWN")) for code, _ in statuses), path
        assert all(not reason or reason in Reason.__members__ for _, reason in statuses), path


def test_a_seed_repeats_an_attack() -> None:
    """Two attackers with the same seed send the same, and another seed sends something else."""
    kinds = [method.request for method in methods()]
    # A valid message names the present second.
    with time_machine.travel(NOW, tick=False):
        first, again, other = ([one.attack(kind) for kind in kinds] for one in map(attacker, (1, 1, 2)))
    assert first == again
    assert first != other


@pytest.mark.parametrize("method", methods(), ids=lambda method: str(method.name))
def test_attacks_are_of_many_kinds(method: Method) -> None:
    """The attacks on a method include messages that parse and bytes that do not, within the size limit."""
    one, bodies, broken = attacker(3), [], 0
    for _ in range(200):
        bodies.append(one.attack(method.request))
        try:
            method.request.FromString(bodies[-1])
        except DecodeError:
            broken += 1
    assert 0 < broken < 200
    assert all(len(body) < 2**20 for body in bodies)


def test_every_text_takes_its_canary() -> None:
    """Every text with a place for a canary gets one."""
    assert sum(naughty.CANARY in text for text in naughty.TEXTS) > 400
    for text in naughty.TEXTS:
        filled = naughty.fill(text, "canary")
        assert naughty.CANARY not in filled
        assert (naughty.CANARY in text) == ("canary" in filled)


def test_there_are_many_texts_of_many_kinds() -> None:
    """The security design promises 515; each kind has texts, and every text can be sent."""
    assert len(naughty.TEXTS) == len(set(naughty.TEXTS)) >= 515
    assert all(len(texts) >= 10 for texts in naughty.LISTED.values())
    assert max(map(len, naughty.TEXTS)) > 65_535
    assert "".join(naughty.TEXTS).encode()


def test_drawn_texts_hold_every_kind_of_character() -> None:
    """Controls, marks, private and unassigned characters of every plane; half of the texts have a canary."""
    texts = naughty.drawn(1_500, seed=1)
    assert "".join(texts).encode()
    characters = set("".join(texts))
    assert {unicodedata.category(each) for each in characters} >= set(naughty.CATEGORIES)
    assert len({ord(each) >> 16 for each in characters}) == 17
    assert 500 < sum(naughty.CANARY in text for text in texts) < 1_000
    assert max(map(len, texts)) > 20


def test_a_seed_draws_the_same_texts() -> None:
    """Another seed draws other texts."""
    assert naughty.drawn(50, seed=3) == naughty.drawn(50, seed=3) != naughty.drawn(50, seed=4)


def test_a_field_meets_every_text() -> None:
    """A field gets one text after the other, including the drawn ones."""
    kind = status_pb2.IssueStatusTokenRequest
    one = Attacker(random=Random(4), facts={}, canaries=CANARIES, drawn=["drawn"])  # noqa: S311 - repeatable
    met = {kind.FromString(one.naughty(kind)).audience for _ in range(3 * len(naughty.TEXTS))}
    assert {naughty.fill(text, CANARIES.others[0]) for text in (*naughty.TEXTS, "drawn")} <= met


def test_texts_go_into_every_field() -> None:
    """Each text field of a method gets each text once, also in nested messages."""
    kind = verification_pb2.VerifyIndividualRequest
    sent = [kind.FromString(body) for body in attacker(6).texts(kind)]
    every = {naughty.fill(text, CANARIES.personal[0]) for text in naughty.TEXTS}
    assert len(sent) == 6 * len(naughty.TEXTS)
    assert every <= {message.real_name for message in sent}
    assert every <= {message.document.number for message in sent}


def test_a_whole_good_message_is_sent_with_an_id_of_its_own() -> None:
    """Half of the valid messages are sent as given, except for the request id."""
    whole = verification_pb2.VerifyIndividualRequest(real_name="\u91d1\u4e1d\u96c0")
    kind = type(whole)
    facts = {kind.DESCRIPTOR.full_name: [whole]}
    one = Attacker(random=Random(5), facts=facts, canaries=CANARIES)  # noqa: S311 - repeatable
    made = [kind.FromString(one.good(kind).SerializeToString()) for _ in range(40)]
    same = [message for message in made if message.real_name == whole.real_name]
    assert 5 < len(same) < 35
    assert all(message.request_id for message in same)
    assert not whole.request_id


def test_a_canary_in_an_answer_is_seen() -> None:
    """A canary is found in any encoding."""
    for encoding in ("utf-8", "utf-16-le"):
        found = answer.answered(b"x" + CANARIES.personal[0].encode(encoding))
        assert answer.repeats(found, CANARIES.personal)
    assert not answer.repeats(answer.answered(b"x"), CANARIES.personal)


def _left(folder: Path, pages: bytes = b"", **files: str) -> list[str]:
    """Return the findings in a state folder with these files."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    (folder / "output").touch()
    for name, content in {"registry": "", "population": "", "serve": "", **files}.items():
        (state / name).write_text(content, "utf-8")
    logs = {"serve-0": str(state / "serve"), "mock-registry": str(state / "registry")}
    ready = {"state": str(state), "logs": logs, "registry": {"population": str(state / "population")}}
    return left_behind(Ground(ready, {}, CANARIES), output=folder / "output", pages=pages)


def test_what_is_left_behind_is_found(tmp_path: Path) -> None:
    """A personal canary anywhere, another one in a log or in the metrics, and an error line are found."""
    personal, other = CANARIES.personal[0], CANARIES.others[0]
    assert _left(tmp_path, population=personal, registry=personal, main=other) == []
    assert _left(tmp_path, main=personal) == ["main: a canary (personal, UTF-8)"]
    assert _left(tmp_path, main="", serve=other) == ["serve: a canary (other, UTF-8)"]
    assert _left(tmp_path, serve="", pages=other.encode()) == ["metrics: a canary"]
    line = '{"event":"rpc_unforeseen","level":"error"}'
    assert _left(tmp_path, serve=line) == [f"serve: {line}"]
    assert _left(tmp_path, serve='{"event": "library", "level": "error"}') == []


def test_what_was_found_is_a_loss() -> None:
    """Each finding, each trace left, and an attack that sent nothing are losses."""
    method = methods()[0]
    report = Report()
    for _ in range(3):
        report.note(method, answer.answered(b""))
    assert counted(report, []).lost == 0
    report.findings.append("an answer")
    tally = counted(report, ["main: a canary"])
    assert (tally.faults, tally.lost, tally.complaints) == (3, 2, ["an answer", "main: a canary"])
    assert tally.details == [{"method": method.path, "sent": 3, "answers": {"OK": 3}}]
    assert counted(Report(), []).complaints == ["nothing was sent"]
