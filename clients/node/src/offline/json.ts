// Parses JSON as strictly as the vault's other clients: no name twice in an object, whole numbers told apart.

const DEPTH = 500;
// Python refuses longer ones; so many digits are Infinity here, and a time of them never ends.
const DIGITS = 4300;
// No claim may be null, so null is a value of no other type.
const LITERALS = [["null", Symbol("null")], ["true", true], ["false", false]] as const;
const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;

/** A number that is written with a fraction or an exponent: never a whole number, whatever its value. */
export class Fraction {
  constructor(readonly value: number) {}
}

/** An object of a JSON text; a Map, so that no name means anything to JavaScript. */
export type JsonObject = ReadonlyMap<string, unknown>;

/** Returns the object that a UTF-8 text is; throws SyntaxError. */
export function parseObject(data: Uint8Array): JsonObject {
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    throw new SyntaxError("not UTF-8");
  }
  const found = new Parser(text).whole();
  if (!(found instanceof Map)) {
    throw new SyntaxError("not an object");
  }
  return found;
}

class Parser {
  #at = 0;

  constructor(private readonly text: string) {}

  whole(): unknown {
    const found = this.#value(0);
    this.#space();
    if (this.#at !== this.text.length) {
      throw new SyntaxError("text after the value");
    }
    return found;
  }

  #value(depth: number): unknown {
    if (depth > DEPTH) {
      throw new SyntaxError("nested too deeply");
    }
    this.#space();
    const next = this.text[this.#at];
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
    return JSON.parse(found) as string;
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

  #number(): number | Fraction {
    const [found, fraction, exponent] = this.#match(NUMBER, "a value is expected");
    const value = Number(found);
    if (fraction !== undefined || exponent !== undefined) {
      return new Fraction(value);
    }
    if (found.replace("-", "").length > DIGITS) {
      throw new SyntaxError("a whole number is too long");
    }
    return value;
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
