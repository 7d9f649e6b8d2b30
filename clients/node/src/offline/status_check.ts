// Checks a status token or credential against a key set and lists fetched earlier, in this order; anything missing
// or unknown is refused:
//
// 1. the token has one of the two types (a public account's credential has a third, which is accepted only where a
//    public account is asked for, and there alone) and is signed by a token key of the set,
// 2. it is from the expected issuer and for the expected audience,
// 3. it is not from the future and has not expired,
// 4. for a status token: the state is VERIFIED, and its standing, if it states one, is known and not CLOSED;
//    for a credential: there is a list with the URI it refers to, signed by a list key, not expired and not
//    older than allowed, and the credential's entry in it exists and is VALID,
// 5. a public account's credential names it, and no other names one,
// 6. it states the minimum that is demanded, or one that includes it.

import { CheckError } from "./error.js";
import { MOST_BYTES, verify, type JwkSet } from "./jose.js";
import type { JsonObject } from "./json.js";
import { LIST_BYTES, parse, StatusList, StatusListError, VALID } from "./status_list.js";

const CREDENTIAL_TYPE = "idvault-credential+jwt";
const PUBLIC_ACCOUNT_TYPE = "idvault-public-account+jwt";
const TOKEN_TYPE = "idvault-status+jwt";
const LIST_TYPE = "statuslist+jwt";
const TOKEN_PURPOSE = "status-token";
const LIST_PURPOSE = "status-list";
// A later version of the vault may know a standing that forbids more than this program knows.
const ALLOWED: ReadonlySet<string> = new Set(["GOOD", "WARNED", "PUBLISHING_LIMITED", "RENEWAL_SUSPENDED"]);
// Of a token or credential, in bytes; a list may have MOST_BYTES.
const LONGEST_TOKEN = 16 * 1024;
// The last second of the year 9999: no token has a later time.
const LATEST = 253_402_300_799;
// How many seconds the issuer's clock may be ahead of the verifier's.
const SKEW = 60;

/** What a token or credential attests of an account. */
export interface Attested {
  readonly issuer: string;
  /** The account's pairwise subject for the audience. */
  readonly subject: string;
  readonly audience: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  /** null for a credential, and if the token does not state it. */
  readonly standing: string | null;
  /** What it states that the account meets; null if nothing. */
  readonly minimumAssurance: string | null;
}

/** What is demanded of an account: one of some facts, or none in particular. */
export type MinimumAssurance = "ANY" | "HOLDER_OR_DOCUMENT_SEEN" | "HOLDER";

// What states each minimum: it, and the minimum of whose facts each suffices for it. Anything states ANY.
const STATED_BY: Readonly<Record<MinimumAssurance, readonly string[] | null>> = {
  ANY: null,
  HOLDER_OR_DOCUMENT_SEEN: ["HOLDER_OR_DOCUMENT_SEEN", "HOLDER"],
  HOLDER: ["HOLDER"],
};

/** Returns a minimum unchanged; throws TypeError for what is none. */
export function minimumOf(word: MinimumAssurance): MinimumAssurance {
  if (!Object.hasOwn(STATED_BY, word)) {
    throw new TypeError("minimumAssurance is none that there is");
  }
  return word;
}

/** What a credential attests of a public account: that it is active, and nothing of the person behind it. */
export interface AttestedPublicAccount {
  readonly issuer: string;
  readonly publicAccountId: string;
  /** Its own pairwise subject for the audience. */
  readonly subject: string;
  readonly audience: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
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
  readonly minimum: MinimumAssurance;
  readonly now: number;
}

