import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  ListMapRunsCommand,
  paginateListStateMachines,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { BatchError } from '../errors.ts';

export interface ExecutionState {
  readonly status: string;
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
  describe(executionArn: string): Promise<ExecutionState>;
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

    async describe(executionArn) {
      const { status, output, error, cause } = await stepFunctions.send(
        new DescribeExecutionCommand({ executionArn }),
      );
      return {
        status: status ?? 'RUNNING',
        ...(output === undefined ? {} : { output: JSON.parse(output) }),
        error,
        cause,
      };
    },

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

async function arnOf(name: string, client: SFNClient): Promise<string> {
  for await (const { stateMachines = [] } of paginateListStateMachines({ client }, {})) {
    const found = stateMachines.find((machine) => machine.name === name);
    if (found?.stateMachineArn !== undefined) return found.stateMachineArn;
  }
  throw new BatchError(
    'NotFound',
    `Cannot start the run: there is no state machine ${name} in this account and Region.`,
  );
}
