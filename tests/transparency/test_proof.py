"""Inclusion and consistency proofs against published vectors, the recursive definition, and forgeries."""

from base64 import b64decode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify.transparency.proof import (
    ConsistencyError,
    InclusionError,
    ProofPlan,
    plan_consistency,
    plan_inclusion,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from idvault_verify.transparency.tree import (
    EMPTY_ROOT,
    MalformedHashError,
    OutOfRangeError,
    Position,
    leaf_hash,
)
from tools.support.merkle import log_of, mth, path, reader, subproof, vectors

PUBLISHED = vectors("proof")
TREE = vectors("tree")
LEAVES = [bytes.fromhex(leaf) for leaf in TREE["leaves"]]
ROOTS = [bytes.fromhex(root) for root in TREE["roots"]]
SOME = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")


def unhex(hashes: list[str]) -> list[bytes]:
    return [bytes.fromhex(value) for value in hashes]


def refuse_inclusion(**changed: Any) -> None:
    with pytest.raises(InclusionError):
        verify_inclusion(**changed)


def refuse_consistency(**changed: Any) -> None:
    with pytest.raises(ConsistencyError):
        verify_consistency(**changed)


def corrupted(proof: list[bytes], *others: bytes) -> list[list[bytes]]:
    """Yield the proof with each hash flipped, and with hashes added, removed and exchanged."""
    flipped = [
        [*proof[:place], bytes([proof[place][0] ^ 8]) + proof[place][1:], *proof[place + 1 :]]
        for place in range(len(proof))
    ]
    added = [[*proof, other] for other in (*others, b"")] + [[other, *proof] for other in (*others, b"")]
    inserted = [[proof[0], SOME, *proof[1:]], [proof[0], *proof], proof[::-1]] if len(proof) > 1 else []
    return flipped + added + inserted + ([proof[:-1], proof[1:]] if proof else [])


@pytest.mark.parametrize("published", PUBLISHED["inclusion"])
def test_published_inclusion_proofs(published: dict[str, Any]) -> None:
    """Each published proof is built and verified, and every listed corruption is refused."""
    index, size, proof = published["index"], published["size"], unhex(published["proof"])
    assert list(prove_inclusion(reader(LEAVES), index=index, size=size)) == proof
    good = {
        "leaf_hash": leaf_hash(LEAVES[index]),
        "index": index,
        "size": size,
        "root": ROOTS[size],
        "proof": proof,
    }
    verify_inclusion(**good)
    for wrong in (index - 1, index + 1, index ^ 2):
        refuse_inclusion(**{**good, "index": wrong})
    for wrong in (size * 2, size // 2):
        refuse_inclusion(**{**good, "size": wrong})
    for root in (b"", EMPTY_ROOT, SOME):
        refuse_inclusion(**{**good, "root": root})
    for leaf in (b"", b"WrongLeaf", SOME):
        refuse_inclusion(**{**good, "leaf_hash": leaf})
    for forged in corrupted(proof, ROOTS[size]):
        refuse_inclusion(**{**good, "proof": forged})


@pytest.mark.parametrize("published", PUBLISHED["consistency"])
def test_published_consistency_proofs(published: dict[str, Any]) -> None:
    """Each published proof is built and verified, and every listed corruption is refused."""
    old, new, proof = published["old"], published["new"], unhex(published["proof"])
    assert list(prove_consistency(reader(LEAVES), old=old, new=new)) == proof
    good = {"old": old, "new": new, "old_root": ROOTS[old], "new_root": ROOTS[new], "proof": proof}
    verify_consistency(**good)
    for forged in corrupted(proof, ROOTS[old], ROOTS[new]):
        if forged != proof:
            refuse_consistency(**{**good, "proof": forged})
    for root in (b"WrongRoot", SOME):
        refuse_consistency(**{**good, "old_root": root})
        refuse_consistency(**{**good, "new_root": root})
    if old != new:
        refuse_consistency(**{**good, "proof": []})
        refuse_consistency(**{**good, "old_root": ROOTS[new], "new_root": ROOTS[old]})
        for wrong in (old - 1, old + 1, old ^ 2):
            refuse_consistency(**{**good, "old": wrong})
        for wrong in (new * 2, new // 2):
            refuse_consistency(**{**good, "new": wrong})


def test_proofs_of_public_logs() -> None:
    """Proofs of two public Certificate Transparency logs verify."""
    inclusion = PUBLISHED["public_inclusion"]
    verify_inclusion(
        leaf_hash=bytes.fromhex(inclusion["leaf_hash"]),
        index=inclusion["index"],
        size=inclusion["size"],
        root=bytes.fromhex(inclusion["root"]),
        proof=unhex(inclusion["proof"]),
    )
    consistency = PUBLISHED["public_consistency"]
    verify_consistency(
        old=consistency["old"],
        new=consistency["new"],
        old_root=b64decode(consistency["old_root"]),
        new_root=b64decode(consistency["new_root"]),
        proof=[b64decode(value) for value in consistency["proof"]],
    )


def test_published_nodes() -> None:
    """A plan reads exactly the perfect subtrees named by the source."""
    for published in PUBLISHED["inclusion_nodes"]:
        plan = plan_inclusion(index=published["index"], size=published["size"])
        assert sorted((p.level, p.index) for p in plan.positions) == sorted(map(tuple, published["nodes"]))
    for published in PUBLISHED["consistency_nodes"]:
        plan = plan_consistency(old=published["old"], new=published["new"])
        assert sorted((p.level, p.index) for p in plan.positions) == sorted(map(tuple, published["nodes"]))


def test_published_subtree_inclusion_proofs() -> None:
    """The 12,807 inclusion proofs within all subtrees of 130 leaves give the published accumulated hash."""
    leaves = [bytes([value]) for value in range(130)]
    read = reader(leaves)
    hashes = {(level, i): read([Position(level, i)])[0] for level in range(8) for i in range(130 >> level)}
    accumulated = sha256()
    for end in range(1, 131):
        for start in range(end):
            if start % (1 << (end - start - 1).bit_length()):
                continue
            for index in range(start, end):
                plan = plan_inclusion(index=index - start, size=end - start)
                proof = plan.assemble([hashes[p.level, p.index + (start >> p.level)] for p in plan.positions])
                line = f"{index} [{start}, {end})" + "".join(f" {value.hex()}" for value in proof)
                accumulated.update(f"{line}\n".encode())
    assert accumulated.hexdigest() == TREE["accumulated"]["subtree_inclusion_proofs"]


@given(st.data())
def test_inclusion_equals_the_definition(data: st.DataObject) -> None:
    """A proof is PATH(m, D[n]); it verifies only for its leaf and index."""
    size = data.draw(st.integers(1, 80))
    index = data.draw(st.integers(0, size - 1))
    leaves = log_of(size)
    proof = prove_inclusion(reader(leaves), index=index, size=size)
    assert list(proof) == path(index, leaves)
    root = mth(leaves)
    verify_inclusion(leaf_hash=leaf_hash(leaves[index]), index=index, size=size, root=root, proof=proof)
    for other in range(-1, size + 1):
        if other != index:
            refuse_inclusion(
                leaf_hash=leaf_hash(leaves[index]), index=other, size=size, root=root, proof=proof
            )


@given(st.data())
def test_consistency_equals_the_definition(data: st.DataObject) -> None:
    """A proof is PROOF(m, D[n]); it verifies only for its two trees."""
    new = data.draw(st.integers(1, 60))
    old = data.draw(st.integers(1, new))
    leaves = log_of(new)
    proof = prove_consistency(reader(leaves), old=old, new=new)
    assert list(proof) == subproof(old, leaves)
    roots = {"old_root": mth(leaves[:old]), "new_root": mth(leaves)}
    verify_consistency(old=old, new=new, proof=proof, **roots)
    for other in range(old + 1, new):
        refuse_consistency(old=other, new=new, proof=proof, **roots)
    forked = mth([*leaves[: old - 1], b"forged", *leaves[old:]])
    if old < new:
        refuse_consistency(old=old, new=new, proof=proof, old_root=roots["old_root"], new_root=forked)


def test_nothing_is_consistent_with_everything() -> None:
    """Every tree begins with the empty one, with the empty root and an empty proof."""
    assert prove_consistency(reader(LEAVES), old=0, new=8) == ()
    verify_consistency(old=0, new=8, old_root=EMPTY_ROOT, new_root=ROOTS[8], proof=[])
    verify_consistency(old=0, new=0, old_root=EMPTY_ROOT, new_root=EMPTY_ROOT, proof=[])
    refuse_consistency(old=0, new=8, old_root=EMPTY_ROOT, new_root=ROOTS[8], proof=[SOME])
    refuse_consistency(old=0, new=8, old_root=SOME, new_root=ROOTS[8], proof=[])
    refuse_consistency(old=0, new=0, old_root=EMPTY_ROOT, new_root=SOME, proof=[])
    refuse_consistency(old=8, new=8, old_root=ROOTS[8], new_root=SOME, proof=[])
    refuse_consistency(old=2, new=1, old_root=ROOTS[2], new_root=ROOTS[1], proof=[])


def test_what_is_not_there_is_not_planned() -> None:
    """A leaf beyond the tree, a shrinking tree and an impossible size are refused."""
    for index, size in ((0, 0), (1, 1), (8, 7), (-1, 3), (0, 2**63)):
        with pytest.raises(OutOfRangeError):
            plan_inclusion(index=index, size=size)
    for old, new in ((5, 0), (9, 8), (-1, 3), (1, 2**63)):
        with pytest.raises(OutOfRangeError):
            plan_consistency(old=old, new=new)


def test_a_reader_that_answers_something_else_is_refused() -> None:
    """Too few hashes, and hashes of a wrong length, are refused."""
    plan = plan_inclusion(index=0, size=7)
    assert plan.positions == (Position(0, 1), Position(1, 1), Position(1, 2), Position(0, 6))
    assert plan == ProofPlan(((Position(0, 1),), (Position(1, 1),), (Position(1, 2), Position(0, 6))))
    with pytest.raises(OutOfRangeError):
        plan.assemble([SOME] * 3)
    with pytest.raises(MalformedHashError):
        plan.assemble([SOME, SOME, SOME, b""])


def test_a_proof_of_the_largest_tree_is_short() -> None:
    """A tree of 2^63 - 1 leaves needs at most 63 hashes, from a few thousand subtrees."""
    plan = plan_inclusion(index=0, size=2**63 - 1)
    assert len(plan.subtrees) == 63
    assert len(plan.positions) < 63 * 64
