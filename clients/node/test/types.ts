// What TypeScript makes of the package: it compiles, and each line after `@ts-expect-error` does not.

import { connect, InvalidFields, residentId, type AnswerOf, type Reason, type RequestOf } from "idvault-client";
import { StatusVerifier } from "idvault-client/offline";

const vault = connect("localhost:7443", { tls: { ca: "ca.pem", certificate: "im.pem", key: "im.key" } });
// @ts-expect-error every connection has a certificate
connect("localhost:7443", {});

export async function typed(): Promise<void> {
  const consent = { policyVersion: "terms-3", agreeTime: new Date() };
  const claim = await vault.verifyIndividual("", residentId(""), { consent });
  const state: "PENDING" | "SUCCEEDED" | "FAILED" | null = claim.state;
  // @ts-expect-error a claim has no such state
  const wrong: boolean = claim.state === "VERIFIED";
  // @ts-expect-error a claim needs a consent
  await vault.verifyIndividual("", residentId(""), {});
  const erasure = await vault.call("ErasureService", "GetErasure", { accountToken: claim.accountToken });
  const token: string = erasure.accountToken;
  // @ts-expect-error no such method
  await vault.call("ErasureService", "Forget", {});
  // @ts-expect-error no such field
  await vault.call("ErasureService", "GetErasure", { account: token });
  // @ts-expect-error no service of a platform
  await vault.call("CustodianService", "GetSealedShare", {});
  const answer: AnswerOf<"StatusService", "GetStatus">["state"] = "STATE_VERIFIED";
  const request: RequestOf<"StatusService", "GetStatus"> = { accountToken: token };
  const reason: Reason = "INVALID_NAME";
  // @ts-expect-error no such reason
  const none: Reason = "INVALID_NAMES";
  const shown: Record<string, string> = new InvalidFields({ code: "INVALID_ARGUMENT" }).texts("zh");
  const subject: string = new StatusVerifier({ jwks: new Uint8Array(), audience: "a" }).check("").subject;
  // @ts-expect-error a public account is no person: it is asked for, and then named
  const public_: string = new StatusVerifier({ jwks: new Uint8Array(), audience: "a" }).check("").publicAccountId;
  const named: string = new StatusVerifier({ jwks: new Uint8Array(), audience: "a" }).checkPublicAccount("").publicAccountId;
  console.log(public_, named);
  console.log(state, wrong, answer, request, reason, none, shown, subject);
}
