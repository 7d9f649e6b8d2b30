// The client against a running vault, over mutual TLS.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { after, test } from "node:test";

import * as client from "idvault-client";
import { CheckError, StatusVerifier } from "idvault-client/offline";

import { charged, consent, given, newcomer, Proxy, ready, until, vaultOf } from "./support.js";

const { residentId } = client;
const AUDIENCE = "https://taxi.example";
const vault = vaultOf();
after(() => vault.close());

test("a person signs up, and a repeat is the same claim", async () => {
  const [person, requestId, before] = [newcomer(), randomUUID(), await charged()];
  const found = await vault.verifyIndividual(person.name, residentId(person.number), { consent, requestId });
  assert.ok(found.succeeded && found.status.isVerified && found.status.mayOperate);
  assert.deepEqual([found.requestId, found.failureReason, found.retryAfterMs], [requestId, "UNSPECIFIED", 0]);
  const again = await vault.verifyIndividual(person.name, residentId(person.number), { consent, requestId });
  assert.equal(again.accountToken, found.accountToken);
  assert.equal((await vault.getVerification(requestId)).accountToken, found.accountToken);
  assert.equal(await charged(), before + 1);
  const status = await vault.getStatus(found.accountToken);
  assert.deepEqual(status, found.status);
  assert.match(status.expireDate, /^\d{4}-\d\d-\d\d$/);
  assert.deepEqual([status.subjectKind, status.standing, status.assurance], ["INDIVIDUAL", "GOOD", "REGISTRY_MATCH"]);
  const unknown = `acct_${"0".repeat(26)}`;
  const many = await vault.batchGetStatuses([found.accountToken, unknown, found.accountToken]);
  assert.deepEqual([many.statuses, many.unknownAccountTokens], [[status], [unknown]]);
  const stranger = vaultOf({ platform: "platform-b" });
  await assert.rejects(stranger.getStatus(found.accountToken), { name: "NotFound", reason: "ACCOUNT_NOT_FOUND" });
  stranger.close();
});

test("more calls than a connection carries wait for their turn", async () => {
  const person = newcomer();
  const { accountToken } = await vault.verifyIndividual(person.name, residentId(person.number), { consent });
  const asked = Array.from({ length: 400 }, () => vault.getStatus(accountToken));
  assert.equal((await Promise.all(asked)).filter((status) => status.isVerified).length, 400);
  const short = vaultOf({ timeoutMs: 1 });
  const late = await Promise.allSettled(Array.from({ length: 400 }, () => short.getStatus(accountToken)));
  assert.ok(late.some((each) => each.status === "rejected" && each.reason instanceof client.DeadlineExceeded));
  const closing = Array.from({ length: 400 }, () => short.getStatus(accountToken));
  short.close();
  assert.ok((await Promise.allSettled(closing)).every((each) => each.status === "rejected"));
});

test("an organisation that matches waits for its representative", async () => {
  const { name, number, representative } = given.organization;
  const person = { name: representative.name, document: client.residentId(representative.number) };
  const found = await vault.verifyOrganization(name, client.unifiedSocialCreditCode(number), person, { consent });
  assert.deepEqual([found.failed, found.failureReason], [true, "REPRESENTATIVE_PENDING"]);
  assert.equal(found.status.mayOperate, false);
});

test("a mismatch is an answer, with its text", async () => {
  const found = await vault.verifyIndividual(newcomer().name, residentId(newcomer().number), { consent });
  assert.deepEqual([found.failed, found.failureReason], [true, "MISMATCH"]);
  assert.match(found.failureText("zh-CN"), /。$/);
  assert.equal(found.failureText("en"), client.failureText("MISMATCH", "en"));
});

test("wrong fields are named, and never shown", async () => {
  const { name, number } = newcomer();
  const wrong = number.slice(0, -1) + (number.endsWith("1") ? "2" : "1");
  const error = await vault.verifyIndividual(name, residentId(wrong), { consent }).catch((each) => each);
  assert.ok(error instanceof client.InvalidFields);
  assert.deepEqual(
    [error.reason, error.code, error.fields],
    ["INVALID_DOCUMENT_NUMBER", "INVALID_ARGUMENT", { "document.number": "CHECK_DIGIT" }],
  );
  assert.deepEqual(error.texts("en"), { "document.number": client.fieldText("document.number", "CHECK_DIGIT", null, "en") });
  assert.match(error.message, new RegExp(`^INVALID_DOCUMENT_NUMBER .* request ${error.requestId}$`));
  const shown = [error.message, error.stack, JSON.stringify(error)].join();
  assert.ok(!shown.includes(wrong) && !shown.includes(name));
  const broken = vault.verifyIndividual("\ud800", residentId(number), { consent });
  await assert.rejects(broken, { name: "InvalidFields", reason: "INVALID_NAME", fields: { real_name: "CHARACTER" } });
});

test("each refusal is an error of its own class", async () => {
  const [person, requestId] = [newcomer(), randomUUID()];
  await vault.verifyIndividual(person.name, residentId(person.number), { consent, requestId });
  const other = newcomer();
  const reused = vault.verifyIndividual(other.name, residentId(other.number), { consent, requestId });
  await assert.rejects(reused, { name: "RequestIdReused", reason: "REQUEST_ID_REUSED", requestId });
  await assert.rejects(vault.getVerification(randomUUID()), client.NotFound);
  const [target, guesses] = [newcomer(), [..."赵钱孙李周吴郑王"]];
  let error;
  while (guesses.length > 0 && error === undefined) {
    const guess = vault.verifyIndividual(`${guesses.pop()}虚构名`, residentId(target.number), { consent });
    error = await guess.then(() => undefined, (each) => each);
  }
  assert.ok(error instanceof client.TooManyAttempts && error instanceof client.Exhausted);
  assert.ok(error.retryAfterMs > 0 && error.retryAfterMs <= 3_600_000);
  assert.match(error.text("zh"), /。$/);
});

