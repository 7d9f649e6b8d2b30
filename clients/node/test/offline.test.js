// The offline check of tokens beside the common vectors: what it returns, and the draft's own lists.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { StatusVerifier } from "idvault-client/offline";

import { parse, StatusList, StatusListError } from "../dist/offline/status_list.js";
import { folder, load } from "./vectors.js";

const { inputs, audience, now } = load("status");

function verifier() {
  const jwks = Buffer.from(inputs.jwks);
  const made = new StatusVerifier({ jwks, audience, now: () => new Date(now * 1000) });
  made.addList(inputs.list);
  return made;
}

test("what tokens and credentials attest", () => {
  const token = verifier().check(inputs.token);
  assert.deepEqual([token.standing, token.audience, token.expiresAt], ["GOOD", audience, now + 600]);
  const { standing, subject, ...person } = verifier().check(inputs.credential);
  assert.deepEqual([standing, subject, "publicAccountId" in person], [null, token.subject, false]);
  const found = verifier().checkPublicAccount(inputs["public account"]);
  assert.deepEqual([found.publicAccountId, "standing" in found], ["pub_1", false]);
});

test("the lists of the draft", () => {
  const { short, long } = JSON.parse(readFileSync(`${folder}/../../tests/vectors/status_list.json`, "utf8"));
  for (const { bits, statuses, lst } of short) {
    const list = parse(new Map(Object.entries({ bits, lst })), 16);
    assert.deepEqual(statuses.map((_, index) => list.get(index)), statuses);
    assert.throws(() => list.get(statuses.length), StatusListError);
  }
  for (const { bits, size, statuses, compressed } of long) {
    const lst = Buffer.from(compressed.join(""), "hex").toString("base64url");
    const list = parse(new Map(Object.entries({ bits, lst })), 2 ** 24);
    let others = 0;
    for (let index = 0; index < size; index += 1) {
      others += list.get(index) === (statuses[index] ?? 0) ? 0 : 1;
    }
    assert.equal(others, 0);
  }
});

test("an entry has one of four sizes", () => {
  assert.throws(() => new StatusList(3, new Uint8Array(1)), StatusListError);
});
