// Reads the signed file of a month's platforms (docs/formats.md, section 9), in this order:
//
// 1. the note beside it is signed by the log, and of this file,
// 2. the file has the form: exactly these members, and each actor once,
// 3. it belongs to this report.
//
// The numbers are compared with the entries of the log by `idvault-verify check-report`, which reads the log.

import { CheckError, LogError } from "./error.js";
import { sha256 } from "./inclusion.js";
import { parseObject, TooLongError, type JsonObject } from "./json.js";
import { LOG, parseKey, signedText } from "./note.js";

const FORMAT = "idvault/platforms/v1";
const MOST_BYTES = 4 * 1024 * 1024;
const LONGEST_TITLE = 60;
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const FIGURE = /^[a-z_]+(?:\.[a-z_]+)?$/;
const MONTH = /^[1-8][0-9]{3}-(?:0[1-9]|1[0-2])$/;
const DIGEST = /^[0-9a-f]{64}$/;
const ACTOR = /^[0-9a-f]{32}$/;
const PRINTABLE = /^(?:[^\p{C}\p{Z}]| )*$/u;

/** What the file says of a platform: numbers above 0, by figure, and of misses by figure and month of filing. */
export interface PlatformEntries {
  /** What the hosted pages called it; may be empty. */
  readonly title: string;
  readonly actors: readonly string[];
  readonly acts: ReadonlyMap<string, number>;
  readonly missed: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** A month's platforms by their registered names, and the missed deadlines whose entries name nobody. */
export interface Platforms {
  readonly platforms: ReadonlyMap<string, PlatformEntries>;
  readonly unnamed: ReadonlyMap<string, number>;
}

/** What lies beside the file, and who signed it. */
export interface PlatformsSettings {
  /** The file `.platforms.note`; null if there is none, which is refused. */
  readonly note: Uint8Array | null;
  /** The file of the month's report. */
  readonly report: Uint8Array;
  /** The log's public key, NAME+ID+KEY, from another source than the file. */
  readonly publicKey: string;
}

/** Returns what the file of a month's platforms says; throws CheckError with the reason if it does not verify. */
export function checkPlatforms(file: Uint8Array, settings: PlatformsSettings): Platforms {
  checkNote(file, settings);
  const { report, ...found } = as("PLATFORMS_INVALID", () => parse(file));
  if (report !== sha256(settings.report).toString("hex")) {
    throw new CheckError("OTHER_REPORT", "the file of platforms belongs to another report");
  }
  return found;
}

function checkNote(file: Uint8Array, { note, publicKey }: PlatformsSettings): void {
  const key = as("KEY_INVALID", () => parseKey(publicKey, LOG));
  const text = note === null ? "" : as("SIGNATURE_INVALID", () => signedText(note, key));
  if (text !== `${FORMAT}\nsha256 ${sha256(file).toString("hex")}\n`) {
    throw new CheckError("SIGNATURE_INVALID", "no note of the log's key says that this is its file");
  }
}

function parse(file: Uint8Array): Platforms & { readonly report: string } {
  const members = exactly(parseObject(file, MOST_BYTES), ["format", "report", "platforms", "unnamed"]);
  demand(members.get("format") === FORMAT, "another format");
  const platforms = by(members.get("platforms"), NAME, platform);
  const actors = [...platforms.values()].flatMap((each) => each.actors);
  demand(new Set(actors).size === actors.length, "an actor twice");
  return { report: matching(members.get("report"), DIGEST), platforms, unnamed: by(members.get("unnamed"), FIGURE, count) };
}

function platform(value: unknown): PlatformEntries {
  const members = exactly(value, ["title", "actors", "acts", "missed"]);
  const title = matching(members.get("title"), PRINTABLE);
  demand([...title].length <= LONGEST_TITLE, "a long title");
  const actors = members.get("actors");
  demand(Array.isArray(actors), "no list");
  return {
    title,
    actors: (actors as unknown[]).map((each) => matching(each, ACTOR)),
    acts: by(members.get("acts"), FIGURE, count),
    missed: by(members.get("missed"), FIGURE, (months) => by(months, MONTH, count)),
  };
}

function exactly(value: unknown, names: readonly string[]): JsonObject {
  demand(value instanceof Map && value.size === names.length && names.every((name) => value.has(name)), "other members");
  return value as JsonObject;
}

function by<T>(value: unknown, form: RegExp, read: (value: unknown) => T): ReadonlyMap<string, T> {
  demand(value instanceof Map, "no object");
  return new Map([...(value as JsonObject)].map(([name, each]) => [matching(name, form), read(each)]));
}

function count(value: unknown): number {
  demand(typeof value === "number" && value > 0, "no whole number above 0");
  return value as number;
}

function matching(value: unknown, form: RegExp): string {
  demand(typeof value === "string" && form.test(value), "a wrong text");
  return value as string;
}

function demand(holds: boolean, text: string): void {
  if (!holds) {
    throw new SyntaxError(text);
  }
}

function as<T>(reason: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const isKnown = error instanceof LogError || error instanceof SyntaxError || error instanceof TooLongError;
    throw isKnown ? new CheckError(reason, error.message) : error;
  }
}
