// One version of a roster (docs/formats.md, section 8): who its members, quorums and witnesses are. Every field is
// required and no other is allowed, so that nobody signs what a reader passes over.

import { createPublicKey, diffieHellman, generateKeyPairSync } from "node:crypto";

import { decode } from "./base64.js";
import { encode } from "./encoding.js";
import { sha256 } from "./inclusion.js";
import { isWeak } from "./jose.js";
import { parseObject, TooLongError, type JsonObject } from "./json.js";

const MOST_BYTES = 1024 * 1024;
const MOST_CUSTODIANS = 255;
const ROLES = ["auditor", "custodian", "operator", "authority"];
const X25519 = "DHKEM-X25519/HKDF-SHA256/AES-256-GCM";
const X_WING = "MLKEM768-X25519/HKDF-SHA256/AES-256-GCM";
// A public key of ML-KEM-768: 768 numbers of 12 bits below 3329, then 32 bytes (FIPS 203).
const [ML_KEM_NUMBERS, ML_KEM_BYTES, BELOW] = [1152, 1184, 3329];
const MEMBER_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const ACTOR = /^[0-9a-f]{32}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const PRINTABLE = /^(?:[^\p{C}\p{Z}]| ){1,200}$/u;
const WITNESS_NAME = /^[^\p{White_Space}+\u0000-\u001f\u007f-\u009f]{1,200}$/u;
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

/** The roster is not valid; the text is the cause. */
export class RosterError extends Error {}

/** A member; its keys are in hex. */
export interface Member {
  readonly name: string;
  readonly role: string;
  readonly actorId: string;
  readonly suite: string;
  readonly hpke: string;
  readonly ed25519: string;
  readonly spki: string;
}

/** A quorum; id: in hex. */
export interface Quorum {
  readonly name: string;
  readonly threshold: number;
  readonly custodians: readonly Member[];
  readonly id: string;
}

/** Whose cosignatures a checkpoint needs, and of how many of them; keys are in hex. */
export interface Witnesses {
  readonly threshold: number;
  readonly witnesses: readonly { readonly name: string; readonly ed25519: string }[];
}

/** One version, whose signatures are not verified yet. content: the signed bytes. */
export interface Roster {
  readonly version: number;
  readonly development: boolean;
  readonly people: readonly Member[];
  readonly quorums: readonly Quorum[];
  readonly witness: Witnesses | null;
  readonly signatures: readonly { readonly name: string; readonly signature: Buffer }[];
  readonly content: Buffer;
}

/** Returns the roster in a file; throws RosterError. */
export function parseRoster(file: Uint8Array): Roster {
  try {
    return read(parseObject(file, MOST_BYTES));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TooLongError) {
      throw new RosterError(error.message);
    }
    throw error;
  }
}

/** Throws RosterError unless a condition holds. */
export function demand(condition: boolean, text: string): asserts condition {
  if (!condition) {
    throw new RosterError(text);
  }
}

/** Throws RosterError unless this version may be in force. */
export function checkInForce({ development, people, witness }: Roster): void {
  if (development && witness === null) {
    return;
  }
  demand(witness !== null, "the roster names no witnesses");
  demand(2 * witness.threshold > witness.witnesses.length, "no more than half of the witnesses are demanded");
  const [keys, spkis] = [people.map((each) => each.ed25519), people.map((each) => each.spki)];
  for (const { ed25519 } of witness.witnesses) {
    const spki = sha256(SPKI, Buffer.from(ed25519, "hex")).toString("hex");
    demand(!keys.includes(ed25519) && !spkis.includes(spki), "a member of the roster is a witness");
  }
}

function read(document: JsonObject): Roster {
  exactly(document, "version", "development", "people", "quorums", "witness", "signatures");
  const [version, development] = [whole(document.get("version")), document.get("development")];
  demand(version > 0, "version must be 1 or more");
  demand(typeof development === "boolean", "development must be true or false");
  const people = array(document.get("people")).map(member);
  for (const of of ["name", "actorId", "hpke", "ed25519", "spki"] as const) {
    different(people.map((each) => each[of]));
  }
  const quorums = array(document.get("quorums")).map((each) => quorum(each, people, development));
  demand(quorums.length > 0, "there is no quorum");
  different(quorums.map((each) => each.name));
  const signatures = array(document.get("signatures")).map(signature);
  different(signatures.map((each) => each.name));
  const body = new Map([...document].filter(([name]) => name !== "signatures"));
  const content = encode("idvault/roster/v1", canonical(body));
  return { version, development, people, quorums, witness: witnesses(document.get("witness")), signatures, content };
}

function member(value: unknown): Member {
  const fields = object(value);
  exactly(fields, "name", "role", "organisation", "actor_id", "hpke", "ed25519", "spki");
  const hpke = object(fields.get("hpke"));
  exactly(hpke, "suite", "public_key");
  const [role, suite] = [text(fields.get("role"), PRINTABLE), text(hpke.get("suite"), PRINTABLE)];
  demand(ROLES.includes(role), "this is no role");
  text(fields.get("organisation"), PRINTABLE);
  const key = decode(hpke.get("public_key"));
  demand(isSealable(suite, key), "nothing can be sealed to a key");
  return {
    name: text(fields.get("name"), MEMBER_NAME),
    role,
    actorId: text(fields.get("actor_id"), ACTOR),
    suite,
    hpke: key.toString("hex"),
    ed25519: signingKey(fields.get("ed25519")),
    spki: text(fields.get("spki"), DIGEST),
  };
}

