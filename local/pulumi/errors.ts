/** No Pulumi CLI on this machine and no way to get one. The message says what was tried and the fix. */
export class PulumiUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PulumiUnavailable";
  }
}
