// The strict reader of base64 (RFC 4648): each sequence of bytes has one text in each alphabet.
//
// Refused: the letters of the other alphabet, white space and any other character, missing or further padding, and
// bits in the last letter that no byte has.

/** Returns the bytes of base64url without padding; throws SyntaxError unless encoding them gives the same text. */
export function decode(text: unknown): Buffer {
  if (typeof text !== "string") {
    throw new SyntaxError("not a text");
  }
  const data = Buffer.from(text, "base64url");
  if (data.toString("base64url") !== text) {
    throw new SyntaxError("not base64url without padding");
  }
  return data;
}

/** Returns the bytes of base64 with padding; throws SyntaxError unless encoding them gives the same text. */
export function decodeStandard(text: unknown): Buffer {
  if (typeof text !== "string") {
    throw new SyntaxError("not a text");
  }
  const data = Buffer.from(text, "base64");
  if (data.toString("base64") !== text) {
    throw new SyntaxError("not base64");
  }
  return data;
}
