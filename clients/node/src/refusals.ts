// Builds the client's errors from google.rpc.Status details, or from gRPC's own status without details.
// Only well-formed reasons, field paths and codes of a server's text are kept.

import { status as Code, type ServiceError } from "@grpc/grpc-js";

import { DeadlineExceeded, ERRORS, Unavailable, VaultError, type Failure } from "./errors.js";
import type { BadRequest__Output } from "./generated/google/rpc/BadRequest.js";
import type { ErrorInfo__Output } from "./generated/google/rpc/ErrorInfo.js";
import type { RequestInfo__Output } from "./generated/google/rpc/RequestInfo.js";
import type { RetryInfo__Output } from "./generated/google/rpc/RetryInfo.js";
import type { Status__Output } from "./generated/google/rpc/Status.js";
import { decodeDetail } from "./protocol.js";
import { CODES, REASONS } from "./vocabulary.js";

const DOMAIN = "idvault";
const WORD = /^[A-Z][A-Z0-9_]{0,62}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FIELD = /^[a-z][a-z0-9_.[\]]{0,127}$/;
const CLOSED = "this connection is closed";
const BUSY = "this client made as many calls at a time as it may: open another one beside it";
const OTHER_CA = "the given ca did not issue the server's certificate";
const EXPIRED = "the server's certificate has expired: tell the vault's operator";
const OTHER_NAME = "the server's certificate has another name: set serverName";
const NO_HOST = "no host has the target's name";
const NO_TLS = "what listens at the target speaks no TLS: it is no edge of a vault, which has ports of its own";
const NO_METHOD = "another edge than the one for this call listens at the target, or the vault is older than this client";
const DENIED = "your certificate is not registered there, is revoked, or has a role that may not make this call";
const NOTHING_YET = "nothing at the target has answered this client yet: is it the vault, and can it be reached?";
// Hints for Node's own errors. They replace its text, which may hold anything.
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/certificate has expired/i, EXPIRED],
  [/unable to verify|self[- ]signed certificate|unable to get .*issuer|certificate signature/i, OTHER_CA],
  [/does not match certificate/, OTHER_NAME],
  [/ECONNREFUSED/, "nothing listens at the target"],
  [/wrong version number/, NO_TLS],
  [/alert|handshake|EPROTO/, "no TLS connection: does the server accept your certificate?"],
  [/Name resolution failed|ENOTFOUND/, NO_HOST],
  [/Failed to connect|socket hang up/, "the server ends the connection: it stops, or does not accept your certificate"],
];
// Faults that no restart of the vault mends.
const LASTING = new Set([CLOSED, OTHER_CA, EXPIRED, OTHER_NAME]);
// Faults that a vault that has answered before may have while it restarts, and otherwise a wrong target.
const LASTING_AT_FIRST = new Set([...LASTING, NO_HOST, NO_TLS]);

type ErrorName = keyof typeof ERRORS;

/** Returns the error of a failed call. */
export function fromServiceError(error: ServiceError, requestId: string | null): VaultError {
  const code = Code[error.code] ?? "UNKNOWN";
  const found = details(error);
  const hint = found.reason ? ofReason(found.reason) : ofStatus(code, error.details ?? "");
  // A call without a request id, such as a read, has the id under which the vault logged its error.
  return build({ code, hint, ...found, requestId: requestId ?? found.errorId ?? null });
}

function ofReason(reason: string): string {
  return reason === "ACCESS_DENIED" ? DENIED : "";
}

function ofStatus(code: string, text: string): string {
  return code === "UNIMPLEMENTED" ? NO_METHOD : (HINTS.find(([sign]) => sign.test(text))?.[1] ?? "");
}

/** Returns the error of a client that had no answer before, which may have a wrong target. */
export function beforeAnyAnswer(error: VaultError): VaultError {
  const unexplained = error instanceof DeadlineExceeded && error.hint === "";
  return unexplained ? new DeadlineExceeded({ ...error, hint: NOTHING_YET }) : error;
}

/** Returns the error of a call whose turn did not come before its deadline. */
export function late(requestId: string | null): DeadlineExceeded {
  return new DeadlineExceeded({ code: "DEADLINE_EXCEEDED", requestId, hint: BUSY });
}

/** Returns the error of a call on a closed connection. */
export function closed(requestId: string | null): Unavailable {
  return new Unavailable({ code: "CANCELLED", requestId, hint: CLOSED });
}

/** Returns the error of an answer that breaks the contract. */
export function notUnderstood(requestId: string | null): VaultError {
  return new VaultError({ code: "INTERNAL", requestId, hint: "the answer is not valid" });
}

/**
 * Returns whether a call ended for want of a connection, and not by a word of the vault. answered: whether the vault has
 * answered this client before.
 */
export function connectionLost(error: VaultError, answered: boolean): boolean {
  const cut = error.code === "UNAVAILABLE" || error.code === "CANCELLED";
  return cut && error.reason === null && !(answered ? LASTING : LASTING_AT_FIRST).has(error.hint);
}

function build(failure: Failure): VaultError {
  const { reason, code } = failure;
  if (reason && Object.hasOwn(REASONS, reason)) {
    return new ERRORS[REASONS[reason as keyof typeof REASONS].error](failure);
  }
  const name: ErrorName | undefined = Object.hasOwn(CODES, code) ? CODES[code as keyof typeof CODES] : undefined;
  return new (name === undefined ? VaultError : ERRORS[name])(failure);
}

type Details = Pick<Failure, "reason" | "fields" | "retryAfterMs" | "states" | "errorId">;

function details(error: ServiceError): Details {
  const raw = error.metadata?.get("grpc-status-details-bin")[0];
  if (!Buffer.isBuffer(raw)) {
    return {};
  }
  // Details that contradict the status or do not parse are ignored; the status itself is used.
  try {
    const status = decodeDetail("Status", raw) as Status__Output;
    return status.code === error.code ? read(status) : {};
  } catch {
    return {};
  }
}

function read(status: Status__Output): Details {
  const info = unpack<ErrorInfo__Output>(status, "ErrorInfo");
  const retry = unpack<RetryInfo__Output>(status, "RetryInfo")?.retryDelay;
  const logged = unpack<RequestInfo__Output>(status, "RequestInfo")?.requestId ?? "";
  const violations = unpack<BadRequest__Output>(status, "BadRequest")?.fieldViolations ?? [];
  const mine = info?.domain === DOMAIN && WORD.test(info.reason);
  const fields = violations
    .map((each) => [each.field, each.reason || each.description] as const)
    .filter(([field, code]) => FIELD.test(field) && WORD.test(code));
  return {
    reason: mine ? info.reason : null,
    fields: Object.fromEntries(fields),
    retryAfterMs: retry ? Number(retry.seconds) * 1000 + retry.nanos / 1e6 : null,
    states: mine ? states(info) : null,
    errorId: UUID.test(logged) ? logged : null,
  };
}

function states(info: ErrorInfo__Output): [string, string] | null {
  const [state = "", wanted = ""] = [info.metadata["state"], info.metadata["wanted_state"]];
  return WORD.test(state) && WORD.test(wanted) ? [state, wanted] : null;
}

function unpack<T extends object>(status: Status__Output, name: "ErrorInfo" | "BadRequest" | "RequestInfo" | "RetryInfo"): T | undefined {
  const found = status.details.find((each) => each.type_url.endsWith(`/google.rpc.${name}`));
  try {
    return found && (decodeDetail(name, found.value) as T);
  } catch {
    return undefined;
  }
}
