// Why an offline check failed.

/** A key, note, checkpoint or proof of a log is refused; reason: a word, as in docs/formats.md. */
export class LogError extends Error {
  override readonly name = "LogError";

  constructor(readonly reason: string, text: string) {
    super(text);
  }
}

/** The check failed; reason: a machine-readable code, as in docs/checks.md. */
export class CheckError extends Error {
  override readonly name = "CheckError";

  constructor(readonly reason: string, text: string) {
    super(text);
  }
}
