"""Marking pairs of number and name."""

from dataclasses import replace

from idvault.sealing.identity import MemoryPairMarker
from idvault_verify.claim import OpaqueIdentity
from tools.support import builders
from tools.support.fakes.sealing import CountingEntropy
from tools.support.organizations import REPRESENTATIVE, organization


def test_a_pair_has_one_mark_in_a_process() -> None:
    """Another name, number or relying party has another mark."""
    marker = MemoryPairMarker(entropy=CountingEntropy())
    marks = {
        marker.mark(relying_party=party, identity=builders.identity(name=name, number=number))
        for party in ("platform-a", "platform-b")
        for name in ("某一", "某二")
        for number in ("110000190101010001", "110000190101020007")
        for _ in range(2)
    }
    assert len(marks) == 8
    assert {len(mark) for mark in marks} == {32}


def test_an_organizations_pair_has_its_representative() -> None:
    """Each guess of a representative is an attempt of its own."""
    marker, person = MemoryPairMarker(entropy=CountingEntropy()), REPRESENTATIVE
    guesses = [
        organization(),
        organization(name="虚构别名公司"),
        organization(representative=replace(person, name="某一二")),
        organization(representative=replace(person, document=builders.identity().document)),
        organization(representative=builders.identity()),
        organization(representative=None),
    ]
    marks = {marker.mark(relying_party="platform-a", identity=each) for each in guesses}
    assert len(marks) == len(set(guesses))


def test_no_two_processes_share_a_key() -> None:
    """The key is drawn and kept nowhere: with everything that is stored, no name can be tested."""
    entropy = CountingEntropy()
    markers = [MemoryPairMarker(entropy=entropy) for _ in range(2)]
    marks = {one.mark(relying_party="platform-a", identity=builders.identity()) for one in markers}
    assert len(marks) == 2


def test_an_id_has_a_mark_of_its_own() -> None:
    """Of its provider, and another one at another relying party."""
    marker = MemoryPairMarker(entropy=CountingEntropy())
    marks = {
        marker.mark(relying_party=party, identity=OpaqueIdentity(provider, opaque_id))
        for party in ("platform-a", "platform-b")
        for provider in ("https://a.example", "https://b.example")
        for opaque_id in ("A" * 22, "B" * 22)
        for _ in range(2)
    }
    assert len(marks) == 8
