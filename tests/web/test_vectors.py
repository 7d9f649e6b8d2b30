"""The readers of the page in a real browser against the common vectors: each verdict, and each reason."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.web.test_journey import visit
from tools.support.generate.vectors.case import load

pytestmark = pytest.mark.process

STATIC = Path(__file__).resolve().parents[2] / "idvault" / "web" / "static"
SCRIPTS = ("strict.js", "receipt_check.js")
# Browsers have Ed25519 for pages that came over TLS.
ADDRESS = "https://pages.example/"
MARKUP = "".join(f'<script src="/{name}"></script>' for name in SCRIPTS)
READ = r"""async page => {
  const hex = text => Uint8Array.from(text.match(/../g) ?? [], each => parseInt(each, 16));
  const bytes = text => Uint8Array.from(text, each => each.charCodeAt(0));
  const inputOf = ({ of, splices = [], times = 1 }) => {
    let made = page.inputs[of];
    for (const [at, count, put] of splices.toReversed()) {
      made = made.slice(0, at) + put.repeat(times) + made.slice(at + count);
    }
    return bytes(made);
  };
  const policyOf = given => {
    const { log, witnesses, quorum } = { ...page, ...given };
    return idvault.policy(log, witnesses, quorum);
  };
  const readers = {
    json: given => idvault.json(inputOf(given.input), page.limit),
    base64: given => {
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(inputOf(given.input));
      return given.alphabet === "url" ? idvault.base64url(text) : idvault.base64(text);
    },
    checkpoint: async given => idvault.checkpoint(inputOf(given.input), await policyOf(given)),
    inclusion: async ({ hashes, leaf, index, size, root }) => {
      const place = [hex(leaf), BigInt(index), BigInt(size), hex(root)];
      if (!await idvault.isIncluded(hashes.map(hex), ...place)) { throw new Error("NOT_IN_LOG"); }
    },
    receipt: async given => idvault.check(inputOf(given.input), await policyOf(given)),
  };
  const found = [];
  for (const given of page.cases) {
    try { await readers[page.kind](given); found.push(null); } catch (error) { found.push(error.message); }
  }
  return found;
}"""


def answer(route: Route) -> None:
    """Serve the scripts as they are, and a page that has only them."""
    name = route.request.url.removeprefix(ADDRESS)
    if name in SCRIPTS:
        route.fulfill(body=(STATIC / name).read_bytes(), content_type="text/javascript")
    else:
        route.fulfill(body=MARKUP, content_type="text/html")


@pytest.mark.parametrize("kind", ["json", "base64", "checkpoint", "inclusion", "receipt"])
async def test_the_browser_says_what_the_vectors_say(kind: str) -> None:
    """The program and the Node client read the same file."""
    vectors = load(kind)
    # The page takes no roster, and says so.
    vectors["cases"] = [case for case in vectors["cases"] if "roster" not in case]
    assert len(vectors["cases"]) > 250
    told: list[Any] = []

    def read(page: Page) -> None:
        page.route("**/*", answer)
        page.goto(ADDRESS)
        told.extend(page.evaluate(READ, {**vectors, "kind": kind}))

    await visit(read)
    expected = [(case["name"], case["reason"]) for case in vectors["cases"]]
    found = [(case["name"], reason) for case, reason in zip(vectors["cases"], told, strict=True)]
    assert found == expected
