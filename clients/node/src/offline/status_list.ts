// Token Status Lists (draft-ietf-oauth-status-list): a public array of small numbers, one per credential.
//
// - An entry has 1, 2, 4 or 8 bits; the first entry of a byte is in its lowest bits.
// - A list must decompress to exactly one complete ZLIB stream within the size limit.

import { inflateSync, type InputType } from "node:zlib";

import { decode } from "./base64.js";

export const VALID = 0;
const LIST_SIZE = 2 ** 20;
// Two bits an entry, of which this vault uses one so far.
export const LIST_BYTES = LIST_SIZE / 4;
const BITS = [1, 2, 4, 8];

/** The data is not a status list, or the list has no such entry. */
export class StatusListError extends Error {}

/** The entries of one list. */
export class StatusList {
  /** bits: per entry; data: the array as the draft lays it out. */
  constructor(private readonly bits: number, private readonly data: Uint8Array) {
    if (!BITS.includes(bits)) {
      throw new StatusListError("an entry must have 1, 2, 4 or 8 bits");
    }
  }

  /** Returns an entry; throws StatusListError if it does not exist. */
  get(index: number): number {
    const perByte = 8 / this.bits;
    const byte = Number.isSafeInteger(index) ? this.data[Math.floor(index / perByte)] : undefined;
    if (byte === undefined) {
      throw new StatusListError("the list has no such entry");
    }
    return (byte >> ((index % perByte) * this.bits)) & ((1 << this.bits) - 1);
  }
}

/** Returns the list in a status_list claim; throws StatusListError. limit: the longest array in bytes. */
export function parse(claim: unknown, limit: number): StatusList {
  if (!(claim instanceof Map)) {
    throw new StatusListError("status_list is not an object");
  }
  const [bits, text] = [claim.get("bits"), claim.get("lst")];
  if (typeof bits !== "number" || typeof text !== "string") {
    throw new StatusListError("status_list lacks bits or lst");
  }
  return new StatusList(bits, decompressed(text, limit));
}

function decompressed(text: string, limit: number): Buffer {
  let found;
  try {
    const data = decode(text);
    found = inflate(data, limit);
    if (found.engine.bytesWritten === data.length) {
      return found.buffer;
    }
  } catch {
    // Refused below: not base64url, not ZLIB, not complete, or too long.
  }
  throw new StatusListError("lst is not exactly one complete ZLIB stream of the allowed length");
}

// With `info` the engine tells how much of the input the stream has used; Node's types leave it out.
function inflate(data: InputType, limit: number): { buffer: Buffer; engine: { bytesWritten: number } } {
  const options = { maxOutputLength: limit, info: true };
  return inflateSync(data, options) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
}
