export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** What an invocation answers: the function's result, or its error as Lambda words it. */
export type InvocationResult =
  | { readonly payload: unknown }
  | { readonly functionError: string; readonly payload: FunctionError };
