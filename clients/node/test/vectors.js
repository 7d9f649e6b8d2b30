// Reads the files of clients/vectors, which the Python client and the page in the browser read, too.

import { readFileSync } from "node:fs";

export const folder = process.env.IDVAULT_VECTORS ?? new URL("../../vectors", import.meta.url).pathname;

export const load = (name) => JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));

/** Returns the bytes of an input: one of the file's, with changes. */
export function bytesOf(page, { of, splices = [], times = 1 }) {
  let made = Buffer.from(page.inputs[of], "latin1");
  for (const [at, count, put] of splices.toReversed()) {
    const added = Buffer.from(put.repeat(times), "latin1");
    made = Buffer.concat([made.subarray(0, at), added, made.subarray(at + count)]);
  }
  return made;
}
