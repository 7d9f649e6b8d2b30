// What the client makes of a refusal, and the texts in both languages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { Metadata, status as Code } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import * as client from "idvault-client";

import { beforeAnyAnswer, connectionLost, fromServiceError } from "../dist/refusals.js";
import { CATEGORIES, CODES, FAILURES, FIELDS, GROUNDS, REASONS, REJECTIONS, STANDINGS } from "../dist/vocabulary.js";

const includeDirs = [fileURLToPath(new URL("../proto", import.meta.url))];
const rpc = loadSync(["google/rpc/status.proto", "google/rpc/error_details.proto"], { includeDirs });
const detail = (name, value) => ({
  type_url: `type.googleapis.com/google.rpc.${name}`,
  value: Buffer.isBuffer(value) ? value : rpc[`google.rpc.${name}`].serialize(value),
});

function refusal(code, details, { said = code, text = "", requestId = "id-1" } = {}) {
  const metadata = new Metadata();
  const packed = Array.isArray(details) ? rpc["google.rpc.Status"].serialize({ code: said, message: "x", details }) : details;
  if (packed !== undefined) {
    metadata.set("grpc-status-details-bin", packed);
  }
  return fromServiceError({ code, details: text, metadata }, requestId);
}

const info = (reason, more = {}) => detail("ErrorInfo", { reason, domain: "idvault", ...more });

test("every reason has its class and both texts", () => {
  for (const [reason, { error }] of Object.entries(REASONS)) {
    const found = refusal(Code.INTERNAL, [info(reason)]);
    assert.deepEqual([found.name, found.reason, found.requestId], [error, reason, "id-1"]);
    assert.ok(found instanceof client[error] && found instanceof client.VaultError);
    assert.match(found.text("zh"), /。$/);
    assert.match(found.text("en-US"), /\.$/);
  }
});

test("an error has the id of the vault's log, and keeps the caller's own", () => {
  const id = "1b4e28ba-2fa1-41d2-883f-0016d3cca427";
  const told = (value, requestId) => {
    const found = refusal(Code.PERMISSION_DENIED, [info("ACCESS_DENIED"), detail("RequestInfo", { requestId: value })], { requestId });
    return [found.requestId, found.errorId, found.message.replace(/^ACCESS_DENIED \(PERMISSION_DENIED\);? ?/, "").replace(/;? ?your certificate.*/, "")];
  };
  assert.deepEqual(told(id, null), [id, id, `request ${id}`]);
  assert.deepEqual(told("no id", null), [null, null, ""]);
  assert.deepEqual(told(id, id), [id, id, `request ${id}`]);
  assert.deepEqual(told(id, "id-1"), ["id-1", id, `request id-1; in the vault's log ${id}`]);
});

test("without details the status decides", () => {
  for (const [code, name] of Object.entries(CODES)) {
    assert.equal(refusal(Code[code]).name, name);
  }
  assert.deepEqual([refusal(Code.INTERNAL).name, refusal(Code.INTERNAL).reason], ["VaultError", null]);
  assert.equal(refusal(99).code, "UNKNOWN");
});

test("fields, states and waits are read", () => {
  const violation = (field, reason, description = "") => ({ field, reason, description });
  const found = refusal(Code.INVALID_ARGUMENT, [
    info("INVALID_NAME", { metadata: { state: "ACTIVE", wanted_state: "PAUSED" } }),
    detail("BadRequest", { fieldViolations: [
      violation("real_name", "CHARACTER"),
      violation("document.number", "", "LENGTH"), // of a vault before the field `reason`
      violation("a b", "LENGTH"),
      violation("consent", "some text"),
    ] }),
    detail("RetryInfo", { retryDelay: { seconds: 2, nanos: 500_000_000 } }),
  ]);
  assert.deepEqual(found.fields, { real_name: "CHARACTER", "document.number": "LENGTH" });
  assert.deepEqual([found.states, found.retryAfterMs], [["ACTIVE", "PAUSED"], 2500]);
  assert.equal(
    found.message,
    "INVALID_NAME (INVALID_ARGUMENT); real_name CHARACTER; document.number LENGTH; " +
      "ACTIVE cannot become PAUSED; again after 2.5 s; request id-1",
  );
  assert.deepEqual(Object.keys(found.texts("zh")), ["real_name", "document.number"]);
  assert.deepEqual(refusal(Code.INVALID_ARGUMENT, [info("INVALID_MESSAGE")]).texts("en"), {
    "": client.reasonText("INVALID_MESSAGE", "en"),
  });
});

