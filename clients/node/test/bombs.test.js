// Files that would fill a reader, or keep it busy: each of the offline readers takes less than 200 MiB of memory and time
// that is linear in the bytes, and refuses what is longer than such a file can be.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync, createHash, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { deflateSync } from "node:zlib";

import { load } from "./vectors.js";

const MOST_MIB = 200;
// A run of the whole project's tests reads one third of them.
const THIRDS = Number(process.env.IDVAULT_NODE_THIRDS ?? 3);
const [MIB, TOKEN] = [1024 * 1024, 16 * 1024];
const LIMITS = { receipt: MIB, roster: MIB, "key set": MIB, list: MIB, token: TOKEN };
const LONG = { receipt: "TOO_LONG", roster: "ROSTER_INVALID", "key set": "JWKS_INVALID", list: "LIST_TOO_LONG", token: "TOO_LONG" };
// Generous, because the machine may be busy: what is quadratic takes sixteen times as long.
const [TIMES, MOST_TIMES, SPREAD] = [4, 9, 0.25];

const folder = mkdtempSync(join(tmpdir(), "idvault-bombs-"));
after(() => rmSync(folder, { recursive: true }));
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const { x } = publicKey.export({ format: "jwk" });
const kid = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
const jwks = file("jwks.json", JSON.stringify({
  keys: [{ kty: "OKP", crv: "Ed25519", x, kid, purpose: "status-list" }],
}));
const person = JSON.parse(load("receipt").inputs.person);

