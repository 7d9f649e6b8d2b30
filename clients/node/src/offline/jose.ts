// JSON Web Signatures with Ed25519 (RFC 7515 compact, RFC 8037) and the keys that verify them (RFC 7517).
//
// - Only EdDSA with Ed25519 is accepted; "none" and every other algorithm are refused.
// - A key is found by its kid, which is its thumbprint (RFC 7638); a header with other parameters is refused.
// - Each key in a set has a purpose and verifies nothing else.

import { createHash, createPublicKey, verify as verifySignature, type KeyObject } from "node:crypto";

import { decode } from "./base64.js";
import { CheckError } from "./error.js";
import { parseObject, TooLongError, type JsonObject } from "./json.js";

/** The longest token or key set: a list of 2^20 entries of two bits need not compress at all. */
export const MOST_BYTES = 1024 * 1024;
const HEADER = new Set(["alg", "kid", "typ"]);
const SPACES = " \t\r\n";
const P = 2n ** 255n - 19n;
const EIGHTH = littleEndian(Buffer.from("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "hex"));
// The y coordinates of the points whose order divides 8: under such a key one signature fits many texts.
const SMALL_ORDER = new Set([0n, 1n, P - 1n, EIGHTH, P - EIGHTH]);

/** Public keys by their kid. */
export class JwkSet {
  constructor(private readonly keys: ReadonlyMap<string, { key: KeyObject; purpose: string }>) {}

  /** Returns the key of a kid for a purpose, undefined if there is none. */
  find(kid: unknown, purpose: string): KeyObject | undefined {
    const found = typeof kid === "string" ? this.keys.get(kid) : undefined;
    return found?.purpose === purpose ? found.key : undefined;
  }
}

/** Returns the Ed25519 keys of a JWK set and skips all others; throws CheckError (JWKS_INVALID). */
export function parseKeys(data: Uint8Array): JwkSet {
  const found = new Map<string, { key: KeyObject; purpose: string }>();
  try {
    const listed = parseObject(data, MOST_BYTES).get("keys");
    if (!Array.isArray(listed)) {
      throw new SyntaxError("no keys");
    }
    for (const each of listed) {
      readKey(each, found);
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TooLongError) {
      throw new CheckError("JWKS_INVALID", "this is not a JWK set, or a key in it cannot be used");
    }
    throw error;
  }
  return new JwkSet(found);
}

function readKey(each: unknown, found: Map<string, { key: KeyObject; purpose: string }>): void {
  if (!(each instanceof Map)) {
    throw new SyntaxError("a key is not an object");
  }
  if (each.get("kty") !== "OKP" || each.get("crv") !== "Ed25519") {
    return;
  }
  const [kid, x, purpose] = [each.get("kid"), each.get("x"), each.get("purpose") ?? ""];
  const bytes = decode(x);
  if (kid !== thumbprint(bytes) || found.has(kid) || typeof purpose !== "string") {
    throw new SyntaxError("a key does not match its kid");
  }
  if (isWeak(bytes)) {
    throw new SyntaxError("a key is weak");
  }
  const jwk = { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") };
  found.set(kid, { key: createPublicKey({ key: jwk, format: "jwk" }), purpose });
}

/** Whether this is no Ed25519 public key, or one under which a signature fits many texts. */
export function isWeak(publicKey: Buffer): boolean {
  return publicKey.length !== 32 || SMALL_ORDER.has((littleEndian(publicKey) % 2n ** 255n) % P);
}

function thumbprint(key: Buffer): string {
  const canonical = `{"crv":"Ed25519","kty":"OKP","x":"${key.toString("base64url")}"}`;
  return createHash("sha256").update(canonical).digest("base64url");
}

function littleEndian(data: Buffer): bigint {
  return BigInt(`0x${Buffer.from(data).reverse().toString("hex")}`);
}

/** Returns the claims of a token of this type and of at most limit bytes, signed by a key of this purpose; throws CheckError. */
export function verify(
  token: string | Uint8Array,
  { keys, purpose, typ, limit }: { keys: JwkSet; purpose: string; typ: string; limit: number },
): JsonObject {
  const parts = textOf(token, limit).split(".", 4);
  const [first, second, third] = parts;
  if (parts.length !== 3 || first === undefined || second === undefined || third === undefined) {
    throw new CheckError("TOKEN_MALFORMED", "a token must have three parts");
  }
  const [header, signature] = malformed(() => [parseObject(decode(first), MOST_BYTES), decode(third)] as const);
  const key = keyOf(header, keys, purpose, typ);
  if (signature.length !== 64 || !verifySignature(null, Buffer.from(`${first}.${second}`), key, signature)) {
    throw new CheckError("SIGNATURE_INVALID", "the signature is not by that key");
  }
  return malformed(() => parseObject(decode(second), MOST_BYTES));
}

function textOf(token: string | Uint8Array, limit: number): string {
  if (token.length > limit) {
    throw new CheckError("TOO_LONG", "the token is too long");
  }
  const text = typeof token === "string" ? token : Buffer.from(token).toString("latin1");
  if (!/^[\x00-\x7f]*$/.test(text)) {
    throw new CheckError("TOKEN_MALFORMED", "a token must be ASCII");
  }
  return trimmed(text);
}

/** Returns a text without the white space around it; a pattern would look at each run of spaces within it again and again. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && SPACES.includes(text[start]!)) {
    start += 1;
  }
  while (end > start && SPACES.includes(text[end - 1]!)) {
    end -= 1;
  }
  return text.slice(start, end);
}

function malformed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TooLongError) {
      throw new CheckError("TOKEN_MALFORMED", "the token cannot be read");
    }
    throw error;
  }
}

function keyOf(header: JsonObject, keys: JwkSet, purpose: string, typ: string): KeyObject {
  if (header.get("alg") !== "EdDSA" || [...header.keys()].some((name) => !HEADER.has(name))) {
    throw new CheckError("ALGORITHM_REFUSED", "only EdDSA with a key of the key set is accepted");
  }
  if (header.get("typ") !== typ) {
    throw new CheckError("TYPE_WRONG", `this is not a token of type ${typ}`);
  }
  const key = keys.find(header.get("kid"), purpose);
  if (key === undefined) {
    throw new CheckError("KEY_UNKNOWN", "the key that signed the token is not in the key set");
  }
  return key;
}
