// The offline check against the project's vectors, which the Python client passes, too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { CheckError, StatusVerifier } from "idvault-client/offline";

import { parse, StatusList, StatusListError } from "../dist/offline/status_list.js";

const read = (name) => {
  const folder = process.env.IDVAULT_VECTORS ?? new URL("../../../tests/vectors", import.meta.url).pathname;
  return JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
};
const page = read("status_check.json");

function check(given) {
  let seconds = given.listed_at;
  const verifier = new StatusVerifier({
    jwks: Buffer.from(given.jwks ?? page.jwks),
    audience: given.audience,
    ...(given.issuer === undefined ? {} : { issuer: given.issuer }),
    ...(given.max_list_age === undefined ? {} : { maxListAge: given.max_list_age }),
    now: () => new Date(seconds * 1000),
  });
  given.lists.forEach((each) => verifier.addList(each));
  seconds = given.now;
  const [text, count] = given.repeat ?? ["", 0];
  const token = given.token + text.repeat(count);
  const run = (data) => (given.asks === "public account" ? verifier.checkPublicAccount(data) : verifier.check(data));
  assert.deepEqual(outcome(() => run(Buffer.from(token))), outcome(() => run(token)));
  return run(token);
}

function outcome(step) {
  try {
    return step();
  } catch (error) {
    return error.reason;
  }
}

test("every case of the vectors", async (all) => {
  assert.ok(page.cases.length > 150);
  for (const given of page.cases) {
    await all.test(given.name, () => {
      if (given.reason === null) {
        assert.equal(check(given).subject, page.subject);
        return;
      }
      assert.throws(
        () => check(given),
        (error) => error instanceof CheckError && ["*", error.reason].includes(given.reason),
      );
    });
  }
});

test("what credentials attest", () => {
  const named = (name) => page.cases.find((each) => each.name === name);
  const { standing, audience, ...person } = check(named("a credential"));
  assert.deepEqual([standing, audience, "publicAccountId" in person], [null, page.cases[0].audience, false]);
  const found = check(named("a credential of a public account, where one is asked for"));
  assert.deepEqual([found.publicAccountId, "standing" in found], ["pub_1", false]);
});

test("the lists of the draft", () => {
  const { short, long } = read("status_list.json");
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
