// Inclusion proofs (RFC 9162 section 2.1.3.2).

import { createHash } from "node:crypto";

/** What a proof is of: the leaf, its place, and the tree. */
export interface Place {
  readonly leaf: Uint8Array;
  readonly index: bigint;
  readonly size: bigint;
  readonly root: Uint8Array;
}

/** Returns whether hashes lead from a leaf at its place to the root of a tree. */
export function isIncluded(hashes: readonly Uint8Array[], { leaf, index, size, root }: Place): boolean {
  if (index < 0n || index >= size) {
    return false;
  }
  let [place, last, hash] = [index, size - 1n, sha256(Buffer.from([0]), leaf)];
  for (const sibling of hashes) {
    if (last === 0n || sibling.length !== 32) {
      return false;
    }
    const right = place % 2n === 1n || place === last;
    hash = right ? sha256(Buffer.from([1]), sibling, hash) : sha256(Buffer.from([1]), hash, sibling);
    while (right && place > 0n && place % 2n === 0n) {
      [place, last] = [place / 2n, last / 2n];
    }
    [place, last] = [place / 2n, last / 2n];
  }
  return last === 0n && hash.equals(root);
}

/** Returns the SHA-256 of some bytes one after another. */
export function sha256(...parts: Uint8Array[]): Buffer {
  return createHash("sha256").update(Buffer.concat(parts)).digest();
}