function file(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const among = (first, unit, last, size) => first + unit.repeat((size - first.length - last.length) / unit.length) + last;
const members = (size) => `{${Array.from({ length: size / 14 }, (_, at) => `"${at.toString(16)}":0`).join(",")}}`;
const encoded = (value) => Buffer.from(value).toString("base64url");

/** Returns a list that the vault's key signed, of so many bytes; claims: the text of its claims, of so many. */
function signedList(claims) {
  const text = `${encoded(JSON.stringify({ alg: "EdDSA", typ: "statuslist+jwt", kid }))}.${encoded(claims)}`;
  return `${text}.${encoded(sign(null, Buffer.from(text), privateKey))}`;
}

function compressed(size) {
  // Zeros of a thousand times the size of their stream.
  const lst = encoded(deflateSync(Buffer.alloc(size * 64)));
  const [iat, exp] = [Math.floor(Date.now() / 1000) - 1, Math.floor(Date.now() / 1000) + 3600];
  return signedList(JSON.stringify({ iss: "x", sub: "x", iat, exp, status_list: { bits: 1, lst } }));
}

/** Returns the person's receipt with another note. */
function withNote(note) {
  return JSON.stringify({ ...person, checkpoint: { note: Buffer.from(note).toString("base64") } });
}

const withLeaf = (leaf) => JSON.stringify({ ...person, entry: { ...person.entry, leaf: leaf.toString("base64") } });
const withList = (name, unit, size) => {
  const text = JSON.stringify({ ...person, [name]: 0 });
  return text.replace(`"${name}":0`, `"${name}":${among("", unit, "", Math.max(unit.length, size - text.length))}`);
};

const DOCUMENTS = {
  objects: (size) => among('{"keys":[', "{},", "{}]}", size),
  "lists": (size) => among('{"keys":[', "[],", "[]]}", size),
  "members": (size) => among('{"keys":[', '{"":0},', "0]}", size),
  "numbers": (size) => among('{"keys":[', "257,", "0]}", size),
  "texts": (size) => among('{"keys":[', '"ab",', "0]}", size),
  "nulls": (size) => among('{"keys":[', "null,", "0]}", size),
  "nested lists": (size) => "[".repeat(size),
  "nested objects": (size) => '{"a":'.repeat(size / 5),
  "digits": (size) => among('{"keys":', "9", "}", size),
  "zeros": (size) => among('{"keys":0.', "0", "1e1}", size),
  "names": members,
  "one text": (size) => among('{"keys":"', "a", '"}', size),
  "one text without end": (size) => among('{"keys":"', "a", "", size),
  "escapes": (size) => among('{"keys":"', "\\u0041", '"}', size),
  "escapes without end": (size) => among('{"keys":"', "\\\\", "", size),
  "spaces": (size) => among("{", " ", "}", size),
  "spaces within": (size) => among("x", " ", "x", size),
  "spaces without end": (size) => " ".repeat(size),
  "dots": (size) => ".".repeat(size),
  "three parts": (size) => `${"A".repeat(size / 3 - 2)}.${"A".repeat(size / 3 - 2)}.${"A".repeat(size / 3 - 2)}`,
  "no ASCII": (size) => among("{", "\u00e9", "}", size),
  "pairs": (size) => `{"keys":"${"\u{1f600}".repeat(size / 4 - 8)}"}`,
};
const OF_RECEIPTS = {
  "a note of lines": (size) => withNote("a\n".repeat(size * 0.3)),
  "a note of extensions": (size) => withNote(`log.example/idvault\n1\n${"A".repeat(43)}=\n${"a\n".repeat(size * 0.3)}\n\u2014 a AAAAAAA=\n`),
  "a note of empty lines": (size) => withNote("\n".repeat(size * 0.6)),
  "a note of signatures": (size) => withNote(`a\n\n${"\u2014 a AAAAAAA=\n".repeat(size * 0.03)}`),
  "a note of one line": (size) => withNote("a".repeat(size * 0.6)),
  "a note of one name": (size) => withNote(`a\n\n\u2014 ${"a".repeat(size * 0.6)} AAAAAAA=\n`),
  "a leaf of empty parts": (size) => withLeaf(Buffer.alloc(Math.floor(size * 0.6))),
  "a leaf of one part": (size) => {
    const leaf = Buffer.alloc(Math.floor(size * 0.6));
    leaf.writeUInt32BE(leaf.length - 4);
    return withLeaf(leaf);
  },
  "hashes": (size) => {
    const { proof } = person.entry;
    const hashes = Array.from({ length: Math.floor((size - 4000) / 47) }, () => proof.hashes[0]);
    return JSON.stringify({ ...person, entry: { ...person.entry, proof: { ...proof, hashes } } });
  },
  "custodians": (size) => {
    const [one] = person.sealingQuorum.custodians;
    const custodians = Array.from({ length: Math.floor((size - 4000) / 95) }, () => one);
    return JSON.stringify({ ...person, sealingQuorum: { threshold: 2, custodians } });
  },
  "members again": (size) => withList("claimId", '"",'.repeat(8), size),
};
const OF_LISTS = {
  "a compressed list": (size) => compressed(size),
  "claims of objects": (size) => signedList(DOCUMENTS.objects(Math.floor(size * 0.7))),
  "claims of names": (size) => signedList(members(Math.floor(size * 0.7))),
};

/** Reads a document in a process of its own. */
function read(reader, document, more = {}) {
  const path = file("bomb", document);
  const done = spawnSync(process.execPath, ["test/bomb.js", reader, path, jwks], { encoding: "utf8", timeout: 120_000, ...more });
  assert.equal(done.status, 0, `${reader}: ${done.signal ?? ""} ${done.stderr}`);
  return JSON.parse(done.stdout);
}

// They have one reader of JSON, so what floods that alone is read once, as a receipt.
const OF_EACH = Object.fromEntries(
  ["objects", "members", "texts", "names", "one text", "spaces", "spaces within", "dots", "three parts"].map((kind) => [kind, DOCUMENTS[kind]]),
);
const KINDS = Object.entries({
  receipt: { ...DOCUMENTS, ...OF_RECEIPTS },
  roster: OF_EACH,
  "key set": OF_EACH,
  list: { ...OF_EACH, ...OF_LISTS },
  token: OF_EACH,
});

for (const [turn, [reader, documents]] of KINDS.entries()) {
  const some = (all) => all.filter((_, at) => (at + turn) % 3 < THIRDS);
  test(`nothing fills the reader of a ${reader}`, () => {
    const limit = LIMITS[reader];
    const much = [];
    for (const [kind, make] of some(Object.entries(documents))) {
      const large = read(reader, make(Math.floor(limit * 0.99)));
      assert.notEqual(large.reason, null, kind);
      // What takes no longer than this need not be compared.
      const small = large.cpu < SPREAD ? large : read(reader, make(Math.floor((limit * 0.99) / TIMES)));
      if (large.mib > MOST_MIB || large.cpu > MOST_TIMES * small.cpu + SPREAD) {
        much.push([kind, large, small]);
      }
    }
    assert.deepEqual(much, []);
  });

  test(`a ${reader} has a greatest length`, () => {
    for (const size of [LIMITS[reader] + 1, LIMITS[reader] * 32]) {
      for (const kind of some(["objects", "one text", "spaces"])) {
        const found = read(reader, documents[kind](size).padEnd(size, " "));
        assert.equal(found.reason, LONG[reader], kind);
        assert.ok(found.mib < MOST_MIB, kind);
      }
    }
  });
}
