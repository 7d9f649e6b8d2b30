// Checks a status token or credential against a key set and lists fetched earlier, in this order; anything missing
// or unknown is refused:
//
// 1. the token has one of the two types and is signed by a token key of the set,
// 2. it is from the expected issuer and for the expected audience,
// 3. it is not from the future and has not expired,
// 4. for a status token: the state is VERIFIED and the account is not closed;
//    for a credential: there is a list with the URI it refers to, signed by a list key, not expired and not
//    older than allowed, and the credential's entry in it exists and is VALID.

import { CheckError } from "./error.js";
import { verify, type JwkSet } from "./jose.js";
import type { JsonObject } from "./json.js";
import { LIST_BYTES, parse, StatusList, StatusListError, VALID } from "./status_list.js";

const CREDENTIAL_TYPE = "idvault-credential+jwt";
const TOKEN_TYPE = "idvault-status+jwt";
const LIST_TYPE = "statuslist+jwt";
const TOKEN_PURPOSE = "status-token";
const LIST_PURPOSE = "status-list";
// How many seconds the issuer's clock may be ahead of the verifier's.
const SKEW = 60;

/** What a token attests. */
export interface Attested {
  readonly issuer: string;
  /** The account's pairwise subject for the audience. */
  readonly subject: string;
  readonly audience: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** null for a credential, and if the token does not state it. */
  readonly standing: string | null;
  /** What a credential attests in place of an account; subject is then its own. */
  readonly publicAccountId: string | null;
}

/** A list whose signature and times have been checked. */
export interface CheckedList {
  readonly uri: string;
  readonly issuer: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly entries: StatusList;
}

/** What a check needs besides the token. now: milliseconds since 1970; maxListAge: seconds. */
export interface Conditions {
  readonly keys: JwkSet;
  readonly audience: string;
  readonly issuer: string | undefined;
  readonly lists: ReadonlyMap<string, CheckedList>;
  readonly maxListAge: number | undefined;
  readonly now: number;
}

/** Returns what a token attests; throws CheckError. */
export function check(token: string | Uint8Array, given: Conditions): Attested {
  const { credential, claims } = tokenOf(token, given.keys);
  const attested = attestedBy(claims, given);
  if (credential) {
    const found = listOf(claims, given.lists, attested.issuer);
    // Lists are cached: this one may have expired or become too old since it was read.
    checkListTimes(found.issuedAt, found.expiresAt, given.now, given.maxListAge);
    checkEntry(claims, found);
  } else if (claims.get("state") !== "VERIFIED" || claims.get("standing") === "CLOSED") {
    throw new CheckError("NOT_VERIFIED", "the account is not verified, or it is closed");
  }
  return attested;
}

/** Returns a list that is signed, not expired and not older than maxAge seconds; throws CheckError. */
export function readList(
  token: string | Uint8Array,
  { keys, now, maxAge }: { keys: JwkSet; now: number; maxAge: number | undefined },
): CheckedList {
  const claims = prefixed(() => verify(token, keys, LIST_PURPOSE, LIST_TYPE));
  const [issuedAt, expiresAt] = [number(claims, "iat", "LIST_MALFORMED"), number(claims, "exp", "LIST_MALFORMED")];
  checkListTimes(issuedAt, expiresAt, now, maxAge);
  let entries;
  try {
    entries = parse(claims.get("status_list"), LIST_BYTES);
  } catch (error) {
    throw error instanceof StatusListError ? new CheckError("LIST_MALFORMED", `the list: ${error.message}`) : error;
  }
  const [uri, issuer] = [word(claims, "sub", "LIST_MALFORMED"), word(claims, "iss", "LIST_MALFORMED")];
  return { uri, issuer, issuedAt, expiresAt, entries };
}

function prefixed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof CheckError ? new CheckError(`LIST_${error.reason}`, `the list: ${error.message}`) : error;
  }
}

function tokenOf(token: string | Uint8Array, keys: JwkSet): { credential: boolean; claims: JsonObject } {
  try {
    return { credential: true, claims: verify(token, keys, TOKEN_PURPOSE, CREDENTIAL_TYPE) };
  } catch (error) {
    if (!(error instanceof CheckError) || error.reason !== "TYPE_WRONG") {
      throw error;
    }
  }
  return { credential: false, claims: verify(token, keys, TOKEN_PURPOSE, TOKEN_TYPE) };
}

function attestedBy(claims: JsonObject, given: Conditions): Attested {
  const [issuer, subject, audience] = (["iss", "sub", "aud"] as const).map((name) => word(claims, name, "CLAIMS_INVALID"));
  if (given.issuer !== undefined && issuer !== given.issuer) {
    throw new CheckError("ISSUER_WRONG", "the token is from another issuer");
  }
  if (audience !== given.audience) {
    throw new CheckError("AUDIENCE_WRONG", "the token is for another audience");
  }
  const [issuedAt, expiresAt] = [number(claims, "iat", "CLAIMS_INVALID"), number(claims, "exp", "CLAIMS_INVALID")];
  checkTimes(issuedAt, expiresAt, given.now, "");
  const [standing, publicAccountId] = [textOrNull(claims.get("standing")), textOrNull(claims.get("public_account_id"))];
  return { issuer: issuer!, subject: subject!, audience, expiresAt, standing, publicAccountId };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function checkTimes(issuedAt: number, expiresAt: number, now: number, prefix: string): void {
  const seconds = Math.floor(now / 1000);
  if (issuedAt > seconds + SKEW) {
    throw new CheckError(`${prefix}NOT_YET_VALID`, "it was issued in the future");
  }
  if (expiresAt <= seconds) {
    throw new CheckError(`${prefix}EXPIRED`, "it has expired");
  }
}

function checkListTimes(issuedAt: number, expiresAt: number, now: number, maxAge: number | undefined): void {
  checkTimes(issuedAt, expiresAt, now, "LIST_");
  if (maxAge !== undefined && now / 1000 - issuedAt > maxAge) {
    throw new CheckError("LIST_STALE", `the list is older than ${maxAge} s`);
  }
}

function reference(claims: JsonObject): JsonObject {
  const status = claims.get("status");
  const found = status instanceof Map ? status.get("status_list") : undefined;
  if (!(found instanceof Map)) {
    throw new CheckError("CLAIMS_INVALID", "the credential does not refer to a list");
  }
  return found;
}

function listOf(claims: JsonObject, lists: ReadonlyMap<string, CheckedList>, issuer: string): CheckedList {
  const found = lists.get(word(reference(claims), "uri", "CLAIMS_INVALID"));
  if (found === undefined || found.issuer !== issuer) {
    throw new CheckError("LIST_MISSING", "the list that the credential refers to is missing");
  }
  return found;
}

function checkEntry(claims: JsonObject, found: CheckedList): void {
  const index = number(reference(claims), "idx", "CLAIMS_INVALID");
  let value;
  try {
    value = found.entries.get(index);
  } catch (error) {
    throw error instanceof StatusListError ? new CheckError("INDEX_OUT_OF_RANGE", error.message) : error;
  }
  if (value !== VALID) {
    throw new CheckError("STATUS_INVALID", "the list says that the credential is not valid");
  }
}

function word(claims: JsonObject, name: string, reason: string): string {
  const value = claims.get(name);
  if (typeof value !== "string" || value === "") {
    throw new CheckError(reason, `${name} is missing or not a text`);
  }
  return value;
}

function number(claims: JsonObject, name: string, reason: string): number {
  const value = claims.get(name);
  if (typeof value !== "number" || value < 0) {
    throw new CheckError(reason, `${name} is missing or not a whole number`);
  }
  return value;
}
