// Signs a person up at a vault and reads the status: node sign_up.js READY_FILE NAME NUMBER
//
// READY_FILE is the file written by `idvault dev --ready-file`; a production backend reads the address and its
// PEM files from its own settings. The messages are loaded from the .proto files, without generated code.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const PROTO = process.env.IDVAULT_PROTO ?? fileURLToPath(new URL("../../../proto", import.meta.url));
const PLATFORM = "platform-a";
const SECONDS = 10;

function services() {
  const options = { keepCase: true, longs: Number, enums: String, defaults: true, includeDirs: [PROTO] };
  const files = ["idvault/v1/verification.proto", "idvault/v1/status.proto"];
  return grpc.loadPackageDefinition(loader.loadSync(files, options)).idvault.v1;
}

// Every client of the vault needs mutual TLS, and must not use a proxy on the internal network.
function connect(ready) {
  const { certificate, key } = ready.certificates[PLATFORM];
  const [ca, own, secret] = [ready.ca, certificate, key].map((path) => readFileSync(path));
  const credentials = grpc.credentials.createSsl(ca, secret, own);
  const options = { "grpc.ssl_target_name_override": ready.server_name, "grpc.enable_http_proxy": 0 };
  const { VerificationService, StatusService } = services();
  return {
    verification: new VerificationService(ready.grpc, credentials, options),
    status: new StatusService(ready.grpc, credentials, options),
  };
}

// Every call has a deadline. A refusal rejects with the reason, never with the request's content.
function call(client, method, request) {
  const deadline = new Date(Date.now() + SECONDS * 1000);
  return new Promise((resolve, reject) => {
    client[method](request, { deadline }, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

async function main([readyFile, name, number]) {
  const vault = connect(JSON.parse(readFileSync(readyFile, "utf8")));
  // Save the id before the call, so that the call can be repeated: the same id is the same claim.
  const request_id = randomUUID();
  const claim = await call(vault.verification, "VerifyIndividual", {
    request_id,
    real_name: name,
    document: { type: "DOCUMENT_TYPE_RESIDENT_ID", number },
    consent: { policy_version: "terms-3", agree_time: { seconds: Math.floor(Date.now() / 1000) - 1 } },
  });
  if (claim.state === "STATE_FAILED") {
    console.log(`failed: ${claim.failure_reason}`);
    return;
  }
  const status = await call(vault.status, "GetStatus", { account_token: claim.account_token });
  console.log(`${status.account_token} ${status.state} revision ${status.revision}`);
}

const given = process.argv.slice(2);
if (given.length !== 3) {
  console.error("usage: node sign_up.js READY_FILE NAME NUMBER");
  process.exit(2);
}
try {
  await main(given);
} catch (error) {
  console.error(`${grpc.status[error.code] ?? "ERROR"}: ${error.details ?? error.message}`);
  process.exitCode = 1;
}
