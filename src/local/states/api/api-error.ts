/** An error as the service answers it: HTTP 400, or 503 for what is to be asked again, and a `__type` the SDK turns into its class. */
export class ApiError extends Error {
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.name = type;
    this.status = status;
  }
}
