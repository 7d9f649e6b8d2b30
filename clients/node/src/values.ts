// What a backend gives and gets: documents, consents, claims, statuses, issued tokens.

import { InvalidFields } from "./errors.js";
import type { AccountStatus__Output } from "./generated/idvault/v1/AccountStatus.js";
import type { Verification__Output } from "./generated/idvault/v1/Verification.js";
import type { Timestamp__Output } from "./generated/google/protobuf/Timestamp.js";
import type { FailureReason } from "./texts.js";
import { failureText } from "./texts.js";
import { FAILURES } from "./vocabulary.js";
import type {
  AccountState,
  Assurance,
  ClaimState,
  DocumentType,
  OrganizationCategory,
  Standing,
  SubjectKind,
} from "./vocabulary.js";

const DEFAULT_RETRY_AFTER_MS = 5000;
const STATES: readonly string[] = ["SUCCEEDED", "FAILED"] satisfies ClaimState[];

/** A document as its owner typed it; the vault normalises and checks the number. */
export interface IdentityDocument {
  readonly type: DocumentType;
  readonly number: string;
}

/** A resident identity card (GB 11643-1999, 18 characters). */
export const residentId = (number: string): IdentityDocument => ({ type: "RESIDENT_ID", number });

/** A residence permit of Hong Kong, Macau and Taiwan residents (18 characters). */
export const residencePermit = (number: string): IdentityDocument => ({ type: "RESIDENCE_PERMIT", number });

/** A foreign permanent resident identity card (18 characters, or 3 letters and 12 digits). */
export const foreignPermanentResident = (number: string): IdentityDocument => ({
  type: "FOREIGN_PERMANENT_RESIDENT",
  number,
});

/** An organisation's unified social credit code (GB 32100-2015, 18 characters). */
export const unifiedSocialCreditCode = (number: string): IdentityDocument => ({
  type: "UNIFIED_SOCIAL_CREDIT_CODE",
  number,
});

/** Which version of your terms the person agreed to, and when: not in the future. */
export interface Consent {
  readonly policyVersion: string;
  readonly agreeTime: Date;
}

/**
 * The published status of an account; of two statuses the one with the higher revision is newer. A value that this
 * client does not know is null. Dates are YYYY-MM-DD in the deployment's time zone, and the account is EXPIRED from
 * expireDate on. standingUntil is when the standing falls by itself, null if it does not. eraseTime is when the account
 * is erased if that is requested, else null: tell its owner, who can cancel it. assurances are the facts that the last
 * verification established, without those that this client does not know; assurance is REGISTRY_MATCH if it confirmed
 * that name and number belong together.
 */
export class Status {
  constructor(
    readonly accountToken: string,
    readonly subjectKind: SubjectKind | null,
    readonly state: AccountState | null,
    readonly standing: Standing | null,
    readonly assurance: Assurance | null,
    readonly revision: number,
    readonly verifyDate: string | null,
    readonly expireDate: string | null,
    readonly organizationCategory: OrganizationCategory | null,
    readonly standingUntil: Date | null,
    readonly eraseTime: Date | null,
    readonly assurances: readonly Assurance[],
  ) {}

  /** Whether to show the badge: confirmed by the registry, neither expired nor closed. */
  get isVerified(): boolean {
    return this.state === "VERIFIED" && this.standing !== null && this.standing !== "CLOSED";
  }

  /** Whether the account may publish for an organisation that named it its operator. */
  get mayOperate(): boolean {
    const barred = this.standing === null || this.standing === "CLOSED" || this.standing === "RENEWAL_SUSPENDED";
    return this.subjectKind === "INDIVIDUAL" && this.state === "VERIFIED" && !barred;
  }
}

/** The statuses of many accounts in the order requested, and the tokens that are unknown or not yours. */
export interface Statuses {
  readonly statuses: readonly Status[];
  readonly unknownAccountTokens: readonly string[];
}

