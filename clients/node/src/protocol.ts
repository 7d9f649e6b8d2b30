// The contract: the services of a platform and their messages, read from the .proto files.

import { fileURLToPath } from "node:url";

import type { MethodDefinition } from "@grpc/grpc-js";
import { loadSync, type MessageTypeDefinition, type MethodDefinition as Described } from "@grpc/proto-loader";

import type { CampaignServiceDefinition } from "./generated/idvault/v1/CampaignService.js";
import type { ErasureServiceDefinition } from "./generated/idvault/v1/ErasureService.js";
import type { PublicAccountServiceDefinition } from "./generated/idvault/v1/PublicAccountService.js";
import type { SanctionServiceDefinition } from "./generated/idvault/v1/SanctionService.js";
import type { SessionServiceDefinition } from "./generated/idvault/v1/SessionService.js";
import type { StatusServiceDefinition } from "./generated/idvault/v1/StatusService.js";
import type { TipOffServiceDefinition } from "./generated/idvault/v1/TipOffService.js";
import type { VerificationServiceDefinition } from "./generated/idvault/v1/VerificationService.js";
import type { SERVICES } from "./vocabulary.js";

/** The services that a platform may call. */
export interface Services extends Record<(typeof SERVICES)[number], object> {
  VerificationService: VerificationServiceDefinition;
  StatusService: StatusServiceDefinition;
  CampaignService: CampaignServiceDefinition;
  SanctionService: SanctionServiceDefinition;
  SessionService: SessionServiceDefinition;
  PublicAccountService: PublicAccountServiceDefinition;
  TipOffService: TipOffServiceDefinition;
  ErasureService: ErasureServiceDefinition;
}

/** The names of a service's methods. */
export type MethodOf<S extends keyof Services> = keyof {
  [M in keyof Services[S] as string extends M ? never : number extends M ? never : M]: M;
} &
  string;

type Part<S extends keyof Services, M extends MethodOf<S>, Kind extends "request" | "answer"> =
  Services[S][M & keyof Services[S]] extends Described<infer Request, infer _In, infer _Out, infer Answer>
    ? Kind extends "request"
      ? Request
      : Answer
    : never;

/** The request of a method; every field may be left out. */
export type RequestOf<S extends keyof Services, M extends MethodOf<S>> = Part<S, M, "request">;

/** The answer of a method, with all its fields. */
export type AnswerOf<S extends keyof Services, M extends MethodOf<S>> = Part<S, M, "answer">;

const CONTRACT = loadSync(
  [
    ...["verification", "status", "campaign", "sanction", "session", "public_account", "tip_off", "erasure"].map(
      (name) => `idvault/v1/${name}.proto`,
    ),
    "google/rpc/status.proto",
    "google/rpc/error_details.proto",
  ],
  {
    longs: Number,
    enums: String,
    defaults: true,
    arrays: true,
    oneofs: true,
    includeDirs: [fileURLToPath(new URL("../proto", import.meta.url))],
  },
);

type Method = MethodDefinition<object, object>;

/** Returns a method; throws RangeError if the service has no such method. */
export function methodOf(service: string, name: string): Method {
  const found = (CONTRACT[`idvault.v1.${service}`] as Record<string, Method> | undefined)?.[name];
  if (found === undefined) {
    throw new RangeError(`${service} has no method ${name}`);
  }
  return found;
}

/** Whether a request of the method has a request id, which the client may choose. */
export function takesRequestId(service: string, name: string): boolean {
  const { requestType } = methodOf(service, name) as unknown as { requestType: MessageTypeDefinition<object, object> };
  const { field } = requestType.type as { field: readonly { name: string }[] };
  return field.some((each) => each.name === "requestId" || each.name === "request_id");
}

/** Returns a message of google.rpc; throws if the bytes do not decode. */
export function decodeDetail(name: "Status" | "ErrorInfo" | "BadRequest" | "RequestInfo" | "RetryInfo", data: Buffer): object {
  return (CONTRACT[`google.rpc.${name}`] as MessageTypeDefinition<object, object>).deserialize(data);
}
