import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  DescribeMapRunCommand,
  ExecutionDoesNotExist,
  ListExecutionsCommand,
  ListMapRunsCommand,
  paginateListExecutions,
  paginateListStateMachines,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { BatchError } from '../errors.ts';
import type { ExecutionReader } from '../steps/collaborators.ts';

export interface ExecutionState {
  readonly status: string;
  /** Parsed. */
  readonly input: unknown;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Parsed. */
  readonly output?: unknown;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

export interface MapProgress {
  /** The map state's label, e.g. `ProcessChunks`. */
  readonly label: string;
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** Executions of one state machine. */
export interface Executions {
  /** Returns the execution's ARN. */
  start(name: string, input: unknown): Promise<string>;
  /** Names of those that are running. */
  running(): Promise<readonly string[]>;
  /** Of the execution of a name, whether or not there is one. */
  arnOf(name: string): string;
  describe(executionArn: string): Promise<ExecutionState>;
  /** Undefined for one that Step Functions does not know. */
  find(executionArn: string): Promise<ExecutionState | undefined>;
  mapProgress(executionArn: string): Promise<readonly MapProgress[]>;
  stop(executionArn: string, cause: string): Promise<void>;
}

/** @throws BatchError NotFound if there is no state machine of that name */
export async function connectExecutions(stateMachineName: string): Promise<Executions> {
  const stepFunctions = new SFNClient();
  const stateMachineArn = await arnOf(stateMachineName, stepFunctions);
  return {
    async start(name, input) {
      const command = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
      const { executionArn } = await stepFunctions.send(command);
      return executionArn ?? '';
    },

    async running() {
      const names: string[] = [];
      const request = { stateMachineArn, statusFilter: 'RUNNING' } as const;
      for await (const { executions = [] } of paginateListExecutions({ client: stepFunctions }, request)) {
        names.push(...executions.map(({ name = '' }) => name));
      }
      return names;
    },

    arnOf: (name) => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`,

    describe: (executionArn) => describe(executionArn, stepFunctions),

    find: (executionArn) => unlessUnknown(() => describe(executionArn, stepFunctions)),

    async mapProgress(executionArn) {
      const { mapRuns = [] } = await stepFunctions.send(new ListMapRunsCommand({ executionArn }));
      const described = mapRuns.map(async ({ mapRunArn }): Promise<MapProgress> => {
        const { itemCounts } = await stepFunctions.send(new DescribeMapRunCommand({ mapRunArn }));
        const { total = 0, succeeded = 0, failed = 0 } = itemCounts ?? {};
        // arn:…:mapRun:{state machine}/{label}:{id}
        return { label: /\/([^:]+):/.exec(mapRunArn ?? '')?.[1] ?? '', total, succeeded, failed };
      });
      return Promise.all(described);
    },

    async stop(executionArn, cause) {
      await stepFunctions.send(new StopExecutionCommand({ executionArn, cause }));
    },
  };
}

async function describe(executionArn: string, stepFunctions: SFNClient): Promise<ExecutionState> {
  const described = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
  const { status = 'RUNNING', input, output, startDate } = described;
  return {
    status,
    input: JSON.parse(input ?? '{}'),
    startedAt: startDate?.toISOString() ?? '',
    ...(output === undefined ? {} : { output: JSON.parse(output) }),
    ...(await failureOf(described, stepFunctions)),
  };
}

async function unlessUnknown<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}

/** Of a Distributed Map that broke off for a child that failed, the child's own failure. */
async function failureOf(
  { executionArn, error, cause }: DescribeExecutionCommandOutput,
  stepFunctions: SFNClient,
): Promise<Pick<ExecutionState, 'error' | 'cause'>> {
  if (error !== 'States.ExceedToleratedFailureThreshold') return { error, cause };
  const { mapRuns = [] } = await stepFunctions.send(new ListMapRunsCommand({ executionArn }));
  for (const { mapRunArn } of mapRuns) {
    const failed = new ListExecutionsCommand({ mapRunArn, statusFilter: 'FAILED', maxResults: 1 });
    const [child] = (await stepFunctions.send(failed)).executions ?? [];
    if (child === undefined) continue;
    const described = new DescribeExecutionCommand({ executionArn: child.executionArn });
    const { error, cause } = await stepFunctions.send(described);
    return { error, cause };
  }
  return { error, cause };
}

export function connectExecutionReader(): ExecutionReader {
  const stepFunctions = new SFNClient();
  return {
    async statusOf(executionArn) {
      const command = new DescribeExecutionCommand({ executionArn });
      return (await unlessUnknown(() => stepFunctions.send(command)))?.status;
    },

    async redrivesOf(executionArn) {
      const command = new DescribeExecutionCommand({ executionArn });
      return (await unlessUnknown(() => stepFunctions.send(command)))?.redriveCount ?? 0;
    },
  };
}

async function arnOf(name: string, client: SFNClient): Promise<string> {
  for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {})) {
    const found = stateMachines.find((machine) => machine.name === name);
    if (found?.stateMachineArn !== undefined) return found.stateMachineArn;
  }
  throw new BatchError(
    'NotFound',
    `Cannot reach the stack: there is no state machine ${name} in this account and Region.`,
  );
}
