// base64url without padding (RFC 7515 section 2), in its one canonical form.

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
