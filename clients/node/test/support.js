// What the tests of a running vault share: its ready file, synthetic people, and a proxy that can hold and cut.

import { readFileSync } from "node:fs";
import net from "node:net";

import { connect } from "idvault-client";

// Written by tests/clients/test_node.py: the path of a ready file, people whom the registry knows, another authority.
export const given = JSON.parse(readFileSync(process.env.IDVAULT_NODE_TEST, "utf8"));
export const ready = JSON.parse(readFileSync(given.ready, "utf8"));
export const consent = { policyVersion: "terms-3", agreeTime: new Date(Date.now() - 1000) };

// Each file of tests takes people of its own.
export function newcomer() {
  return given.people.pop();
}

export function vaultOf({ platform = "platform-a", target = ready.grpc, serverName = ready.server_name, ...more } = {}) {
  const tls = { ca: ready.ca, ...ready.certificates[platform], ...more.tls };
  return connect(target, { serverName, timeoutMs: 60_000, ...more, tls });
}

export async function charged() {
  return (await (await fetch(`${ready.registry.admin_url}/counters`)).json()).charged;
}

export async function until(condition) {
  while (!(await condition())) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A proxy of TCP in front of the vault. */
export class Proxy {
  refused = 0;
  #pairs = new Set();
  #down = false;
  #server = net.createServer((client) => this.#serve(client));

  async start() {
    await new Promise((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${this.#server.address().port}`;
  }

  /** Keeps answers back from now on; requests still pass. */
  hold() {
    this.#pairs.forEach(([client, upstream]) => upstream.unpipe(client));
  }

  /** Ends every connection, and each new one at once, as a machine without a vault does. */
  cut() {
    this.#down = true;
    this.#pairs.forEach((pair) => pair.forEach((socket) => socket.destroy()));
    this.#pairs.clear();
  }

  open() {
    this.#down = false;
  }

  close() {
    this.cut();
    this.#server.close();
  }

  #serve(client) {
    client.on("error", () => {});
    if (this.#down) {
      this.refused += 1;
      client.destroy();
      return;
    }
    const [host, port] = ready.grpc.split(":");
    const upstream = net.connect(Number(port), host);
    upstream.on("error", () => client.destroy());
    client.pipe(upstream).pipe(client);
    this.#pairs.add([client, upstream]);
  }
}
