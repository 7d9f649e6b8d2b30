// The strict reader of JSON (RFC 8259): refuses what another reader could understand in another way.
//
// - The text is UTF-8, without a byte order mark and without half of a surrogate pair.
// - No name stands twice in an object, and nothing after the value.
// - A number is whole, has no fraction, exponent or minus before 0, and at most 2^53 - 1 on either side of 0.
// - Objects and lists are nested 32 deep at most, the outermost counted.
// - Its commas and opening brackets, also those within texts, are at most 250,000.

const DEEPEST = 32;
const MOST_MARKS = 250_000;
// No claim may be null, so null is a value of no other type.
// In a pattern with the flag u, a whole pair is one character and no surrogate.
const SURROGATE = /\p{Surrogate}/u;
const LITERALS = [["null", Symbol("null")], ["true", true], ["false", false]] as const;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y;
const WHOLE = /^(?:0|-?[1-9][0-9]{0,15})$/;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** The text is longer than such a file can be. */
export class TooLongError extends Error {}

/** An object of a JSON text; a Map, so that no name means anything to JavaScript. */
export type JsonObject = ReadonlyMap<string, unknown>;

/** Returns the object that a UTF-8 text of at most limit bytes is; throws SyntaxError and TooLongError. */
export function parseObject(data: Uint8Array, limit: number): JsonObject {
  const found = parse(data, limit);
  if (!(found instanceof Map)) {
    throw new SyntaxError("not an object");
  }
  return found;
}

/** Returns the value that a UTF-8 text of at most limit bytes is; throws SyntaxError and TooLongError. */
export function parse(data: Uint8Array, limit: number): unknown {
  if (data.length > limit) {
    throw new TooLongError(`longer than ${limit} bytes`);
  }
  let text;
  try {
    // A byte order mark stays in the text, where no value begins with it.
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
  } catch {
    throw new SyntaxError("not UTF-8");
  }
  if ((text.match(/[,[{]/g)?.length ?? 0) > MOST_MARKS) {
    throw new TooLongError("too many values");
  }
  return new Parser(text).whole();
}

class Parser {
  #at = 0;

  constructor(private readonly text: string) {}

  whole(): unknown {
    const found = this.#value(1);
    this.#space();
    if (this.#at !== this.text.length) {
      throw new SyntaxError("text after the value");
    }
    return found;
  }

  #value(depth: number): unknown {
    this.#space();
    const next = this.text[this.#at];
    if (depth > DEEPEST && (next === "{" || next === "[")) {
      throw new SyntaxError("nested too deeply");
    }
    if (next === "{") {
      return this.#object(depth);
    }
    if (next === "[") {
      return this.#array(depth);
    }
    return next === '"' ? this.#string() : this.#literal() ?? this.#number();
  }

  #object(depth: number): JsonObject {
    const found = new Map<string, unknown>();
    this.#items("}", () => {
      this.#space();
      const name = this.#string();
      this.#space();
      this.#expect(":");
      if (found.has(name)) {
        throw new SyntaxError("a name occurs twice");
      }
      found.set(name, this.#value(depth + 1));
    });
    return found;
  }

  #array(depth: number): unknown[] {
    const found: unknown[] = [];
    this.#items("]", () => found.push(this.#value(depth + 1)));
    return found;
  }

  #items(end: string, item: () => void): void {
    this.#at += 1;
    this.#space();
    if (this.#take(end)) {
      return;
    }
    do {
      item();
      this.#space();
    } while (this.#take(","));
    this.#expect(end);
  }

  #string(): string {
    const [found] = this.#match(STRING, "a text is expected");
    const text = JSON.parse(found) as string;
    if (SURROGATE.test(text)) {
      throw new SyntaxError("half of a surrogate pair");
    }
    return text;
  }

  /** Returns the value of a word, undefined if there is none. */
  #literal(): unknown {
    for (const [word, value] of LITERALS) {
      if (this.text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    return undefined;
  }

  #number(): number {
    const [found] = this.#match(NUMBER, "a value is expected");
    if (!WHOLE.test(found) || !Number.isSafeInteger(Number(found))) {
      throw new SyntaxError("a number is not a whole one of at most 2^53 - 1");
    }
    return Number(found);
  }

  #match(pattern: RegExp, missing: string): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found === null) {
      throw new SyntaxError(missing);
    }
    this.#at += found[0].length;
    return found;
  }

  #space(): void {
    while (" \t\n\r".includes(this.text[this.#at] ?? "-")) {
      this.#at += 1;
    }
  }

  #take(mark: string): boolean {
    const there = this.text[this.#at] === mark;
    this.#at += there ? 1 : 0;
    return there;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) {
      throw new SyntaxError(`${mark} is expected`);
    }
  }
}
