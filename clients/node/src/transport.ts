// Connection settings: mutual TLS, retries by gRPC service config, the default deadline.

import { readFileSync } from "node:fs";

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

/** Returns a client of gRPC; reads the files at once and connects with the first call. */
export function open(target: string, { tls, serverName }: ConnectOptions): Client {
  const [ca, key, certificate] = [tls.ca, tls.key, tls.certificate].map((path) => readFileSync(path));
  const name = serverName === undefined ? {} : { "grpc.ssl_target_name_override": serverName };
  return new Client(target, credentials.createSsl(ca, key, certificate), { ...CHANNEL_OPTIONS, ...name });
}

/** Returns the timeout; throws RangeError unless it is positive, because every call has a deadline. */
export function checkTimeout(timeoutMs: number = DEFAULT_TIMEOUT_MS): number {
  if (!(timeoutMs > 0 && Number.isFinite(timeoutMs))) {
    throw new RangeError("timeoutMs must be a positive number of milliseconds");
  }
  return timeoutMs;
}
