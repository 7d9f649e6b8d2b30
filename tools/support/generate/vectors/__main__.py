"""Writes every file of clients/vectors: `python -m tools.support.generate.vectors`."""

from collections.abc import Callable
from typing import Any

from tools.support import vector_readers
from tools.support.generate.vectors import (
    encodings,
    files,
    notes,
    orders,
    papers,
    platform_cases,
    proofs,
    receipts,
    tokens,
)
from tools.support.generate.vectors.case import FOLDER, to_bytes

PAGES: dict[str, Callable[[], dict[str, Any]]] = {
    "json": encodings.json_page,
    "base64": encodings.base64_page,
    "checkpoint": notes.page,
    "inclusion": proofs.inclusion_page,
    "consistency": proofs.consistency_page,
    "receipt": receipts.page,
    "erasure": papers.erasure_page,
    "history": papers.history_page,
    "status": lambda: tokens.page(vector_readers.status),
    "evidence": lambda: files.evidence_page(vector_readers.proof),
    "roster": lambda: files.roster_page(vector_readers.roster),
    "order": lambda: orders.page(vector_readers.order),
    "epoch": lambda: files.epoch_page(vector_readers.epochs),
    "log-keys": lambda: files.log_keys_page(vector_readers.log_keys),
    "report": lambda: files.report_page(vector_readers.read_report),
    "platforms": lambda: platform_cases.page(vector_readers.month_platforms),
}


def main() -> None:
    """Write the files."""
    for name, page in PAGES.items():
        (FOLDER / f"{name}.json").write_bytes(to_bytes(page()))


if __name__ == "__main__":
    main()
