// The client for backends: connects, verifies people, reads statuses; every method rejects with VaultError.

import { randomUUID } from "node:crypto";

import { Metadata, type Client, type ServiceError } from "@grpc/grpc-js";

import { DeadlineExceeded, VaultError } from "./errors.js";
import { methodOf, takesRequestId, type AnswerOf, type MethodOf, type RequestOf, type Services } from "./protocol.js";
import type { MinimumAssurance } from "./offline/status_check.js";
import * as refusals from "./refusals.js";
import { checkTimeout, open, type ConnectOptions } from "./transport.js";
import * as values from "./values.js";
import type { Consent, IdentityDocument, IssuedToken, Status, Statuses, Verification } from "./values.js";
import { AT_ONCE } from "./vocabulary.js";

const BATCH_SIZE = 1000;

/** The legal representative of an organisation. */
export interface Representative {
  readonly name: string;
  readonly document: IdentityDocument;
}

/** What a claim needs besides name and document. */
export interface ClaimOptions {
  readonly consent: Consent;
  /** A UUID that you saved before the call, so that you can repeat it; without one the client chooses one. */
  readonly requestId?: string;
  /** The account to verify again; none at sign-up. */
  readonly accountToken?: string;
  /** The code of an invitation by link, if the person followed one. */
  readonly invitationCode?: string;
}

/**
 * Returns a client of the vault at a gRPC target, for example "dns:///vault.internal:7443". Reads the PEM files at
 * once, connects with the first call, and may be shared by all of a process. Throws an Error that says which argument
 * cannot be used, and why.
 */
export function connect(target: string, options: ConnectOptions): Vault {
  return new Vault(open(target, options), checkTimeout(options.timeoutMs));
}

function minimum(demanded: MinimumAssurance | undefined) {
  return demanded === undefined ? {} : { minimumAssurance: `MINIMUM_ASSURANCE_${demanded}` as const };
}

/** The vault as a backend sees it; `connect` makes one. */
export class Vault {
  readonly #client: Client;
  readonly #timeoutMs: number;
  readonly #running = new Set<{ cancel(): void }>();
  readonly #waiting = new Set<() => void>();
  #free = AT_ONCE;
  #closed = false;
  #answered = false;

  constructor(client: Client, timeoutMs: number) {
    this.#client = client;
    this.#timeoutMs = timeoutMs;
  }

  /** Verifies a person's real name and number. A mismatch is an answer, not an error: see Verification.failed. */
  async verifyIndividual(name: string, document: IdentityDocument, options: ClaimOptions): Promise<Verification> {
    const realName = values.text(name, "real_name", "INVALID_NAME");
    const request = { realName, ...claim(document, options) };
    return this.#read("VerificationService", "VerifyIndividual", request, values.verification);
  }

  /** Verifies an organisation's registered name, its unified social credit code and its legal representative. */
  async verifyOrganization(
    name: string,
    document: IdentityDocument,
    representative: Representative,
    options: ClaimOptions,
  ): Promise<Verification> {
    const request = {
      organizationName: values.text(name, "organization_name", "INVALID_NAME"),
      representativeName: values.text(representative.name, "representative_name", "INVALID_NAME"),
      representativeDocument: identityDocument(representative.document, "representative_document"),
      ...claim(document, options),
    };
    return this.#read("VerificationService", "VerifyOrganization", request, values.verification);
  }

  /** Returns the current state of a claim. */
  async getVerification(requestId: string): Promise<Verification> {
    return this.#read("VerificationService", "GetVerification", { requestId }, values.verification);
  }

  /** Returns the status of one account. */
  async getStatus(accountToken: string): Promise<Status> {
    return this.#read("StatusService", "GetStatus", { accountToken }, values.status);
  }

