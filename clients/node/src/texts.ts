// A text for the end user, in Chinese and English, for every reason, standing and field code.

import { CATEGORIES, FAILURES, FIELDS, FOLLOWED, GROUNDS, REASONS, REJECTIONS } from "./vocabulary.js";
import { STANDINGS, TYPED_FIELDS, UNKNOWN, WHY } from "./vocabulary.js";
import type { Standing } from "./vocabulary.js";

/** A published reason (docs/reasons.md). */
export type Reason = keyof typeof REASONS;
/** Why a claim failed. */
export type FailureReason = keyof typeof FAILURES;
/** What is wrong with a field. */
export type FieldCode = keyof typeof FIELDS;
/** Why a public account was rejected. */
export type RejectReason = keyof typeof REJECTIONS;
/** On which ground an account was sanctioned, and for what. */
export type Ground = keyof typeof GROUNDS;
export type SanctionCategory = keyof typeof CATEGORIES;

interface Translation {
  readonly zh: string;
  readonly en: string;
}

/** Returns the text for a language tag such as "zh", "zh-CN" or "en"; throws RangeError for others. */
function inLanguage(text: Translation, language: string): string {
  const primary = language.replace("_", "-").split("-")[0]?.toLowerCase();
  if (primary !== "zh" && primary !== "en") {
    throw new RangeError("texts exist in zh and en");
  }
  return text[primary];
}

function known<T extends object>(table: T, name: string): name is keyof T & string {
  return Object.hasOwn(table, name);
}

/** Returns the text of a reason; a general text for null or an unknown reason. */
export function reasonText(reason: string | null, language: string): string {
  return inLanguage(reason !== null && known(REASONS, reason) ? REASONS[reason] : UNKNOWN, language);
}

/** Returns the text of why a claim failed. */
export function failureText(reason: FailureReason, language: string): string {
  return inLanguage(FAILURES[reason], language);
}

/** Returns what to tell the owner of an account about its standing. */
export function standingText(standing: Standing, language: string): string {
  return inLanguage(STANDINGS[standing], language);
}

/** Returns what to add for the owner of an account whose standing has no sanction of its own. */
export function followedText(language: string): string {
  return inLanguage(FOLLOWED, language);
}

/** Returns one sentence that tells the owner of an account why it was sanctioned. */
export function causeText(ground: Ground, category: SanctionCategory, language: string): string {
  const [why, part] = [inLanguage(GROUNDS[ground], language), inLanguage(CATEGORIES[category], language)];
  return inLanguage(WHY, language).replace("{ground}", why).replace("{category}", part);
}

/** Returns why a public account was rejected. */
export function rejectText(reason: RejectReason, language: string): string {
  return inLanguage(REJECTIONS[reason], language);
}

/** Returns what to show beside a field of the form; fields that nobody types show the reason's text. */
export function fieldText(field: string, code: string, reason: string | null, language: string): string {
  const typed: readonly string[] = TYPED_FIELDS;
  return typed.includes(field) && known(FIELDS, code) ? inLanguage(FIELDS[code], language) : reasonText(reason, language);
}
