// The published types, as a backend in TypeScript sees them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test("types.ts compiles, and only it", () => {
  const done = spawnSync(process.execPath, [here("../node_modules/typescript/bin/tsc"), "-p", here(".")], { encoding: "utf8" });
  assert.deepEqual([done.stdout, done.status], ["", 0]);
});
