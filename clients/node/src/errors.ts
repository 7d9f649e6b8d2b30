// Why a call failed: one class for each kind. No error shows what the caller sent.

import { fieldText, reasonText } from "./texts.js";

/** What the vault, or gRPC, said about a failed call. */
export interface Failure {
  /** A published reason (docs/reasons.md), null if the vault gave none. */
  readonly reason?: string | null;
  /** The name of the gRPC status. */
  readonly code: string;
  /** How long to wait before repeating the call, if the vault said so. */
  readonly retryAfterMs?: number | null;
  /** The request id of the call, also if the client chose it; use it to repeat the call. */
  readonly requestId?: string | null;
  /**
   * The id to look for in the vault's log, null if the vault told none. It is another one than requestId if the vault
   * refused the call before it had read its message, as with ACCESS_DENIED.
   */
  readonly errorId?: string | null;
  /** Which fields were wrong and how, { "document.number": "CHECK_DIGIT" }. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Of an illegal transition, the present state and the one that cannot follow it. */
  readonly states?: readonly [string, string] | null;
  /** What the client itself knows about the cause. */
  readonly hint?: string;
}

/** A call to the vault failed; VaultError itself is thrown for a bug in the server or the client. */
export class VaultError extends Error implements Failure {
  readonly reason: string | null;
  readonly code: string;
  readonly retryAfterMs: number | null;
  readonly requestId: string | null;
  readonly errorId: string | null;
  readonly fields: Readonly<Record<string, string>>;
  readonly states: readonly [string, string] | null;
  readonly hint: string;

  constructor(failure: Failure) {
    super(line(failure));
    this.name = new.target.name;
    this.reason = failure.reason ?? null;
    this.code = failure.code;
    this.retryAfterMs = failure.retryAfterMs ?? null;
    this.requestId = failure.requestId ?? null;
    this.errorId = failure.errorId ?? null;
    this.fields = failure.fields ?? {};
    this.states = failure.states ?? null;
    this.hint = failure.hint ?? "";
  }

  /** Returns a text for the end user in "zh" or "en". */
  text(language: string): string {
    return reasonText(this.reason, language);
  }
}

/** Returns reason, code, wrong fields and ids in one line for a log. */
function line(failure: Failure): string {
  return [
    failure.reason ? `${failure.reason} (${failure.code})` : failure.code,
    ...Object.entries(failure.fields ?? {}).map(([field, code]) => `${field} ${code}`),
    failure.states?.join(" cannot become "),
    failure.retryAfterMs == null ? undefined : `again after ${failure.retryAfterMs / 1000} s`,
    failure.requestId ? `request ${failure.requestId}` : undefined,
    failure.errorId && failure.errorId !== failure.requestId ? `in the vault's log ${failure.errorId}` : undefined,
    failure.hint,
  ]
    .filter((part) => part)
    .join("; ");
}

/** Fields of the form are not valid; `fields` is empty if the request as a whole is wrong. */
export class InvalidFields extends VaultError {
  /** Returns a text for the end user by field path; the key "" stands for the form as a whole. */
  texts(language: string): Record<string, string> {
    const named = Object.entries(this.fields);
    if (named.length === 0) {
      return { "": this.text(language) };
    }
    return Object.fromEntries(named.map(([field, code]) => [field, fieldText(field, code, this.reason, language)]));
  }
}

/** This request id was used for a call with another body; use a new one for a new form. */
export class RequestIdReused extends VaultError {}

/** The account or claim does not exist, or belongs to another platform. */
export class NotFound extends VaultError {}

/** A limit is reached; the same call may succeed after retryAfterMs. */
export class Exhausted extends VaultError {}

/** Too many wrong names were tried for one document number. */
export class TooManyAttempts extends Exhausted {}

/** Too many claims wait for the registry. */
export class RegistryBacklog extends Exhausted {}

/** Your certificate does not allow this call. */
export class AccessDenied extends VaultError {}

/** A code of a roster member's second factor was not accepted. */
export class SecondFactorRefused extends AccessDenied {}

/** The present state does not allow this: an account's, a sanction's or a campaign's. */
export class PreconditionFailed extends VaultError {}

/** No answer after all retries; whether the call took effect is unknown. The same call with the same id is safe. */
export class Unavailable extends VaultError {}

/** No answer in time; as with any Unavailable, whether the call took effect is unknown. */
export class DeadlineExceeded extends Unavailable {}

/** Stored bytes do not verify; tell the vault's operator. */
export class RecordDamaged extends VaultError {}

/** The classes by the names that the vocabulary uses. */
export const ERRORS = {
  InvalidFields,
  RequestIdReused,
  NotFound,
  Exhausted,
  TooManyAttempts,
  RegistryBacklog,
  AccessDenied,
  SecondFactorRefused,
  PreconditionFailed,
  Unavailable,
  DeadlineExceeded,
  RecordDamaged,
} as const;