/** A signed token for one audience, and when it expires; "idvault-client/offline" checks it. */
export interface IssuedToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** A claim and its state; ask again after retryAfterMs if it is pending. failureReason: UNSPECIFIED unless it failed. */
export class Verification {
  constructor(
    readonly requestId: string,
    readonly accountToken: string,
    readonly state: ClaimState | null,
    readonly status: Status,
    readonly failureReason: FailureReason,
    readonly retryAfterMs: number,
    /** The owner's proof, as received; null unless the claim succeeded. */
    readonly receipt: NonNullable<Verification__Output["receipt"]> | null,
  ) {}

  /** Whether the registry confirmed the claim. */
  get succeeded(): boolean {
    return this.state === "SUCCEEDED";
  }

  /** Whether the claim ended without success. */
  get failed(): boolean {
    return this.state === "FAILED";
  }

  /** Whether to ask again: the registry has not answered, or this client does not know the state. */
  get pending(): boolean {
    return !this.succeeded && !this.failed;
  }

  /** Returns why the claim failed, for the end user, in "zh" or "en". */
  failureText(language: string): string {
    return failureText(this.failureReason, language);
  }
}

/** Returns the status of a message; throws TypeError if it breaks the contract. */
export function status(answer: AccountStatus__Output | null): Status {
  if (!answer?.accountToken) {
    throw new TypeError("a status without account");
  }
  return new Status(
    answer.accountToken,
    choice<SubjectKind>(answer.subjectKind, "SUBJECT_KIND_"),
    choice<AccountState>(answer.state, "STATE_"),
    choice<Standing>(answer.standing, "STANDING_"),
    choice<Assurance>(answer.assurance, "ASSURANCE_"),
    answer.revision,
    answer.verifyDate || null,
    answer.expireDate || null,
    choice<OrganizationCategory>(answer.organizationCategory, "ORGANIZATION_CATEGORY_"),
    answer.standingUntil && date(answer.standingUntil),
    answer.eraseTime && date(answer.eraseTime),
    answer.assurances
      .map((each) => choice<Assurance>(each, "ASSURANCE_"))
      .filter((each): each is Assurance => each !== null),
  );
}

/** Returns the claim of a message; throws TypeError if it breaks the contract. */
export function verification(answer: Verification__Output): Verification {
  if (!answer.accountToken || !answer.requestId) {
    throw new TypeError("a claim without account or request id");
  }
  const state = choice<ClaimState>(answer.state, "STATE_");
  const reason = choice<FailureReason>(answer.failureReason, "FAILURE_REASON_");
  const wait = answer.retryAfter ? Number(answer.retryAfter.seconds) * 1000 + answer.retryAfter.nanos / 1e6 : 0;
  const pending = state === null || !STATES.includes(state);
  return new Verification(
    answer.requestId,
    answer.accountToken,
    state,
    status(answer.status),
    reason !== null && Object.hasOwn(FAILURES, reason) ? reason : "UNSPECIFIED",
    pending ? wait || DEFAULT_RETRY_AFTER_MS : 0,
    answer.receipt ?? null,
  );
}

/** Returns an issued token; throws TypeError if it breaks the contract. */
export function issued(token: string, expires: Timestamp__Output | null): IssuedToken {
  if (!token || !expires) {
    throw new TypeError("an answer without token");
  }
  return { token, expiresAt: date(expires) };
}

/** Returns a time as a message. */
export function timestamp(time: Date): { seconds: number; nanos: number } {
  const seconds = Math.floor(time.getTime() / 1000);
  return { seconds, nanos: Math.round((time.getTime() - seconds * 1000) * 1e6) };
}

/** Returns a text that UTF-8 can encode; throws InvalidFields without showing it. */
export function text(value: string, field: string, reason = "INVALID_MESSAGE"): string {
  if (/\p{Surrogate}/u.test(value)) {
    throw new InvalidFields({ code: "INVALID_ARGUMENT", reason, fields: { [field]: "CHARACTER" } });
  }
  return value;
}

function date(time: Timestamp__Output): Date {
  return new Date(Number(time.seconds) * 1000 + time.nanos / 1e6);
}

// A value that only a newer server knows comes as a number; the first of each enum means none.
function choice<T extends string>(value: string | number, prefix: string): T | null {
  const name = String(value);
  return name.startsWith(prefix) && !name.endsWith("_UNSPECIFIED") ? (name.slice(prefix.length) as T) : null;
}
