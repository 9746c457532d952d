/** Redrive does not run locally, and every surface that AWS reports it on says so. */
export const NOT_REDRIVABLE = {
  status: 'NOT_REDRIVABLE',
  reason: (status: string): string =>
    status === 'SUCCEEDED' || status === 'RUNNING'
      ? `Execution is ${status} and cannot be redriven`
      : 'Redrive is not available in the local Step Functions',
} as const;
