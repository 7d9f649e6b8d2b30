// A text for the end user, in Chinese and English, for every reason, standing and field code.

import { FAILURES, FIELDS, FOLLOWED, REASONS, REJECTIONS, STANDINGS, TYPED_FIELDS, UNKNOWN } from "./vocabulary.js";
import type { Standing } from "./vocabulary.js";

/** A published reason (docs/reasons.md). */
export type Reason = keyof typeof REASONS;
/** Why a claim failed. */
export type FailureReason = keyof typeof FAILURES;
/** What is wrong with a field. */
export type FieldCode = keyof typeof FIELDS;
/** Why a public account was rejected. */
export type RejectReason = keyof typeof REJECTIONS;

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

/** Returns why a public account was rejected. */
export function rejectText(reason: RejectReason, language: string): string {
  return inLanguage(REJECTIONS[reason], language);
}

/** Returns what to show beside a field of the form; fields that nobody types show the reason's text. */
export function fieldText(field: string, code: string, reason: string | null, language: string): string {
  const typed: readonly string[] = TYPED_FIELDS;
  return typed.includes(field) && known(FIELDS, code) ? inLanguage(FIELDS[code], language) : reasonText(reason, language);
}
