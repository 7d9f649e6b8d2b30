// The offline readers against the common vectors: each verdict, and each reason.

import assert from "node:assert/strict";
import { test } from "node:test";

import { CheckError, checkPlatforms, checkReceipt, StatusVerifier } from "idvault-client/offline";

import { decode, decodeStandard } from "../dist/offline/base64.js";
import { LogError } from "../dist/offline/error.js";
import { isIncluded } from "../dist/offline/inclusion.js";
import { parse, TooLongError } from "../dist/offline/json.js";
import { checkpoint, parseKey, policyOf } from "../dist/offline/note.js";
import { checkInForce, RosterError } from "../dist/offline/roster.js";
import { verifyChain } from "../dist/offline/roster_chain.js";
import { bytesOf, load } from "./vectors.js";

const hex = (text) => Buffer.from(text, "hex");

/** Returns the reason for which a step refuses, null if it does not. */
function reasonOf(step) {
  try {
    step();
    return null;
  } catch (error) {
    if (error instanceof CheckError || error instanceof LogError) {
      return error.reason;
    }
    if (error instanceof TooLongError) {
      return "TOO_LONG";
    }
    if (error instanceof RosterError) {
      return "ROSTER_INVALID";
    }
    assert.ok(error instanceof SyntaxError, error);
    return "MALFORMED";
  }
}

function status(page, given) {
  const of = { ...page, ...given };
  let seconds = of.listed_at;
  const verifier = new StatusVerifier({
    jwks: bytesOf(page, of.jwks),
    audience: of.audience,
    ...(of.issuer === undefined ? {} : { issuer: of.issuer }),
    ...(of.max_list_age === undefined ? {} : { maxListAge: of.max_list_age }),
    ...(of.minimum_assurance === undefined ? {} : { minimumAssurance: of.minimum_assurance }),
    now: () => new Date(seconds * 1000),
  });
  of.lists.forEach((each) => verifier.addList(bytesOf(page, each)));
  seconds = of.now;
  const token = bytesOf(page, of.token);
  const check = (data) => (of.asks === "public account" ? verifier.checkPublicAccount(data) : verifier.check(data));
  const found = [() => check(token), () => check(token.toString("latin1"))].map(reasonOf);
  assert.equal(found[0], found[1]);
  check(token);
}

function receipt(page, given) {
  const { log, witnesses, quorum } = { ...page, ...given };
  const keys = given.roster === undefined ? { witnesses, quorum } : { roster: named(page, given.roster) };
  checkReceipt(bytesOf(page, given.input), { publicKey: log, ...keys });
}

function platforms(page, given) {
  const { beside, log, report } = { ...page, ...given };
  const note = beside === null ? null : bytesOf(page, beside);
  checkPlatforms(bytesOf(page, given.input), { note, report: bytesOf(page, report), publicKey: log });
}

const named = (page, names) => names.map((name) => Buffer.from(page.inputs[name], "latin1"));

function roster(page, given) {
  checkInForce(verifyChain([...named(page, given.before ?? []), bytesOf(page, given.input)]).at(-1));
}

function note(page, given) {
  const { log, witnesses, quorum } = { ...page, ...given };
  const keys = witnesses.map((each) => parseKey(each, 4));
  checkpoint(bytesOf(page, given.input), policyOf(parseKey(log, 1), keys, quorum));
}

function base64(page, given) {
  const text = bytesOf(page, given.input).toString();
  return given.alphabet === "url" ? decode(text) : decodeStandard(text);
}

function inclusion(page, given) {
  const place = { leaf: hex(given.leaf), index: BigInt(given.index), size: BigInt(given.size), root: hex(given.root) };
  if (!isIncluded(given.hashes.map(hex), place)) {
    throw new LogError("NOT_IN_LOG", "the entry is not in the log");
  }
}

const READERS = {
  json: (page, given) => parse(bytesOf(page, given.input), page.limit),
  base64,
  checkpoint: note,
  inclusion,
  platforms,
  receipt,
  roster,
  status,
};

for (const [name, read] of Object.entries(READERS)) {
  test(`the vectors of ${name}`, () => {
    const page = load(name);
    // The numbers of platforms are compared with the log by the program alone.
    page.cases = page.cases.filter((given) => name !== "platforms" || given.published === undefined);
    assert.ok(page.cases.length > 250);
    const different = page.cases
      .map((given) => [given.name, given.reason, reasonOf(() => read(page, given))])
      .filter(([, expected, found]) => expected !== found);
    assert.deepEqual(different, []);
  });
}
