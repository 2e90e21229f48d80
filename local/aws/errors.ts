/** A failure with the name, status and fields AWS gives it. Throw it from an interceptor to play one. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
    /** Further members of the error body, for example Lambda's `Reason`. */
    readonly fields: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = code;
  }
}

/** The caller gets no answer: its connection is closed. Throw it from an interceptor after `next()`. */
export class ConnectionLost extends Error {
  override name = "ConnectionLost";
}

/** Something AWS has and the local stack does not. Said aloud, so that nobody mistakes it for AWS's own answer. */
export const notLocal = (what: string): AwsError =>
  new AwsError("NotImplementedLocally", `The local stack has no ${what}. It needs AWS.`, 501);