test("what is malformed, foreign or contradicts the status is left out", () => {
  for (const details of [
    Buffer.from("ff", "hex"),
    [detail("ErrorInfo", { reason: "INVALID_NAME", domain: "other" })],
    [info("no reason")],
    [detail("ErrorInfo", Buffer.from("ff", "hex"))],
    [],
  ]) {
    assert.deepEqual([refusal(Code.NOT_FOUND, details).name, refusal(Code.NOT_FOUND, details).reason], ["NotFound", null]);
  }
  assert.equal(refusal(Code.NOT_FOUND, [info("INVALID_NAME")], { said: Code.OK }).reason, null);
  const newer = refusal(Code.NOT_FOUND, [info("A_NEWER_REASON")]);
  assert.deepEqual([newer.name, newer.reason], ["NotFound", "A_NEWER_REASON"]);
  assert.equal(newer.text("en"), client.reasonText(null, "en"));
});

test("only a lost connection is repeated to the deadline", () => {
  assert.ok(connectionLost(refusal(Code.UNAVAILABLE), true) && connectionLost(refusal(Code.CANCELLED), false));
  assert.ok(!connectionLost(refusal(Code.UNAVAILABLE, [info("STORE_UNAVAILABLE")]), true));
  assert.ok(!connectionLost(refusal(Code.UNAVAILABLE, undefined, { text: "Error: unable to verify the first certificate" }), true));
  for (const text of ["Name resolution failed for target dns:x:1", "SSL routines:tls_validate_record_header:wrong version number:"]) {
    const failure = refusal(Code.UNAVAILABLE, undefined, { text }); // while a vault restarts its name may be gone
    assert.ok(connectionLost(failure, true) && !connectionLost(failure, false));
  }
  const silent = beforeAnyAnswer(refusal(Code.DEADLINE_EXCEEDED));
  assert.equal(silent.name, "DeadlineExceeded");
  assert.match(silent.message, /nothing at the target has answered/);
  assert.match(refusal(Code.UNIMPLEMENTED).hint, /^another edge/);
  assert.match(refusal(Code.PERMISSION_DENIED, [info("ACCESS_DENIED")]).hint, /^your certificate is not registered/);
  assert.ok(!connectionLost(refusal(Code.DEADLINE_EXCEEDED), false) && !connectionLost(refusal(Code.NOT_FOUND), false));
  const told = refusal(Code.UNAVAILABLE, undefined, { text: "write EPROTO secret" });
  assert.ok(told.message.includes("no TLS connection") && !told.message.includes("secret"));
});

test("every text is in both languages, and in no other", () => {
  for (const [table, read] of [
    [FAILURES, client.failureText],
    [STANDINGS, client.standingText],
    [REJECTIONS, client.rejectText],
    [FIELDS, (code, language) => client.fieldText("real_name", code, null, language)],
  ]) {
    for (const name of Object.keys(table)) {
      assert.deepEqual([read(name, "ZH_hans"), read(name, "en")], [table[name].zh, table[name].en]);
    }
  }
  assert.match(client.followedText("zh"), /。$/);
  assert.equal(client.causeText("ILLEGAL", "FRAUD", "zh"), `原因：${GROUNDS.ILLEGAL.zh}（${CATEGORIES.FRAUD.zh}）。`);
  assert.match(client.causeText("AGAINST_TERMS", "OTHER", "en"), /^The reason: [^{}]+ \([^{}]+\)\.$/);
  assert.equal(client.fieldText("request_id", "LENGTH", "INVALID_REQUEST_ID", "en"), client.reasonText("INVALID_REQUEST_ID", "en"));
  assert.throws(() => client.reasonText("toString", "fr"), RangeError);
  assert.equal(client.reasonText("toString", "en"), client.reasonText(null, "en"));
});
