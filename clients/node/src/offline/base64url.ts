// base64url without padding (RFC 7515 section 2) and base64 with it (RFC 4648 section 4), each in its one canonical form.

/** Returns the bytes of a text; throws SyntaxError unless encoding them gives the same text. */
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

/** Returns the bytes of a text in base64 with padding; throws SyntaxError unless encoding them gives the same text. */
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
