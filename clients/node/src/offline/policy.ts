// Whose signatures a kept paper needs: of keys that its reader names, or of a roster's witnesses.

import { LogError } from "./error.js";
import { keyOf, policyOf, WITNESS, type Policy, type VerifierKey } from "./note.js";
import { checkInForce, demand, RosterError, type Roster } from "./roster.js";

/** Returns the policies of which a kept paper must meet one, that of the version in force first; throws RosterError. */
export function policiesOf(versions: readonly Roster[], log: VerifierKey): Policy[] {
  const newest = versions.at(-1)!;
  checkInForce(newest);
  // A version that was never fit to be in force demands nothing, nor does one for development before another.
  const former = versions.slice(0, -1).filter((each) => !each.development || newest.development);
  return [ofRoster(newest, log), ...former.toReversed().flatMap((each) => ofFormer(each, log))];
}

function ofFormer(roster: Roster, log: VerifierKey): Policy[] {
  try {
    checkInForce(roster);
    return roster.witness === null ? [] : [ofRoster(roster, log)];
  } catch (error) {
    if (error instanceof RosterError) {
      return [];
    }
    throw error;
  }
}

function ofRoster({ witness, development, version }: Roster, log: VerifierKey): Policy {
  const names = witness?.witnesses ?? [];
  for (const { name, ed25519 } of development ? [] : names) {
    demand(!`.${hostOf(name)}`.endsWith(`.${hostOf(log.name)}`) || hostOf(log.name) === "", "a witness has a name under the log's");
    demand(ed25519 !== log.publicKey, "a witness has the log's key");
  }
  const witnesses = names.map((each) => keyOf(each.name, WITNESS, Buffer.from(each.ed25519, "hex")));
  try {
    return { ...policyOf(log, witnesses, witness?.threshold ?? 0), version };
  } catch (error) {
    throw error instanceof LogError ? new RosterError(error.message) : error;
  }
}

function hostOf(name: string): string {
  return name.split("/")[0]!.split(":")[0]!.replace(/\.+$/, "").toLowerCase();
}
