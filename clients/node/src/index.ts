// The client for backends. Checks without a call are in "idvault-client/offline".

export * from "./errors.js";
export type { AnswerOf, MethodOf, RequestOf, Services } from "./protocol.js";
export * from "./texts.js";
export type { ConnectOptions, Tls } from "./transport.js";
export {
  foreignPermanentResident,
  residencePermit,
  residentId,
  Status,
  unifiedSocialCreditCode,
  Verification,
} from "./values.js";
export type { Consent, IdentityDocument, IssuedToken, Statuses } from "./values.js";
export { connect, Vault, type ClaimOptions, type Representative } from "./vault.js";
export type * from "./vocabulary.js";
