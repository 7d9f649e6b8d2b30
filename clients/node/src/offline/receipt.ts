// Checks a receipt (docs/formats.md, section 11), in this order; anything missing, unknown or unproved is refused:
//
// 1. its checkpoint is signed by the log, and by the witnesses if any are given,
// 2. its entry is a claim's settlement and commits to this account, this claim, its success and this record digest,
// 3. the entry is in the tree of the checkpoint, and the vault itself made it,
// 4. the record has this digest and is of this account, and the quorum is the one that it was sealed for.

import { createHash, createHmac } from "node:crypto";

import { decodeStandard } from "./base64url.js";
import { CheckError } from "./error.js";
import { parseObject, type JsonObject } from "./json.js";
import { checkpoint, policyOf, type Checkpoint } from "./note.js";

const MOST_BYTES = 1024 * 1024;
const KIND = "verification:claim:settle";
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z$/;
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
}

/** What a receipt proves. */
export interface ProvedReceipt {
  readonly accountToken: string;
  /** In hex. */
  readonly recordDigest: string;
  /** null if the receipt has no record to prove it. id: in hex, to compare with the published roster. */
  readonly quorum: { readonly threshold: number; readonly custodians: readonly string[]; readonly id: string } | null;
  /** To the minute. */
  readonly sealedAt: Date;
  /** The entry's place in the log. */
  readonly index: number;
  /** Whether witnesses were demanded. */
  readonly witnessed: boolean;
}

/** Returns what the JSON text of a receipt proves; throws CheckError with the reason if it does not verify. */
export function checkReceipt(receipt: string | Uint8Array, settings: ReceiptSettings): ProvedReceipt {
  const policy = policyOf(settings.publicKey, settings.witnesses ?? [], settings.quorum);
  const message = parse(receipt);
  const [entry, note] = [message.sub("entry"), message.sub("checkpoint")?.bytes("note")];
  const proof = entry?.sub("proof");
  if (entry === undefined || message.text("accountToken") === "" || entry.bytes("leaf").length === 0) {
    throw new CheckError("NOT_A_RECEIPT", "it has no account or no entry");
  }
  if (proof === undefined || note === undefined || note.length === 0) {
    throw new CheckError("NOT_COVERED", "no checkpoint covers the entry yet: ask for the receipt again");
  }
  const newest = checkpoint(note, policy);
  const leaf = checkEntry(message, entry);
  const index = proof.whole("index");
  checkIncluded(entry.bytes("leaf"), index, proof, newest);
  if (leaf.actor !== "system") {
    throw new CheckError("OTHER_ENTRY", "the log entry was not made by the vault itself");
  }
  return {
    accountToken: message.text("accountToken"),
    recordDigest: message.bytes("recordDigest").toString("hex"),
    quorum: quorumOf(message),
    sealedAt: leaf.time,
    index,
    witnessed: policy.quorum > 0,
  };
}

function parse(receipt: string | Uint8Array): Message {
  const data = typeof receipt === "string" ? Buffer.from(receipt) : receipt;
  try {
    if (data.length > MOST_BYTES) {
      throw new SyntaxError("too long");
    }
    const message = new Message(parseObject(data), "receipt");
    message.check();
    return message;
  } catch (error) {
    throw error instanceof SyntaxError ? new CheckError("NOT_A_RECEIPT", "this is not a receipt") : error;
  }
}

function checkEntry(message: Message, entry: Message): { time: Date; actor: string } {
  const [purpose, kind, time, actor, commitment, ...more] = partsOf(entry.bytes("leaf"));
  const details = encode(KIND, message.text("claimId"), "SUCCEEDED", "", message.bytes("recordDigest"));
  const committed = createHmac("sha256", entry.bytes("openingKey"))
    .update(encode("idvault/log-commitment/v1", message.text("accountToken"), details))
    .digest();
  const words = [purpose, kind, time, actor].map((part) => part?.toString("latin1") ?? "");
  const at = new Date(words[2]!);
  const sound = TIME.test(words[2]!) && !Number.isNaN(at.getTime()) && /^(?:[0-9a-f]{32}|system)$/.test(words[3]!);
  const fits = words[0] === "idvault/log-entry/v1" && words[1] === KIND && commitment?.equals(committed);
  if (!sound || !fits || more.length > 0) {
    throw new CheckError("OTHER_ENTRY", "the log entry does not commit to this receipt");
  }
  return { time: at, actor: words[3]! };
}

// RFC 9162 section 2.1.3.2.
function checkIncluded(leaf: Buffer, index: number, proof: Message, { size, root }: Checkpoint): void {
  let [place, last, hash, fits] = [index, size - 1, sha256(Buffer.from([0]), leaf), index >= 0 && index < size];
  for (const sibling of proof.list("hashes")) {
    fits &&= last > 0 && sibling.length === 32;
    const right = place % 2 === 1 || place === last;
    hash = right ? sha256(Buffer.from([1]), sibling, hash) : sha256(Buffer.from([1]), hash, sibling);
    while (right && place > 0 && place % 2 === 0) {
      [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  if (!fits || last !== 0 || !hash.equals(root) || proof.whole("treeSize") !== size) {
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
  const fits = id === record.text("sealingQuorumId") && members.length === record.list("shareHashes").length;
  if (!fits || message.text("quorum") !== `${threshold} of ${members.length}`) {
    throw new CheckError("OTHER_QUORUM", "the record was sealed for another quorum than the receipt states");
  }
  return { threshold, custodians: members.map((each) => each.text("custodian")), id };
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
}

function sha256(...parts: Buffer[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}

function encode(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const [data, size] = [typeof part === "string" ? Buffer.from(part) : part, Buffer.alloc(4)];
      size.writeUInt32BE(data.length);
      return [size, data];
    }),
  );
}

/** Returns the parts of a leaf, none if it is not encoded so. */
function partsOf(data: Buffer): Buffer[] {
  const parts = [];
  for (let at = 0; at < data.length; ) {
    const end = at + 4 <= data.length ? at + 4 + data.readUInt32BE(at) : Infinity;
    if (end > data.length) {
      return [];
    }
    parts.push(data.subarray(at + 4, end));
    at = end;
  }
  return parts;
}

type Kind = keyof typeof NAMES;
const PARTS: Readonly<Record<string, Kind>> = {
  entry: "entry", proof: "proof", checkpoint: "checkpoint", sealingQuorum: "sealingQuorum", record: "record",
  custodians: "custodian",
};

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
      } else if (["index", "treeSize", "threshold", "formatVersion"].includes(name)) {
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

  /** A whole number; 64-bit ones are written as texts. */
  whole(name: string): number {
    const value = this.members.get(name) ?? 0;
    const found = typeof value === "string" && /^(?:0|-?[1-9][0-9]*)$/.test(value) ? Number(value) : value;
    if (typeof found !== "number" || !Number.isSafeInteger(found)) {
      throw new SyntaxError(`${name} is not a whole number`);
    }
    return found;
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
