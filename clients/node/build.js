// Builds dist/: copies the contract, generates the types of its messages, compiles the sources.
// IDVAULT_PROTO names another folder with the contract than the project's proto/.

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function run(program, ...options) {
  const done = spawnSync(process.execPath, [here(program), ...options], { cwd: here("."), stdio: "inherit" });
  if (done.status !== 0) {
    process.exit(done.status ?? 1);
  }
}

// An installed package brings its own copy.
const contract = process.env.IDVAULT_PROTO ?? here("../../proto");
if (existsSync(contract)) {
  rmSync(here("proto"), { recursive: true, force: true });
  cpSync(contract, here("proto"), { recursive: true });
}
if (existsSync(here("../../LICENSE"))) {
  cpSync(here("../../LICENSE"), here("LICENSE"));
}
rmSync(here("src/generated"), { recursive: true, force: true });
rmSync(here("dist"), { recursive: true, force: true });
const files = readdirSync(here("proto/idvault/v1")).map((name) => `idvault/v1/${name}`);
// The same settings as in src/protocol.ts.
run("node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js", ...[
  "--includeDirs=proto", "--longs=Number", "--enums=String", "--defaults", "--arrays", "--oneofs", "--includeComments",
  "--grpcLib=@grpc/grpc-js", "--importFileExtension=.js", "--outDir=src/generated",
  ...files, "google/rpc/status.proto", "google/rpc/error_details.proto",
]);
run("node_modules/typescript/bin/tsc");