function quorum(value: unknown, people: readonly Member[], development: boolean): Quorum {
  const fields = object(value);
  exactly(fields, "name", "threshold", "custodians");
  const [name, threshold] = [text(fields.get("name"), MEMBER_NAME), whole(fields.get("threshold"))];
  const named = new Map(people.map((each) => [each.name, each]));
  const custodians = array(fields.get("custodians")).map((each) => {
    const found = named.get(text(each, PRINTABLE));
    demand(found?.role === "custodian", "a quorum names somebody who is no custodian");
    return found;
  });
  different(custodians.map((each) => each.name));
  demand(custodians.length <= MOST_CUSTODIANS, "a quorum has too many custodians");
  demand(threshold >= 1 && threshold <= custodians.length, "the threshold is not from 1 to the number of custodians");
  demand(development || (threshold >= 2 && custodians.length > threshold), "one custodian opens alone, or none may be lost");
  demand(new Set(custodians.map((each) => each.suite)).size === 1, "custodians have different suites");
  const parts = custodians.flatMap((each) => [each.name, Buffer.from(each.hpke, "hex")]);
  const id = sha256(encode("idvault/quorum/v1", String(threshold), ...parts)).toString("hex");
  return { name, threshold, custodians, id };
}

function witnesses(value: unknown): Witnesses | null {
  const fields = object(value);
  if (fields.size === 0) {
    return null;
  }
  exactly(fields, "threshold", "witnesses");
  const threshold = whole(fields.get("threshold"));
  const found = array(fields.get("witnesses")).map((each) => {
    const witness = object(each);
    exactly(witness, "name", "ed25519");
    return { name: text(witness.get("name"), WITNESS_NAME), ed25519: signingKey(witness.get("ed25519")) };
  });
  different(found.map((each) => each.name));
  different(found.map((each) => each.ed25519));
  demand(threshold >= 1 && threshold <= found.length, "the threshold is not from 1 to the number of witnesses");
  return { threshold, witnesses: found };
}

function signature(value: unknown): { name: string; signature: Buffer } {
  const fields = object(value);
  exactly(fields, "name", "signature");
  const found = decode(fields.get("signature"));
  demand(found.length === 64, "a signature must have 64 bytes");
  return { name: text(fields.get("name"), MEMBER_NAME), signature: found };
}

/** Returns the suite whose public keys have this length; undefined if none has it. */
export function suiteOf(key: Buffer): string | undefined {
  return key.length === 32 ? X25519 : key.length === ML_KEM_BYTES + 32 ? X_WING : undefined;
}

/** Whether something can be sealed to a public key: of X25519, only a trial shows it (RFC 7748, section 6.1). */
export function isSealable(suite: string, key: Buffer): boolean {
  if (suite === X25519) {
    return key.length === 32 && hasShared(key);
  }
  return suite === X_WING && key.length === ML_KEM_BYTES + 32 && isInRange(key) && hasShared(key.subarray(ML_KEM_BYTES));
}

function hasShared(key: Buffer): boolean {
  const publicKey = createPublicKey({ key: { kty: "OKP", crv: "X25519", x: key.toString("base64url") }, format: "jwk" });
  try {
    return diffieHellman({ privateKey: generateKeyPairSync("x25519").privateKey, publicKey }).some((each) => each !== 0);
  } catch {
    return false;
  }
}

function isInRange(key: Buffer): boolean {
  for (let at = 0; at < ML_KEM_NUMBERS; at += 3) {
    const [low, middle, high] = [key[at]!, key[at + 1]!, key[at + 2]!];
    if ((low | ((middle & 15) << 8)) >= BELOW || ((middle >> 4) | (high << 4)) >= BELOW) {
      return false;
    }
  }
  return true;
}

/** Returns RFC 8785 JSON: names in the order of their UTF-16 code units, everything else as JavaScript writes it. */
function canonical(value: unknown): string {
  if (value instanceof Map) {
    const names = [...(value as JsonObject).keys()].sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value.get(name))}`).join(",")}}`;
  }
  return Array.isArray(value) ? `[${value.map(canonical).join(",")}]` : JSON.stringify(value);
}

function exactly(fields: JsonObject, ...names: string[]): void {
  demand(fields.size === names.length && names.every((name) => fields.has(name)), "a field is missing or not known");
}

function object(value: unknown): JsonObject {
  demand(value instanceof Map, "something is not an object");
  return value as JsonObject;
}

function array(value: unknown): unknown[] {
  demand(Array.isArray(value), "something is not a list");
  return value as unknown[];
}

function text(value: unknown, form: RegExp): string {
  demand(typeof value === "string" && form.test(value), "a text has another form");
  return value;
}

function whole(value: unknown): number {
  demand(typeof value === "number" && value >= 0, "something is not a whole number");
  return value;
}

function signingKey(value: unknown): string {
  const key = decode(value);
  demand(!isWeak(key), "a key is no Ed25519 key, or a weak one");
  return key.toString("hex");
}

function different(values: readonly string[]): void {
  demand(new Set(values).size === values.length, "something stands twice");
}
