// Connection settings: mutual TLS, retries by gRPC service config, the default deadline.
// What can be known before the first call is checked here: the form of the target, and the files.

import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";

import { Client, credentials } from "@grpc/grpc-js";

import { CHANNEL_OPTIONS, DEFAULT_TIMEOUT_MS } from "./vocabulary.js";

/** Paths of PEM files: the authority of the server's certificate, and your own certificate and key. */
export interface Tls {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** How to reach a vault. */
export interface ConnectOptions {
  readonly tls: Tls;
  /** How long each call may take, retries included: 5,000 if it is left out. */
  readonly timeoutMs?: number;
  /** The name in the server's certificate, if it differs from the target's. */
  readonly serverName?: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
// Targets of gRPC that lead to no vault, which listens on TCP: their first call would be a bare UNAVAILABLE.
const OTHER_TARGET = /^(unix|unix-abstract|vsock|xds):/;
const HOST = /^(\[[0-9A-Fa-f:.]+(%[^\s/\]]+)?\]|[^\s/@:[\]]+)$/;
const PORT = /^0*[1-9][0-9]{0,4}$/;
const HIGHEST_PORT = 65_535;

/**
 * Returns a client of gRPC; reads the files at once and connects with the first call. Throws what `fs` throws, and
 * an Error that names the argument and never shows what a file holds.
 */
export function open(target: string, { tls, serverName }: ConnectOptions): Client {
  checkTarget(target);
  if (typeof tls !== "object" || tls === null) {
    throw new TypeError("tls must be { ca, certificate, key }");
  }
  const [ca, certificate, key] = [file(tls.ca, "ca"), file(tls.certificate, "certificate"), file(tls.key, "key")];
  checkFiles(ca, certificate, key);
  const name = serverName === undefined ? {} : { "grpc.ssl_target_name_override": serverName };
  return new Client(target, credentials.createSsl(ca, key, certificate), { ...CHANNEL_OPTIONS, ...name });
}

/** Throws an error if gRPC would find no host and port in a target; its text does not show it. */
function checkTarget(target: string): void {
  if (typeof target !== "string") {
    throw new TypeError(`target must be a string, not a ${typeof target}`);
  }
  if (OTHER_TARGET.test(target)) {
    throw new Error("target must be HOST:PORT, dns:///HOST:PORT or ipv4:ADDRESS:PORT: no vault serves unix, vsock or xds");
  }
  if (target.startsWith("ipv4:") || target.startsWith("ipv6:")) {
    return checkAddresses(target);
  }
  if (!target.startsWith("dns:")) {
    if (target.includes("://")) {
      throw new Error("target must be HOST:PORT or dns:///HOST:PORT, and no URL");
    }
    return checkAddress(target);
  }
  const path = target.slice("dns:".length);
  const rest = path.startsWith("//") ? path.slice(2) : `/${path.replace(/^\//, "")}`;
  if (!rest.includes("/")) {
    throw new Error("target needs three slashes: dns:///HOST:PORT");
  }
  checkAddress(rest.slice(rest.indexOf("/") + 1));
}

function checkAddresses(target: string): void {
  const version = target.startsWith("ipv4:") ? 4 : 6;
  for (const each of target.slice("ipv4:".length).split(",")) {
    const [address, port] = [each.slice(0, each.lastIndexOf(":")), each.slice(each.lastIndexOf(":") + 1)];
    const bare = version === 6 && /^\[.*\]$/.test(address) ? address.slice(1, -1) : address;
    if (isIP(bare) !== version || (version === 6) === (bare === address) || !PORT.test(port) || Number(port) > HIGHEST_PORT) {
      const form = version === 4 ? "ipv4:ADDRESS:PORT" : "ipv6:[ADDRESS]:PORT";
      throw new Error(`target must have an address and a port after ipv${version}:, or several with commas: ${form}`);
    }
  }
}

function checkAddress(address: string): void {
  const colon = address.lastIndexOf(":");
  const [host, port] = [address.slice(0, colon), address.slice(colon + 1)];
  if (colon < 0 || port.includes("]")) {
    throw new Error("target has no port: give HOST:PORT");
  }
  if (host.includes(":") && !host.startsWith("[")) {
    throw new Error("target has an IPv6 address without brackets: give [ADDRESS]:PORT");
  }
  if (!PORT.test(port) || Number(port) > HIGHEST_PORT) {
    throw new Error(`target must end with a port, from 1 to ${HIGHEST_PORT}`);
  }
  if (!HOST.test(host)) {
    throw new Error("target has no host, or one with a character that no host has: give HOST:PORT");
  }
}

function file(path: string, argument: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error) {
      error.message = `tls.${argument} cannot be read: ${error.message}`; // its code stays
    }
    throw error;
  }
}

function checkFiles(ca: Buffer, certificate: Buffer, key: Buffer): void {
  const authorities = certificates(ca, "ca");
  if (!authorities.some(isInDate)) {
    throw new Error("tls.ca has expired");
  }
  const [own] = certificates(certificate, "certificate");
  if (own === undefined || !isInDate(own)) {
    throw new Error("tls.certificate has expired");
  }
  if (!own.checkPrivateKey(privateKey(key))) {
    throw new Error("tls.key is not the key of the first certificate in tls.certificate");
  }
}

function certificates(pem: Buffer, argument: string): X509Certificate[] {
  try {
    const found = (pem.toString("latin1").match(CERTIFICATE) ?? []).map((each) => new X509Certificate(each));
    if (found.length > 0) {
      return found;
    }
  } catch {
    // The text of the fault could show what the file holds.
  }
  throw new Error(`tls.${argument} has no certificate in PEM form`);
}

function isInDate(certificate: X509Certificate): boolean {
  return Date.parse(certificate.validTo) > Date.now();
}

function privateKey(pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // As with certificates.
  }
  const isLocked = pem.includes("ENCRYPTED");
  throw new Error(isLocked ? "tls.key has a passphrase: give a key without one" : "tls.key has no private key in PEM form");
}

/** Returns the timeout; throws RangeError unless it is positive, because every call has a deadline. */
export function checkTimeout(timeoutMs: number = DEFAULT_TIMEOUT_MS): number {
  if (!(timeoutMs > 0 && Number.isFinite(timeoutMs))) {
    throw new RangeError("timeoutMs must be a positive number of milliseconds");
  }
  return timeoutMs;
}