  /** Returns the statuses of any number of accounts; every 1,000 are one call with its own timeout. */
  async batchGetStatuses(accountTokens: Iterable<string>): Promise<Statuses> {
    const tokens = [...new Set(accountTokens)];
    const statuses: Status[] = [];
    const unknownAccountTokens: string[] = [];
    for (let start = 0; start < tokens.length; start += BATCH_SIZE) {
      const request = { accountTokens: tokens.slice(start, start + BATCH_SIZE) };
      await this.#read("StatusService", "BatchGetStatuses", request, (answer) => {
        statuses.push(...answer.statuses.map(values.status));
        unknownAccountTokens.push(...answer.unknownAccountTokens);
      });
    }
    return { statuses, unknownAccountTokens };
  }

  /**
   * Returns a statement for a third party about an account's current status, valid for ten minutes. minimumAssurance:
   * what the audience demands and the token states.
   */
  async issueStatusToken(
    accountToken: string,
    audience: string,
    options: { readonly minimumAssurance?: MinimumAssurance } = {},
  ): Promise<IssuedToken> {
    const request = { accountToken, audience, ...minimum(options.minimumAssurance) };
    return this.#read("StatusService", "IssueStatusToken", request, (answer) =>
      values.issued(answer.statusToken, answer.expireTime),
    );
  }

  /**
   * Returns a credential for a third party, valid for 30 days while its entry in a public list says so.
   * publicAccountId: attests this public account of the account's. minimumAssurance: what the audience demands of the
   * account; the credential states it. requestId: as with a claim.
   */
  async issueStatusCredential(
    accountToken: string,
    audience: string,
    options: {
      readonly publicAccountId?: string;
      readonly minimumAssurance?: MinimumAssurance;
      readonly requestId?: string;
    } = {},
  ): Promise<IssuedToken> {
    const { publicAccountId = "", requestId = "" } = options;
    const request = { accountToken, audience, publicAccountId, requestId, ...minimum(options.minimumAssurance) };
    return this.#read("StatusService", "IssueStatusCredential", request, (answer) =>
      values.issued(answer.statusCredential, answer.expireTime),
    );
  }

  /**
   * Calls any method of a platform's services, with the types of the contract:
   *
   *     await vault.call("ErasureService", "GetErasure", { accountToken });
   *
   * Without a requestId the client chooses one where the method takes one. A lost connection is repeated with the
   * same request within the deadline, so that a restart of the vault is no error.
   */
  async call<S extends keyof Services, M extends MethodOf<S>>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
  ): Promise<AnswerOf<S, M>> {
    const sent = identified(service, method, request as object);
    const end = Date.now() + this.#timeoutMs;
    try {
      const answer = await this.#askTwice(service, method, sent, end);
      this.#answered = true;
      return answer as AnswerOf<S, M>;
    } catch (error) {
      this.#answered ||= error instanceof VaultError && error.reason !== null;
      throw error instanceof VaultError && !this.#answered ? refusals.beforeAnyAnswer(error) : error;
    }
  }

  /** Closes the connection; calls that still run end with Unavailable. */
  close(): void {
    this.#closed = true;
    this.#waiting.forEach((turn) => turn());
    this.#running.forEach((call) => call.cancel());
    this.#client.close();
  }

  async #askTwice(service: string, method: string, sent: object, end: number): Promise<object> {
    try {
      return await this.#ask(service, method, sent, end, false);
    } catch (error) {
      if (!(error instanceof VaultError) || !refusals.connectionLost(error, this.#answered) || this.#closed) {
        throw error;
      }
      return this.#again(service, method, sent, end, error);
    }
  }

  // The vault may be restarting: the same request, once there is a connection again.
  async #again(service: string, method: string, sent: object, end: number, first: VaultError): Promise<object> {
    try {
      return await this.#ask(service, method, sent, end, true);
    } catch (error) {
      throw error instanceof DeadlineExceeded ? first : error;
    }
  }

  async #ask(service: string, method: string, sent: object, deadline: number, waitForReady: boolean): Promise<object> {
    const requestId = "requestId" in sent && typeof sent.requestId === "string" ? sent.requestId : null;
    if (!(await this.#turn(deadline))) {
      throw refusals.late(requestId);
    }
    try {
      return await this.#send(service, method, sent, requestId, deadline, waitForReady);
    } finally {
      this.#leave();
    }
  }

  // Waits until the vault takes another call of this connection; returns false if the deadline comes first.
  #turn(deadline: number): Promise<boolean> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const ended = (hasTurn: boolean) => {
        clearTimeout(timer);
        this.#waiting.delete(turn);
        resolve(hasTurn);
      };
      const turn = () => ended(true);
      const timer = setTimeout(() => ended(false), deadline - Date.now());
      this.#waiting.add(turn);
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free += 1;
    } else {
      next();
    }
  }

  #send(
    service: string,
    method: string,
    sent: object,
    requestId: string | null,
    deadline: number,
    waitForReady: boolean,
  ): Promise<object> {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, method);
    return new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(refusals.closed(requestId));
        return;
      }
      const done = (error: ServiceError | null, answer?: object) => {
        this.#running.delete(call);
        if (error === null && answer !== undefined) {
          resolve(answer);
        } else {
          reject(this.#closed || error === null ? refusals.closed(requestId) : refusals.fromServiceError(error, requestId));
        }
      };
      const [metadata, options] = [new Metadata({ waitForReady }), { deadline }];
      const call = this.#client.makeUnaryRequest(path, requestSerialize, responseDeserialize, sent, metadata, options, done);
      this.#running.add(call);
    });
  }

  async #read<S extends keyof Services, M extends MethodOf<S>, T>(
    service: S,
    method: M,
    request: RequestOf<S, M>,
    read: (answer: AnswerOf<S, M>) => T,
  ): Promise<T> {
    const sent = identified(service, method, request as object) as RequestOf<S, M>;
    const answer = await this.call(service, method, sent);
    try {
      return read(answer);
    } catch {
      // The message of the fault could show what the answer holds.
    }
    throw refusals.notUnderstood((sent as { requestId?: string }).requestId ?? null);
  }
}

/** Returns the request with a request id, if the method writes and takes one. */
function identified(service: string, method: string, request: object): object {
  if (method.startsWith("Get") || !takesRequestId(service, method)) {
    return request;
  }
  const given = (request as { requestId?: unknown }).requestId;
  return { ...request, requestId: given || randomUUID() };
}

function identityDocument(document: IdentityDocument, field: string) {
  if (typeof document?.number !== "string" || typeof document.type !== "string") {
    throw new TypeError(`${field} must be an IdentityDocument, as residentId() and its like return it`);
  }
  return {
    type: `DOCUMENT_TYPE_${document.type}` as const,
    number: values.text(document.number, `${field}.number`, "INVALID_DOCUMENT_NUMBER"),
  };
}

function claim(document: IdentityDocument, options: ClaimOptions) {
  const { consent } = options;
  return {
    requestId: options.requestId ?? "",
    document: identityDocument(document, "document"),
    consent: {
      policyVersion: values.text(consent.policyVersion, "consent.policy_version", "CONSENT_MISSING"),
      agreeTime: values.timestamp(consent.agreeTime),
    },
    accountToken: options.accountToken ?? "",
    invitationCode: options.invitationCode ?? "",
  };
}