/** Returns what a token or credential attests of an account; throws CheckError, for a public account's one too. */
export function check(token: string | Uint8Array, given: Conditions): Attested {
  const { typ, claims } = tokenOf(token, given.keys, [CREDENTIAL_TYPE, TOKEN_TYPE]);
  const attested = attestedBy(claims, given);
  if (claims.has("public_account_id")) {
    throw new CheckError("CLAIMS_INVALID", "the token of an account names a public account");
  }
  if (typ === CREDENTIAL_TYPE) {
    checkListed(claims, given, attested.issuer);
  } else if (claims.get("state") !== "VERIFIED" || !(attested.standing === null || ALLOWED.has(attested.standing))) {
    throw new CheckError("NOT_VERIFIED", "the account is not verified, or it is closed");
  }
  const stating = STATED_BY[given.minimum];
  if (stating !== null && !stating.includes(attested.minimumAssurance ?? "")) {
    throw new CheckError("ASSURANCE_MISSING", `it does not state the minimum ${given.minimum}`);
  }
  return attested;
}

/** Returns which public account a credential attests; throws CheckError, for an account's token too. */
export function checkPublicAccount(token: string | Uint8Array, given: Conditions): AttestedPublicAccount {
  const { claims } = tokenOf(token, given.keys, [PUBLIC_ACCOUNT_TYPE]);
  const { issuer, subject, audience, expiresAt } = attestedBy(claims, given);
  const publicAccountId = word(claims, "public_account_id", "CLAIMS_INVALID");
  checkListed(claims, given, issuer);
  return { issuer, publicAccountId, subject, audience, expiresAt };
}

/** Returns a list that is signed, not expired and not older than maxAge seconds; throws CheckError. */
export function readList(
  token: string | Uint8Array,
  { keys, now, maxAge }: { keys: JwkSet; now: number; maxAge: number | undefined },
): CheckedList {
  const claims = prefixed(() => verify(token, { keys, purpose: LIST_PURPOSE, typ: LIST_TYPE, limit: MOST_BYTES }));
  const [issuedAt, expiresAt] = [time(claims, "iat", "LIST_MALFORMED"), time(claims, "exp", "LIST_MALFORMED")];
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

function tokenOf(token: string | Uint8Array, keys: JwkSet, types: readonly string[]): { typ: string; claims: JsonObject } {
  for (const typ of types) {
    try {
      return { typ, claims: verify(token, { keys, purpose: TOKEN_PURPOSE, typ, limit: LONGEST_TOKEN }) };
    } catch (error) {
      if (!(error instanceof CheckError) || error.reason !== "TYPE_WRONG") {
        throw error;
      }
    }
  }
  throw new CheckError("TYPE_WRONG", `this is not a token of type ${types.join(" or ")}`);
}

function attestedBy(claims: JsonObject, given: Conditions): Attested {
  const [issuer, subject, audience] = (["iss", "sub", "aud"] as const).map((name) => word(claims, name, "CLAIMS_INVALID"));
  if (given.issuer !== undefined && issuer !== given.issuer) {
    throw new CheckError("ISSUER_WRONG", "the token is from another issuer");
  }
  if (audience !== given.audience) {
    throw new CheckError("AUDIENCE_WRONG", "the token is for another audience");
  }
  const [issuedAt, expiresAt] = [time(claims, "iat", "CLAIMS_INVALID"), time(claims, "exp", "CLAIMS_INVALID")];
  checkTimes(issuedAt, expiresAt, given.now, "");
  const [standing, minimumAssurance] = [stated(claims, "standing"), stated(claims, "minimum_assurance")];
  return { issuer: issuer!, subject: subject!, audience, expiresAt, standing, minimumAssurance };
}

function stated(claims: JsonObject, name: string): string | null {
  return claims.has(name) ? word(claims, name, "CLAIMS_INVALID") : null;
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

function checkListed(claims: JsonObject, given: Conditions, issuer: string): void {
  const found = listOf(claims, given.lists, issuer);
  // Lists are cached: this one may have expired or become too old since it was read.
  checkListTimes(found.issuedAt, found.expiresAt, given.now, given.maxListAge);
  checkEntry(claims, found);
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

function time(claims: JsonObject, name: string, reason: string): number {
  const value = number(claims, name, reason);
  if (value > LATEST) {
    throw new CheckError(reason, `${name} is later than the year 9999`);
  }
  return value;
}
