/** A server that cannot be had on this machine. The message says what is missing and how to get it. */
export class ServerUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ServerUnavailable";
  }
}
