// All versions of a roster, each verified by the one before (docs/formats.md, section 8).
//
// - Version 1 is signed by all its custodians, each later one by M custodians of every quorum before it, who stay in it.
// - A quorum that goes on keeps M or raises it, and keeps its custodians in their places.

import { createPublicKey, verify } from "node:crypto";

import { demand, parseRoster, type Member, type Quorum, type Roster } from "./roster.js";

const MOST_VERSIONS = 10_000;
const MOST_BYTES = 16 * 1024 * 1024;

/** Returns every version, from the first on, verified; throws RosterError. */
export function verifyChain(files: readonly Uint8Array[]): Roster[] {
  demand(files.length > 0 && files.length <= MOST_VERSIONS, "there is no roster, or it has too many versions");
  const found: Roster[] = [];
  let bytes = 0;
  for (const file of files) {
    const roster = parseRoster(file);
    check(roster, found.at(-1));
    bytes += roster.content.length;
    demand(bytes <= MOST_BYTES, "all versions of the roster are too long together");
    found.push(roster);
  }
  return found;
}

function check(roster: Roster, before: Roster | undefined): void {
  demand(roster.version === (before?.version ?? 0) + 1, "a version is missing");
  demand(before === undefined || before.development || !roster.development, "a version for development follows another");
  before?.quorums.forEach((each) => checkGoesOn(each, roster));
  const signers = signersOf(roster, before ?? roster);
  for (const quorum of (before ?? roster).quorums) {
    const may = staying(quorum, roster).filter((each) => signers.has(each.name)).length;
    const needed = before === undefined ? quorum.custodians.length : quorum.threshold;
    demand(may >= needed, `too few custodians of quorum ${quorum.name} signed`);
  }
}

/** Returns who signed and stays; throws RosterError for a signature that is wrong, or of somebody who may not sign. */
function signersOf(roster: Roster, electorate: Roster): Set<string> {
  const custodians = new Map(electorate.quorums.flatMap((quorum) => quorum.custodians.map((each) => [each.name, each])));
  const present = new Map(roster.people.map((each) => [each.name, each]));
  const signers = new Set<string>();
  for (const { name, signature } of roster.signatures) {
    const signer = custodians.get(name);
    demand(signer !== undefined, `${name} signed and is no custodian of a quorum`);
    const x = Buffer.from(signer.ed25519, "hex").toString("base64url");
    const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    demand(verify(null, roster.content, key, signature), `the signature of ${name} does not verify`);
    if (present.get(name)?.ed25519 === signer.ed25519) {
      signers.add(name);
    }
  }
  return signers;
}

/** Returns who may sign for a quorum: who keeps the place with the same keys, or all if the quorum has ended. */
function staying(quorum: Quorum, roster: Roster): readonly Member[] {
  const after = goingOn(quorum, roster);
  return after === undefined
    ? quorum.custodians
    : quorum.custodians.filter((each, place) => isSame(each, after.custodians[place]));
}

function checkGoesOn(before: Quorum, roster: Roster): void {
  const after = goingOn(before, roster);
  demand(after === undefined || after.threshold >= before.threshold, "a quorum's threshold was lowered");
  before.custodians.forEach((one, former) => {
    after?.custodians.forEach((other, place) => {
      const isOne = one.name === other.name || one.hpke === other.hpke;
      demand(!isOne || place === former, `${one.name} has another place in its quorum`);
    });
  });
}

function goingOn(quorum: Quorum, roster: Roster): Quorum | undefined {
  return roster.quorums.find((each) => each.name === quorum.name);
}

function isSame(one: Member, other: Member | undefined): boolean {
  return one.name === other?.name && one.hpke === other.hpke && one.ed25519 === other.ed25519;
}
