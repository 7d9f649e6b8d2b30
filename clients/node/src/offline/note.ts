// Signed notes (C2SP signed-note, cosignature/v1 of tlog-cosignature) and checkpoints (tlog-checkpoint).
//
// - Every line of a known key must verify; lines of unknown keys are ignored.
// - A checkpoint needs the log's signature, and the cosignatures of as many different witnesses as demanded.
// - A checkpoint of a later epoch names the statement that began it, in its fourth line.

import { createHash, createPublicKey, verify, type KeyObject } from "node:crypto";

import { decodeStandard } from "./base64.js";
import { LogError } from "./error.js";
import { isWeak } from "./jose.js";

const MOST_BYTES = 1_000_000;
const MOST_SIGNATURES = 100;
/** The kinds of keys: of a log, and of a witness. */
export const [LOG, WITNESS] = [1, 4] as const;
const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;
const HIGHEST = 2n ** 63n;
const NAME = /^[^\p{White_Space}+\u0000-\u001f]+$/u;
const NOT_IN_TEXTS = /[\u0000-\u0009\u000b-\u001f]/;
const EPOCH = /^epoch ([2-9]|[1-9][0-9]{1,8}) ([0-9a-f]{64})$/;
const EMPTY_ROOT = createHash("sha256").digest();

/** A verifier key, NAME+KEYID+BASE64. */
export interface VerifierKey {
  readonly name: string;
  readonly algorithm: number;
  readonly id: string;
  readonly key: KeyObject;
  readonly publicKey: string;
}

/** Whose signatures a checkpoint needs. version: of the roster that demands them. */
export interface Policy {
  readonly log: VerifierKey;
  readonly witnesses: readonly VerifierKey[];
  readonly quorum: number;
  readonly version?: number;
}

/** A log's number of entries, its root, and the digest of the statement that began its epoch; "" for the first one. */
export interface Checkpoint {
  readonly size: bigint;
  readonly root: Buffer;
  readonly statement: string;
}

/** Returns the policy of these keys; quorum: all of them if it is left out. Throws LogError (KEY_INVALID). */
export function policyOf(log: VerifierKey, witnesses: readonly VerifierKey[], quorum: number | undefined): Policy {
  const different = new Set(witnesses.map((each) => each.publicKey));
  const demanded = quorum ?? different.size;
  if (different.has(log.publicKey) || !Number.isInteger(demanded) || demanded < 0 || demanded > different.size) {
    throw new LogError("KEY_INVALID", "the log is no witness of its own, and no more can be demanded than there are");
  }
  return { log, witnesses, quorum: demanded };
}

/** Returns a checkpoint that meets a policy; throws LogError. */
export function checkpoint(note: Uint8Array, policy: Policy): Checkpoint {
  const { text, signers } = open(note, policy.log, policy.witnesses);
  const found = read(text, policy.log.name);
  const cosigned = new Set(signers.filter((key) => key.algorithm === WITNESS).map((key) => key.publicKey));
  if (cosigned.size < policy.quorum) {
    throw new LogError("NOT_COSIGNED", "too few witnesses cosigned the checkpoint");
  }
  return { ...found, statement: statementOf(text) };
}

/** Returns the text of a note that the log signed; throws LogError. */
export function signedText(note: Uint8Array, log: VerifierKey): string {
  return open(note, log, []).text;
}

function open(note: Uint8Array, log: VerifierKey, witnesses: readonly VerifierKey[]): { text: string; signers: VerifierKey[] } {
  const { text, signatures } = parse(note);
  const known = signatures.flatMap(({ name, id, value }) => {
    const key = [log, ...witnesses].find((each) => each.name === name && each.id === id);
    return key === undefined ? [] : [{ key, value }];
  });
  if (!known.every(({ key, value }) => signed(key, text, value))) {
    throw new LogError("SIGNATURE_INVALID", "a signature does not verify");
  }
  if (!known.some(({ key }) => key === log)) {
    throw new LogError("SIGNATURE_INVALID", "the log did not sign the note");
  }
  return { text, signers: known.map(({ key }) => key) };
}

