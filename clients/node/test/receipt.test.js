// The offline check of receipts beside the common vectors: what it returns, and what it demands.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CheckError, checkReceipt } from "idvault-client/offline";

import { bytesOf, load } from "./vectors.js";

const page = load("receipt");
const [witness] = page.witnesses;
const keys = { publicKey: page.log, witnesses: [witness] };
const person = JSON.parse(page.inputs.person);

const refused = (reason) => (error) => error instanceof CheckError && error.reason === reason;

test("what a receipt proves", () => {
  const { record, recordDigest } = person;
  const found = checkReceipt(Buffer.from(JSON.stringify(person)), keys);
  assert.deepEqual(found, {
    accountToken: record.accountToken,
    recordDigest: Buffer.from(recordDigest, "base64").toString("hex"),
    quorum: { threshold: 2, custodians: ["custodian-a", "custodian-b", "custodian-c"], id: record.sealingQuorumId },
    sealedAt: new Date("2026-02-01T12:30Z"),
    index: found.index,
    witnessed: true,
    rosterVersion: null,
    rosterCompared: false,
  });
});

test("whose signatures it needs", () => {
  const text = JSON.stringify(person);
  assert.equal(checkReceipt(text, { publicKey: page.log }).witnessed, false);
  assert.equal(checkReceipt(text, { ...keys, quorum: 0 }).witnessed, false);
  for (const wrong of [{ publicKey: witness }, { publicKey: page.log.slice(0, -4) }, { publicKey: "x" },
    { ...keys, quorum: 2 }, { ...keys, witnesses: [page.log] }]) {
    assert.throws(() => checkReceipt(text, wrong), refused("KEY_INVALID"));
  }
  const { checkpoint, ...rest } = person;
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
  const wrong = [{ ...person, unknown: 1 }, { ...person, entry: [] }, { ...person, accountToken: 1 },
    { ...person, record: { ...person.record, formatVersion: 1.5 } }, { ...person, recordDigest: "_" }];
  for (const text of ["", "x", "[]", "{}", ...wrong.map((each) => JSON.stringify(each))]) {
    assert.throws(() => checkReceipt(text, keys), refused("NOT_A_RECEIPT"));
  }
});

test("a later epoch needs its statement", () => {
  const given = page.cases.find((each) => each.reason === "EPOCH_INVALID");
  const receipt = bytesOf(page, given.input);
  const [, digest] = / ([0-9a-f]{64})\n/.exec(Buffer.from(JSON.parse(receipt).checkpoint.note, "base64"));
  assert.throws(() => checkReceipt(receipt, { ...keys, statements: ["0".repeat(64)] }), refused("EPOCH_INVALID"));
  assert.equal(checkReceipt(receipt, { ...keys, statements: [digest] }).accountToken, person.accountToken);
});

test("a text of no Unicode", () => {
  assert.throws(() => checkReceipt(`{"accountToken":"\ud800"}`, keys), refused("NOT_A_RECEIPT"));
});
