"""The program agrees with the vectors by which other readers of receipts are tested."""

import json
from typing import Any

import pytest

from idvault_verify.offline import receipt
from idvault_verify.offline.receipt import ReceiptError
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import parse_key
from tools.support.generate import receipt_vectors

PAGE: dict[str, Any] = json.loads(receipt_vectors.FILE.read_text("utf-8"))
LOG = parse_key(PAGE["log"])
POLICY = CosignaturePolicy(LOG.name, (LOG,), (parse_key(PAGE["witness"]),), 1)


@pytest.mark.parametrize("case", PAGE["cases"], ids=lambda case: case["name"])
def test_the_program(case: dict[str, Any]) -> None:
    """Every mixture of two genuine receipts is refused, also if a lying vault logs what fits it."""
    text = json.dumps(receipt_vectors.apply(PAGE, case))
    if case["reason"] is None:
        receipt.check(receipt.parse(text), policy=POLICY)
        return
    with pytest.raises(ReceiptError) as refused:
        receipt.check(receipt.parse(text), policy=POLICY)
    assert refused.value.reason == case["reason"]


def test_the_file_is_up_to_date() -> None:
    """It is what its generator writes."""
    assert receipt_vectors.page() == PAGE, "run python -m tools.support.generate.receipt_vectors"
