// Checks without a call and without any other package: `import { StatusVerifier } from "idvault-client/offline"`.

export { CheckError } from "./error.js";
export { checkPlatforms, type PlatformEntries, type Platforms, type PlatformsSettings } from "./platforms.js";
export { checkReceipt, type ProvedReceipt, type ReceiptSettings } from "./receipt.js";
export type { Attested, AttestedPublicAccount, MinimumAssurance } from "./status_check.js";
export { StatusVerifier, type VerifierSettings } from "./verifier.js";