test("every method of the contract can be called, with a request id", async () => {
  const person = newcomer();
  const { accountToken } = await vault.verifyIndividual(person.name, residentId(person.number), { consent });
  const erasure = vault.call("ErasureService", "GetErasure", { accountToken });
  // A read has no request id: the vault gives its error one, which its log has, too.
  await assert.rejects(erasure, { name: "NotFound", reason: "ERASURE_NOT_FOUND", requestId: /^[0-9a-f-]{36}$/ });
  const asked = await vault.call("ErasureService", "EraseAccount", { accountToken });
  assert.equal(asked.accountToken, accountToken);
  const { erasures } = await vault.call("ErasureService", "ListErasures", { state: "STATE_REQUESTED", pageSize: 1000 });
  assert.equal(erasures.find((each) => each.accountToken === accountToken)?.origin, "ORIGIN_PLATFORM");
  const noticed = await vault.getStatus(accountToken);
  assert.equal(noticed.eraseTime?.getTime(), Number(asked.eraseTime.seconds) * 1000);
  const twice = await vault.call("ErasureService", "EraseAccount", { accountToken }).catch((each) => each);
  assert.ok(twice instanceof client.PreconditionFailed);
  assert.equal(twice.states?.length, 2);
  assert.match(twice.requestId, /^[0-9a-f-]{36}$/);
  await assert.rejects(vault.call("ErasureService", "None", {}), RangeError);
});

test("a third party checks offline what the client was issued", async () => {
  const person = newcomer();
  const { accountToken } = await vault.verifyIndividual(person.name, residentId(person.number), { consent });
  const jwks = readFileSync(`${ready.public}/jwks.json`);
  const verifier = new StatusVerifier({ jwks, audience: AUDIENCE });
  const token = await vault.issueStatusToken(accountToken, AUDIENCE);
  assert.ok(token.expiresAt > new Date());
  const { subject } = verifier.check(token.token);
  const [credential] = [await vault.issueStatusCredential(accountToken, AUDIENCE)];
  assert.throws(() => verifier.check(credential.token), (error) => error instanceof CheckError && error.reason === "LIST_MISSING");
  const list = `${ready.public}/status/0.jwt`;
  await until(() => existsSync(list) && (verifier.addList(readFileSync(list)), accepts(verifier, credential.token)));
  assert.equal(verifier.check(credential.token).subject, subject);
});

function accepts(verifier, token) {
  try {
    return Boolean(verifier.check(token));
  } catch {
    return false; // the list is published within seconds
  }
}

test("calls in flight outlast a restart, reads included", async () => {
  const [proxy, person, requestId] = [new Proxy(), newcomer(), randomUUID()];
  const { accountToken } = await vault.verifyIndividual(person.name, residentId(person.number), { consent });
  const far = vaultOf({ target: await proxy.start() });
  await far.getStatus(accountToken);
  const [other, before] = [newcomer(), await charged()];
  proxy.hold();
  const calls = [
    far.getStatus(accountToken),
    far.verifyIndividual(other.name, residentId(other.number), { consent, requestId }),
  ];
  await until(async () => (await charged()) > before); // the vault has answered, and the answer is kept back
  proxy.cut();
  await until(() => proxy.refused >= 6); // longer than the attempts of gRPC alone
  proxy.open();
  const [status, verified] = await Promise.all(calls);
  assert.deepEqual([status.isVerified, verified.succeeded, verified.requestId], [true, true, requestId]);
  assert.equal(await charged(), before + 1);
  far.close();
  proxy.close();
});

test("every call has a deadline, and closing ends it", async () => {
  const proxy = new Proxy();
  const target = await proxy.start();
  const [short, long] = [vaultOf({ target, timeoutMs: 300 }), vaultOf({ target })];
  await long.getVerification(randomUUID()).catch(() => {});
  await short.getVerification(randomUUID()).catch(() => {});
  proxy.hold();
  const requestId = randomUUID();
  await assert.rejects(short.getVerification(requestId), { name: "DeadlineExceeded", requestId });
  const waiting = long.getVerification(requestId);
  long.close();
  await assert.rejects(waiting, { name: "Unavailable", requestId });
  await assert.rejects(long.getVerification(requestId), /this connection is closed/);
  short.close();
  proxy.close();
  for (const timeoutMs of [0, -1, NaN, Infinity]) {
    assert.throws(() => vaultOf({ timeoutMs }), RangeError);
  }
});

test("a fault of the set-up is named at once, or at the deadline", async () => {
  const proxy = new Proxy();
  const nobody = await proxy.start();
  proxy.close();
  for (const [options, hint] of [
    [{ tls: { ca: given.other_ca } }, /the given ca did not issue/],
    [{ target: "vault.invalid:7443" }, /no host has the target's name/],
    [{ target: new URL(ready.registry.admin_url).host }, /speaks no TLS/],
    [{ serverName: "other.example" }, /set serverName/],
    [{ target: nobody, timeoutMs: 4000 }, /nothing listens/],
  ]) {
    const wrong = vaultOf(options);
    const error = await wrong.getVerification(randomUUID()).catch((each) => each);
    assert.ok(error instanceof client.Unavailable, error.message);
    assert.match(error.message, hint);
    wrong.close();
  }
  assert.throws(() => vaultOf({ tls: { key: "no such file" } }), { code: "ENOENT" });
  const document = vault.verifyIndividual("name", "110000190101010001", { consent });
  await assert.rejects(document, { name: "TypeError", message: /^document must be an IdentityDocument/ });
});
