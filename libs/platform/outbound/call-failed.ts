/** Something was asked of the outside and not done, and whether another attempt may help. */
export class CallFailed extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    /** `retry_after_ms`: the other side asked for this pause. */
    readonly more: { retry_after_ms?: number; details?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.name = new.target.name;
  }
}