function read(text: string, origin: string): { size: bigint; root: Buffer } {
  const lines = text.split("\n");
  const [name, size, root] = lines;
  if (size === undefined || root === undefined || name === "" || lines.slice(3, -1).includes("")) {
    throw malformed("the lines are not an origin, a size and a root");
  }
  const found = { size: SIZE.test(size) ? BigInt(size) : HIGHEST, root: standard(root) };
  if (found.size >= HIGHEST || found.root.length !== 32) {
    throw malformed("the size or the root is not valid for a tree");
  }
  if (name !== origin) {
    throw new LogError("OTHER_LOG", "the checkpoint is another log's");
  }
  if (found.size === 0n && !found.root.equals(EMPTY_ROOT)) {
    throw malformed("the root of an empty tree is wrong");
  }
  return found;
}

function statementOf(text: string): string {
  const [first, ...more] = text.split("\n").slice(3, -1);
  const digest = EPOCH.exec(first ?? "")?.[2];
  if (more.some((line) => line.startsWith("epoch ")) || (first?.startsWith("epoch ") && digest === undefined)) {
    throw malformed("the fourth line names no epoch, or a later line does");
  }
  return digest ?? "";
}

/** Returns a verifier key of this kind; throws LogError (KEY_INVALID). */
export function parseKey(text: string, algorithm: number): VerifierKey {
  const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? [];
  let material;
  try {
    material = decodeStandard(encoded);
  } catch (error) {
    throw error instanceof SyntaxError ? new LogError("KEY_INVALID", "this is not a verifier key") : error;
  }
  const publicKey = material.subarray(1);
  const isOne = name !== undefined && NAME.test(name) && material[0] === algorithm && !isWeak(publicKey);
  const found = isOne ? keyOf(name, algorithm, publicKey) : undefined;
  if (found === undefined || found.id !== id) {
    throw new LogError("KEY_INVALID", "this is not a verifier key of this type");
  }
  return found;
}

/** Returns the verifier key of a name and of 32 bytes that are no weak key. */
export function keyOf(name: string, algorithm: number, publicKey: Buffer): VerifierKey {
  const hash = createHash("sha256").update(`${name}\n`).update(Buffer.of(algorithm)).update(publicKey);
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: publicKey.toString("base64url") }, format: "jwk" });
  return { name, algorithm, id: hash.digest("hex").slice(0, 8), key, publicKey: publicKey.toString("hex") };
}

function parse(note: Uint8Array): { text: string; signatures: { name: string; id: string; value: Buffer }[] } {
  if (note.length > MOST_BYTES) {
    throw new LogError("TOO_LONG", "the note is too long");
  }
  let whole;
  try {
    whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(note);
  } catch {
    throw malformed("the note is not UTF-8");
  }
  const cut = whole.lastIndexOf("\n\n");
  const text = whole.slice(0, cut + 1);
  const lines = whole.slice(cut + 2).split("\n");
  if (cut < 0 || NOT_IN_TEXTS.test(text) || lines.pop() !== "" || lines.length === 0 || lines.length > MOST_SIGNATURES) {
    throw malformed("this is no signed note");
  }
  return { text, signatures: lines.map(signature) };
}

function signature(line: string): { name: string; id: string; value: Buffer } {
  const [dash, name, encoded, ...more] = line.split(" ");
  const raw = standard(encoded);
  if (dash !== "\u2014" || name === undefined || !NAME.test(name) || more.length > 0 || raw.length < 5) {
    throw malformed("a signature line is malformed");
  }
  return { name, id: raw.subarray(0, 4).toString("hex"), value: raw.subarray(4) };
}

function signed(key: VerifierKey, text: string, value: Buffer): boolean {
  if (key.algorithm === LOG) {
    return value.length === 64 && verify(null, Buffer.from(text), key.key, value);
  }
  if (value.length !== 72) {
    return false;
  }
  const time = value.readBigUInt64BE(0);
  return time < HIGHEST && verify(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), key.key, value.subarray(8));
}

function standard(text: string | undefined): Buffer {
  try {
    return decodeStandard(text);
  } catch (error) {
    throw error instanceof SyntaxError ? malformed("something is not base64") : error;
  }
}

function malformed(text: string): LogError {
  return new LogError("MALFORMED", text);
}
