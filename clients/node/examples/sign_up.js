// Signs a person up at a vault and reads the status: node sign_up.js READY_FILE NAME NUMBER
//
// READY_FILE is the file written by `idvault dev --ready-file`; a production backend reads the address and its
// PEM files from its own settings.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

import { connect, InvalidFields, residentId, VaultError } from "idvault-client";

const PLATFORM = "platform-a";

async function main([readyFile, name, number]) {
  const ready = JSON.parse(readFileSync(readyFile, "utf8"));
  const tls = { ca: ready.ca, ...ready.certificates[PLATFORM] };
  const vault = connect(ready.grpc, { tls, serverName: ready.server_name });
  try {
    // Save the id before the call, so that the call can be repeated: the same id is the same claim.
    const [requestId, consent] = [randomUUID(), { policyVersion: "terms-3", agreeTime: new Date(Date.now() - 1000) }];
    const claim = await vault.verifyIndividual(name, residentId(number), { consent, requestId });
    if (claim.failed) {
      console.log(`failed: ${claim.failureReason}: ${claim.failureText("zh")}`);
      return;
    }
    const status = await vault.getStatus(claim.accountToken);
    console.log(`${status.accountToken} ${status.state} revision ${status.revision}`);
  } finally {
    vault.close();
  }
}

const given = process.argv.slice(2);
if (given.length !== 3) {
  console.error("usage: node sign_up.js READY_FILE NAME NUMBER");
  process.exit(2);
}
try {
  await main(given);
} catch (error) {
  if (!(error instanceof VaultError)) {
    throw error;
  }
  console.error(error.message);
  if (error instanceof InvalidFields) {
    console.error(error.texts("zh"));
  }
  process.exitCode = 1;
}
