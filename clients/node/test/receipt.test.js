// The offline check of receipts against the project's vectors, which the program and the page pass, too.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { CheckError, checkReceipt } from "idvault-client/offline";

const folder = process.env.IDVAULT_VECTORS ?? new URL("../../../tests/vectors", import.meta.url).pathname;
const page = JSON.parse(readFileSync(`${folder}/receipt.json`, "utf8"));
const keys = { publicKey: page.log, witnesses: [page.witness] };
const at = (value, path) => path.split(".").reduce((each, name) => each[name], value);

function receiptOf(given) {
  const made = structuredClone(page.receipts[given.of]);
  const taken = Object.entries(given.take ?? {}).map(([path, source]) => [path, at(page.receipts[source], path)]);
  for (const [path, value] of [...taken, ...Object.entries(given.set ?? {})]) {
    const before = path.split(".");
    const name = before.pop();
    const place = before.reduce((each, step) => each[step], made);
    if (value !== null) {
      place[name] = value;
    } else if (Array.isArray(place)) {
      place.splice(Number(name), 1);
    } else {
      delete place[name];
    }
  }
  return JSON.stringify(made);
}

const refused = (reason) => (error) => error instanceof CheckError && error.reason === reason;

test("every case of the vectors", async (all) => {
  assert.ok(page.cases.length > 300);
  for (const given of page.cases) {
    await all.test(given.name, () => {
      const text = receiptOf(given);
      if (given.reason === null) {
        assert.equal(checkReceipt(text, keys).accountToken, JSON.parse(text).accountToken);
      } else {
        assert.throws(() => checkReceipt(text, keys), refused(given.reason));
      }
    });
  }
});

test("what a receipt proves", () => {
  const { record, recordDigest } = page.receipts.person;
  const found = checkReceipt(Buffer.from(JSON.stringify(page.receipts.person)), keys);
  assert.deepEqual(found, {
    accountToken: record.accountToken,
    recordDigest: Buffer.from(recordDigest, "base64").toString("hex"),
    quorum: { threshold: 2, custodians: ["custodian-a", "custodian-b", "custodian-c"], id: record.sealingQuorumId },
    sealedAt: new Date("2026-02-01T12:30Z"),
    index: found.index,
    witnessed: true,
  });
});

test("whose signatures it needs", () => {
  const text = JSON.stringify(page.receipts.person);
  assert.equal(checkReceipt(text, { publicKey: page.log }).witnessed, false);
  assert.equal(checkReceipt(text, { ...keys, quorum: 0 }).witnessed, false);
  for (const wrong of [{ publicKey: page.witness }, { publicKey: page.log.slice(0, -4) }, { publicKey: "x" },
    { ...keys, quorum: 2 }, { ...keys, witnesses: [page.log] }]) {
    assert.throws(() => checkReceipt(text, wrong), refused("KEY_INVALID"));
  }
  const { checkpoint, ...rest } = page.receipts.person;
  const lines = Buffer.from(checkpoint.note, "base64").toString().split("\n");
  const without = (place) => {
    const note = Buffer.from(lines.filter((_, each) => each !== place).join("\n")).toString("base64");
    return JSON.stringify({ ...rest, checkpoint: { note } });
  };
  // The last line is the witness's, the one before the log's; with neither there is no note.
  assert.throws(() => checkReceipt(without(lines.length - 2), keys), refused("LOG_INVALID"));
  assert.equal(checkReceipt(without(lines.length - 2), { publicKey: page.log }).witnessed, false);
  assert.throws(() => checkReceipt(without(lines.length - 3), keys), refused("LOG_INVALID"));
  assert.throws(() => checkReceipt(without(2), keys), refused("LOG_INVALID"));
});

test("what is no receipt", () => {
  const { person } = page.receipts;
  const wrong = [{ ...person, unknown: 1 }, { ...person, entry: [] }, { ...person, accountToken: 1 },
    { ...person, record: { ...person.record, formatVersion: 1.5 } }, { ...person, recordDigest: "_" }];
  for (const text of ["", "x", "[]", "{}", ...wrong.map((each) => JSON.stringify(each))]) {
    assert.throws(() => checkReceipt(text, keys), refused("NOT_A_RECEIPT"));
  }
});
