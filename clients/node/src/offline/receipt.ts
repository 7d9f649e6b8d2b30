// Checks a receipt (docs/formats.md, section 11), in this order; anything missing, unknown or unproved is refused:
//
// 1. its checkpoint is signed by the log, and by the witnesses if any are given, and is of an epoch whose statement the
//    caller knows,
// 2. its entry is a claim's settlement and commits to this account, this claim, its success and this record digest,
// 3. the entry is in the tree of the checkpoint, and the vault itself made it,
// 4. the record has this digest, is of this account and of a known format, and the quorum is the one that it was
//    sealed for, and one that a roster could have,
// 5. the quorum is in a version of the published roster, if that is given.

import { createHmac } from "node:crypto";

import { decodeStandard } from "./base64.js";
import { encode, partsOf } from "./encoding.js";
import { CheckError, LogError } from "./error.js";
import { isIncluded, sha256 } from "./inclusion.js";
import { parseObject, TooLongError, type JsonObject } from "./json.js";
import { checkpoint, parseKey, policyOf, LOG, WITNESS, type Checkpoint, type Policy } from "./note.js";
import { policiesOf } from "./policy.js";
import { isSealable, RosterError, suiteOf, type Roster } from "./roster.js";
import { verifyChain } from "./roster_chain.js";

const MOST_BYTES = 1024 * 1024;
const KIND = "verification:claim:settle";
// What a roster takes (docs/formats.md, section 8).
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const [FORMAT_VERSION, HASH_SIZE, MOST_CUSTODIANS] = [1, 32, 255];
const TIME = /^(?!0000)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z$/;
const DECIMAL = /^(?:0|-?[1-9][0-9]{0,15})$/;
const NAMES = {
  receipt: "accountToken claimId recordDigest quorum entry checkpoint sealingQuorum record",
  entry: "leaf openingKey proof",
  proof: "index treeSize hashes",
  checkpoint: "note",
  sealingQuorum: "threshold custodians",
  custodian: "custodian hpkePublicKey",
  record:
    "accountToken relyingParty recordId formatVersion sealingQuorumId presentQuorumId suite salt commitment ciphertext " +
    "shareHashes",
} as const;

/** Whose signatures a receipt needs. */
export interface ReceiptSettings {
  /** The log's public key, NAME+ID+KEY, from another source than the receipt. */
  readonly publicKey: string;
  /** The public keys of its witnesses; without any, the receipt may be of a copy of the log that only you are shown. */
  readonly witnesses?: readonly string[];
  /** How many of them must have cosigned; all if it is left out. */
  readonly quorum?: number;
  /**
   * The published roster, in place of witnesses: the files of all its versions, from the first to the one in force. The
   * witnesses of the last one must have cosigned, or those of a former one that might have been in force, and one of
   * the versions must have the quorum.
   */
  readonly roster?: readonly Uint8Array[];
  /**
   * The digests, in hex, of the statements by which the log has gone on after losses, each as
   * `idvault-people epoch verify` prints it. A receipt of an epoch without one of them is refused.
   */
  readonly statements?: readonly string[];
}

/** What a receipt proves. */
export interface ProvedReceipt {
  readonly accountToken: string;
  /** In hex. */
  readonly recordDigest: string;
  /**
   * null if the receipt has no record to prove it. id: in hex. Names and keys are what the vault states, unless
   * `rosterCompared` is true: else compare the id with the published roster.
   */
  readonly quorum: { readonly threshold: number; readonly custodians: readonly string[]; readonly id: string } | null;
  /** To the minute. */
  readonly sealedAt: Date;
  /** The entry's place in the log. */
  readonly index: number;
  /** Whether witnesses were demanded. */
  readonly witnessed: boolean;
  /** The version of the roster whose witnesses cosigned; null without a roster. */
  readonly rosterVersion: number | null;
  /** Whether the quorum is in the given roster. */
  readonly rosterCompared: boolean;
}

