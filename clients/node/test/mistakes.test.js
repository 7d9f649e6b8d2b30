// What can be known before the first call is told by `connect`, in a sentence that names the argument.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { connect } from "idvault-client";

import { ready } from "./support.js";

const good = { ca: ready.ca, ...ready.certificates["platform-a"] };
const folder = mkdtempSync(join(tmpdir(), "idvault-mistakes-"));
after(() => rmSync(folder, { recursive: true }));

function file(name, text) {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

test("a target that is none is refused, and not shown", () => {
  const [url, port] = [/^target must be HOST:PORT or dns:\/\/\/HOST:PORT, and no URL$/, /^target must end with a port, from 1 to 65535$/];
  const none = /^target has no port: give HOST:PORT$/;
  const host = /^target has no host, or one with a character that no host has: give HOST:PORT$/;
  const kind = /^target must be HOST:PORT, dns:\/\/\/HOST:PORT or ipv4:ADDRESS:PORT: no vault serves unix, vsock or xds$/;
  const [ipv4, ipv6] = [/after ipv4:, or several with commas: ipv4:ADDRESS:PORT$/, /after ipv6:, or several with commas: ipv6:\[ADDRESS\]:PORT$/];
  const cases = [
    ["http://vault.internal:7443", url],
    ["https://vault.internal:7443", url],
    ["", none],
    ["vault.internal", none],
    ["dns:///vault.internal", none],
    ["[::1]", none],
    ["::1:7443", /^target has an IPv6 address without brackets: give \[ADDRESS\]:PORT$/],
    ["dns://vault.internal:7443", /^target needs three slashes: dns:\/\/\/HOST:PORT$/],
    ["vault.internal:0", port],
    ["vault.internal:65536", port],
    ["vault.internal:7443\n", port],
    [":7443", host],
    ["dns:////vault.internal:7443", host],
    ...["unix:/run/x", "unix:///run/x", "unix-abstract:x", "vsock:1:2", "xds:///vault"].map((each) => [each, kind]),
    ...["ipv4:", "ipv4:junk", "ipv4:10.0.0.1", "ipv4:10.0.0.256:1", "ipv4:10.0.0.1:0", "ipv4:a:1", "ipv4:[::1]:1", "ipv4:10.0.0.1:1,"].map((each) => [each, ipv4]),
    ...["ipv6:::1:1", "ipv6:[::1]", "ipv6:[10.0.0.1]:1"].map((each) => [each, ipv6]),
    [undefined, /^target must be a string, not a undefined$/],
  ];
  for (const [target, message] of cases) {
    assert.throws(() => connect(target, { tls: good }), { message }, `${target}`);
  }
  for (const target of ["a:1", "dns:a:1", "dns:/a:1", "dns:///a:1", "dns://10.0.0.1:53/a:1", "[::1]:7443", "ipv4:127.0.0.1:1,127.0.0.2:1", "ipv6:[::1]:1"]) {
    connect(target, { tls: good }).close();
  }
});

test("files of something else are refused, without what they hold", () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = { type: "pkcs8", format: "pem" };
  const junk = file("junk", "synthetic content");
  const other = file("other.key", privateKey.export(pem));
  const locked = file("locked.key", privateKey.export({ ...pem, cipher: "aes-256-cbc", passphrase: "synthetic" }));
  const [certificate, key] = [/^tls.certificate has no certificate in PEM form$/, /^tls.key has no private key in PEM form$/];
  for (const [files, message] of [
    [{ ca: junk }, /^tls.ca has no certificate in PEM form$/],
    [{ ca: good.key }, /^tls.ca has no certificate in PEM form$/],
    [{ certificate: junk }, certificate],
    [{ certificate: good.key, key: good.certificate }, certificate],
    [{ key: junk }, key],
    [{ key: good.certificate }, key],
    [{ key: locked }, /^tls.key has a passphrase: give a key without one$/],
    [{ key: other }, /^tls.key is not the key of the first certificate in tls.certificate$/],
  ]) {
    assert.throws(() => connect(ready.grpc, { tls: { ...good, ...files } }), { message });
  }
  assert.throws(() => connect(ready.grpc, {}), { name: "TypeError", message: "tls must be { ca, certificate, key }" });
  assert.throws(() => connect(ready.grpc, { tls: { ...good, key: "gone.pem" } }), { code: "ENOENT", message: /^tls.key cannot be read: / });
  const both = file("both.pem", readFileSync(good.certificate, "utf8") + readFileSync(good.key, "utf8"));
  connect(ready.grpc, { tls: { ca: good.ca, certificate: both, key: both } }).close();
});
