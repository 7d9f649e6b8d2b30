// Checks status tokens and credentials offline, for third parties such as a payment or taxi service.

import { parseKeys, type JwkSet } from "./jose.js";
import { check, checkPublicAccount, minimumOf, readList } from "./status_check.js";
import type { Attested, AttestedPublicAccount, CheckedList, Conditions, MinimumAssurance } from "./status_check.js";

/** What a verifier needs. */
export interface VerifierSettings {
  /** The vault's published keys, jwks.json; fetch it once a day. */
  readonly jwks: Uint8Array;
  /** Your own name as the tokens carry it. */
  readonly audience: string;
  /** Whose tokens to accept; any that these keys signed if it is left out. */
  readonly issuer?: string;
  /** How many seconds ago a list may have been signed; the hour that the list itself allows if it is left out. */
  readonly maxListAge?: number;
  /** What a token or credential of an account must state; ask its platform for one that does. ANY if left out. */
  readonly minimumAssurance?: MinimumAssurance;
  readonly now?: () => Date;
}

/**
 * Checks for one audience; no method uses the network. It fails closed: it refuses a key that is not in the set,
 * and a list that is missing or has expired.
 *
 *     const verifier = new StatusVerifier({ jwks: readFileSync("jwks.json"), audience: "https://taxi.example" });
 *     verifier.addList(readFileSync("0.jwt"));
 *     verifier.check(credential); // throws CheckError, or returns the attested subject
 *
 * A public account's credential attests no person, so `check` refuses it; `checkPublicAccount` accepts nothing else,
 * and returns which public account it is.
 *
 * Fetch all lists, not only the one you need, so that nobody learns whom you check, each when its `ttl` is over.
 */
export class StatusVerifier {
  readonly #keys: JwkSet;
  readonly #settings: VerifierSettings;
  readonly #lists = new Map<string, CheckedList>();
  readonly #minimum: MinimumAssurance;

  /** Throws CheckError (JWKS_INVALID), TypeError for a minimum that is none. */
  constructor(settings: VerifierSettings) {
    this.#minimum = minimumOf(settings.minimumAssurance ?? "ANY");
    this.#keys = parseKeys(settings.jwks);
    this.#settings = settings;
  }

  /** Adds a published list, in place of an older one of the same name; throws CheckError. */
  addList(token: string | Uint8Array): void {
    const found = readList(token, { keys: this.#keys, now: this.#now(), maxAge: this.#settings.maxListAge });
    const former = this.#lists.get(found.uri);
    if (former === undefined || former.issuedAt <= found.issuedAt) {
      this.#lists.set(found.uri, found);
    }
  }

  /**
   * Returns what a token or credential attests of an account now; throws CheckError with the reason if it does not.
   *
   * A public account's credential is refused: it may be valid while its owner is verified no longer.
   */
  check(token: string | Uint8Array): Attested {
    return check(token, this.#conditions());
  }

  /**
   * Returns which public account a credential attests now; throws CheckError with the reason if it attests none.
   *
   * It says nothing of the person behind it, so no minimum applies. An account's own token or credential is refused.
   */
  checkPublicAccount(token: string | Uint8Array): AttestedPublicAccount {
    return checkPublicAccount(token, this.#conditions());
  }

  #conditions(): Conditions {
    const { audience, issuer, maxListAge } = this.#settings;
    const minimum = this.#minimum;
    return { keys: this.#keys, audience, issuer, lists: this.#lists, maxListAge, minimum, now: this.#now() };
  }

  #now(): number {
    return (this.#settings.now?.() ?? new Date()).getTime();
  }
}