/** Returns what the JSON text of a receipt proves; throws CheckError with the reason if it does not verify. */
export function checkReceipt(receipt: string | Uint8Array, settings: ReceiptSettings): ProvedReceipt {
  const versions = versionsOf(settings);
  const policies = as("KEY_INVALID", () => policiesFor(settings, versions));
  const message = parse(receipt);
  const [entry, note] = [message.sub("entry"), message.sub("checkpoint")?.bytes("note")];
  const proof = entry?.sub("proof");
  if (entry === undefined || message.text("accountToken") === "" || entry.bytes("leaf").length === 0) {
    throw new CheckError("NOT_A_RECEIPT", "it has no account or no entry");
  }
  if (proof === undefined || note === undefined || note.length === 0) {
    throw new CheckError("NOT_COVERED", "no checkpoint covers the entry yet: ask for the receipt again");
  }
  const { policy, newest } = covering(note, policies, settings.statements ?? []);
  const leaf = checkEntry(message, entry);
  const index = proof.whole("index");
  checkIncluded(entry.bytes("leaf"), proof, newest);
  if (leaf.actor !== "system") {
    throw new CheckError("OTHER_ENTRY", "the log entry was not made by the vault itself");
  }
  const quorum = quorumOf(message);
  if (quorum !== null && versions.length > 0) {
    checkPublished(quorum.id, versions);
  }
  return {
    accountToken: message.text("accountToken"),
    recordDigest: message.bytes("recordDigest").toString("hex"),
    quorum,
    sealedAt: leaf.time,
    index,
    witnessed: policies[0]!.quorum > 0,
    rosterVersion: policy.version ?? null,
    rosterCompared: quorum !== null && versions.length > 0,
  };
}

function versionsOf({ roster, witnesses, quorum }: ReceiptSettings): Roster[] {
  if (roster === undefined) {
    return [];
  }
  if (witnesses !== undefined || quorum !== undefined) {
    throw new CheckError("KEY_INVALID", "the roster names the witnesses: give it alone");
  }
  return as("ROSTER_INVALID", () => verifyChain(roster));
}

function policiesFor({ publicKey, witnesses, quorum }: ReceiptSettings, versions: readonly Roster[]): Policy[] {
  const log = parseKey(publicKey, LOG);
  if (versions.length > 0) {
    return as("ROSTER_INVALID", () => policiesOf(versions, log));
  }
  return [policyOf(log, (witnesses ?? []).map((each) => parseKey(each, WITNESS)), quorum)];
}

/** Throws CheckError unless a version has the quorum; one for development only counts where the last one is one. */
function checkPublished(id: string, versions: readonly Roster[]): void {
  const counting = versions.filter((each) => !each.development || versions.at(-1)!.development);
  if (!counting.some((roster) => roster.quorums.some((each) => each.id === id))) {
    throw new CheckError("OTHER_QUORUM", "the quorum is in no version of the roster that was given");
  }
}

function parse(receipt: string | Uint8Array): Message {
  try {
    const message = new Message(parseObject(bytesOf(receipt), MOST_BYTES), "receipt");
    message.check();
    return message;
  } catch (error) {
    if (error instanceof TooLongError) {
      throw new CheckError("TOO_LONG", "this is longer than a receipt can be");
    }
    throw error instanceof SyntaxError ? new CheckError("NOT_A_RECEIPT", "this is not a receipt") : error;
  }
}

function bytesOf(receipt: string | Uint8Array): Uint8Array {
  if (typeof receipt === "string" && /\p{Surrogate}/u.test(receipt)) {
    throw new SyntaxError("half of a surrogate pair");
  }
  return typeof receipt === "string" ? Buffer.from(receipt) : receipt;
}

function as<T>(reason: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof LogError || error instanceof RosterError ? new CheckError(reason, error.message) : error;
  }
}

/** Returns the checkpoint, and the first policy that it meets. */
function covering(
  note: Buffer, policies: readonly Policy[], statements: readonly string[],
): { policy: Policy; newest: Checkpoint } {
  for (const policy of policies.slice(0, -1)) {
    try {
      return known(policy, checkpoint(note, policy), statements);
    } catch (error) {
      if (!(error instanceof LogError)) {
        throw error;
      }
    }
  }
  const last = policies.at(-1)!;
  return known(last, as("LOG_INVALID", () => checkpoint(note, last)), statements);
}

function known(policy: Policy, newest: Checkpoint, statements: readonly string[]): { policy: Policy; newest: Checkpoint } {
  if (newest.statement !== "" && !statements.includes(newest.statement)) {
    throw new CheckError("EPOCH_INVALID", "the log is in a later epoch, whose statement is not among those given");
  }
  return { policy, newest };
}

