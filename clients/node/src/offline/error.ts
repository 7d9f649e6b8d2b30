// Why an offline check failed.

/** The check failed; reason: a machine-readable code, as in docs/checks.md. */
export class CheckError extends Error {
  override readonly name = "CheckError";

  constructor(readonly reason: string, text: string) {
    super(text);
  }
}
