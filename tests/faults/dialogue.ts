/** What the client sends. With a label it is a call: something that waits for an answer. */
export interface Sent {
  bytes: Buffer;
  call?: string;
}

/** What the server sends. */
export interface Answered {
  bytes: Buffer;
  /** The call is answered. */
  ends: boolean;
  /** A question within an answer, without which it would never come: steps of a login. */
  asks: boolean;
}

/** One connection, as its protocol reads it. */
export interface Dialogue {
  fromClient(data: Buffer): Sent[];
  fromServer(data: Buffer): Answered[];
  /** An error of the server's, in place of an answer. */
  failure(): Buffer;
}