function checkEntry(message: Message, entry: Message): { time: Date; actor: string } {
  const [purpose, kind, time, actor, commitment, ...more] = partsOf(entry.bytes("leaf"), 7);
  const details = encode(KIND, message.text("claimId"), "SUCCEEDED", "", message.bytes("recordDigest"));
  const committed = createHmac("sha256", entry.bytes("openingKey"))
    .update(encode("idvault/log-commitment/v1", message.text("accountToken"), details))
    .digest();
  const words = [purpose, kind, time, actor].map((part) => part?.toString("latin1") ?? "");
  const at = new Date(words[2]!);
  const sound = TIME.test(words[2]!) && isDay(at, words[2]!) && /^(?:[0-9a-f]{32}|system)$/.test(words[3]!);
  // To HMAC a key with zeros behind it is the same key.
  const fits = entry.bytes("openingKey").length === 32 && words[1] === KIND && commitment?.equals(committed);
  if (!sound || !fits || !isVersion(words[0]!, more)) {
    throw new CheckError("OTHER_ENTRY", "the log entry does not commit to this receipt");
  }
  return { time: at, actor: words[3]! };
}

/** A leaf of version 2 has a platform, which an entry of this type may not name, and a tag of 16 bytes or none. */
function isVersion(purpose: string, more: readonly Buffer[]): boolean {
  if (purpose === "idvault/log-entry/v1") {
    return more.length === 0;
  }
  const [platform, tag] = more;
  const isTag = tag?.length === 0 || tag?.length === 16;
  return purpose === "idvault/log-entry/v2" && more.length === 2 && platform!.length === 0 && isTag;
}

// JavaScript takes the 30th of February for the 2nd of March.
function isDay(at: Date, text: string): boolean {
  return !Number.isNaN(at.getTime()) && `${at.toISOString().slice(0, 16)}Z` === text;
}

function checkIncluded(leaf: Buffer, proof: Message, { size, root }: Checkpoint): void {
  const place = { leaf, index: BigInt(proof.whole("index")), size, root };
  if (BigInt(proof.whole("treeSize")) !== size || !isIncluded(proof.list("hashes"), place)) {
    throw new CheckError("NOT_IN_LOG", "the entry is not in the log");
  }
}

function quorumOf(message: Message): ProvedReceipt["quorum"] {
  const [record, given] = [message.sub("record"), message.sub("sealingQuorum")];
  if (record === undefined) {
    if (given !== undefined) {
      throw new CheckError("OTHER_QUORUM", "the receipt has a quorum without the record that proves it");
    }
    return null;
  }
  checkRecord(record, message);
  const [threshold, members] = [given?.whole("threshold") ?? 0, given?.messages("custodians") ?? []];
  const parts = members.flatMap((each) => [each.text("custodian"), each.bytes("hpkePublicKey")]);
  const id = sha256(encode("idvault/quorum/v1", String(threshold), ...parts)).toString("hex");
  if (!isPossible(threshold, members)) {
    throw new CheckError("OTHER_QUORUM", "no roster could have the quorum");
  }
  const fits = id === record.text("sealingQuorumId") && members.length === record.list("shareHashes").length;
  if (!fits || message.text("quorum") !== `${threshold} of ${members.length}`) {
    throw new CheckError("OTHER_QUORUM", "the record was sealed for another quorum than the receipt states");
  }
  return { threshold, custodians: members.map((each) => each.text("custodian")), id };
}

/** Its id proves any M, names and keys, so each is checked by itself. */
function isPossible(threshold: number, members: readonly Message[]): boolean {
  const names = members.map((each) => each.text("custodian"));
  const keys = members.map((each) => each.bytes("hpkePublicKey"));
  const suite = suiteOf(keys[0] ?? Buffer.of());
  return (
    threshold >= 1 && threshold <= names.length && names.length <= MOST_CUSTODIANS &&
    names.every((name) => NAME.test(name)) && new Set(names).size === names.length &&
    new Set(keys.map((key) => key.toString("hex"))).size === keys.length &&
    suite !== undefined && keys.every((key) => isSealable(suite, key))
  );
}

