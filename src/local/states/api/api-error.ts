/** An error as the service answers it: HTTP 400 and a `__type` the SDK turns into its class. */
export class ApiError extends Error {
  constructor(type: string, message: string) {
    super(message);
    this.name = type;
  }
}
