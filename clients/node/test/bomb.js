// Reads one file with one reader, in a process of its own: `node bomb.js READER FILE JWKS`. Prints a line of JSON: the
// reason, the CPU seconds of reading alone, and the process's greatest memory in MiB.

import { readFileSync } from "node:fs";

import { CheckError, checkReceipt, StatusVerifier } from "idvault-client/offline";

import { load } from "./vectors.js";

const [name, path, jwks] = process.argv.slice(2);
const data = readFileSync(path);
const page = load("receipt");
const publicKey = page.log;
const person = Buffer.from(page.inputs.person, "latin1");
const verifier = new StatusVerifier({ jwks: readFileSync(jwks), audience: "https://taxi.example" });

const READERS = {
  receipt: () => checkReceipt(data, { publicKey }),
  roster: () => checkReceipt(person, { publicKey, roster: [data] }),
  "key set": () => new StatusVerifier({ jwks: data, audience: "https://taxi.example" }),
  list: () => verifier.addList(data),
  token: () => verifier.check(data),
};

let reason = null;
const begun = process.cpuUsage();
try {
  READERS[name]();
} catch (error) {
  if (!(error instanceof CheckError)) {
    throw error;
  }
  reason = error.reason;
}
const { user, system } = process.cpuUsage(begun);
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))[1];
console.log(JSON.stringify({ reason, cpu: (user + system) / 1e6, mib: Number(peak) / 1024 }));