function checkRecord(record: Message, message: Message): void {
  const [account, digest] = [record.text("accountToken"), message.bytes("recordDigest")];
  const covered = encode(
    ...["idvault/sealed-record/v1", String(record.whole("formatVersion")), record.text("relyingParty"), account],
    ...[record.text("recordId"), record.text("sealingQuorumId"), record.bytes("salt"), record.bytes("commitment")],
    ...[record.bytes("ciphertext"), ...record.list("shareHashes")],
  );
  const bare = record.text("presentQuorumId") === "" && record.text("suite") === "";
  if (!sha256(covered).equals(digest) || record.bytes("salt").length !== 32 || !bare) {
    throw new CheckError("OTHER_RECORD", "the record has another digest, or states what its digest does not cover");
  }
  if (account !== message.text("accountToken")) {
    throw new CheckError("OTHER_RECORD", "the record in the receipt is another account's");
  }
  const hashes = [record.bytes("commitment"), ...record.list("shareHashes")];
  if (record.whole("formatVersion") !== FORMAT_VERSION || hashes.some((each) => each.length !== HASH_SIZE)) {
    throw new CheckError("OTHER_RECORD", "the record is of an unknown format, or a hash has another length");
  }
}

type Kind = keyof typeof NAMES;
const PARTS: Readonly<Record<string, Kind>> = {
  entry: "entry", proof: "proof", checkpoint: "checkpoint", sealingQuorum: "sealingQuorum", record: "record",
  custodians: "custodian",
};

const LONG: readonly string[] = ["index", "treeSize"];
const SHORT: readonly string[] = ["threshold", "formatVersion"];

/** An object of the file, whose missing members are empty. Its methods throw SyntaxError for a value of another type. */
class Message {
  constructor(
    private readonly members: JsonObject,
    private readonly kind: Kind,
  ) {}

  /** Reads every member, so that a wrong one is refused before anything is compared. */
  check(): void {
    for (const name of this.members.keys()) {
      if (!NAMES[this.kind].split(" ").includes(name)) {
        throw new SyntaxError(`${name} is not known`);
      }
      if (name === "custodians") {
        this.messages(name).forEach((each) => each.check());
      } else if (name in PARTS) {
        this.sub(name)?.check();
      } else if (LONG.includes(name) || SHORT.includes(name)) {
        this.whole(name);
      } else if (["hashes", "shareHashes"].includes(name)) {
        this.list(name);
      } else if (/Digest$|^leaf$|Key$|^note$|^salt$|^commitment$|^ciphertext$/.test(name)) {
        this.bytes(name);
      } else {
        this.text(name);
      }
    }
  }

  text(name: string): string {
    const value = this.members.get(name) ?? "";
    if (typeof value !== "string") {
      throw new SyntaxError(`${name} is not a text`);
    }
    return value;
  }

  bytes(name: string): Buffer {
    return decodeStandard(this.text(name));
  }

  /** A whole number; those of 64 bits are written as texts. */
  whole(name: string): number {
    const value = this.members.get(name) ?? (LONG.includes(name) ? "0" : 0);
    if (LONG.includes(name)) {
      if (typeof value !== "string" || !DECIMAL.test(value) || !Number.isSafeInteger(Number(value))) {
        throw new SyntaxError(`${name} is not a whole number in decimal, as a text`);
      }
    } else if (typeof value !== "number" || Math.abs(value) >= 2 ** 31) {
      throw new SyntaxError(`${name} is not a number of 32 bits`);
    }
    return Number(value);
  }

  list(name: string): Buffer[] {
    return this.#array(name).map(decodeStandard);
  }

  messages(name: string): Message[] {
    return this.#array(name).map((each) => this.#message(name, each));
  }

  sub(name: string): Message | undefined {
    const value = this.members.get(name);
    return value === undefined ? undefined : this.#message(name, value);
  }

  #message(name: string, value: unknown): Message {
    if (!(value instanceof Map)) {
      throw new SyntaxError(`${name} is not an object`);
    }
    return new Message(value, PARTS[name]!);
  }

  #array(name: string): unknown[] {
    const value = this.members.get(name) ?? [];
    if (!Array.isArray(value)) {
      throw new SyntaxError(`${name} is not a list`);
    }
    return value;
  }
}
