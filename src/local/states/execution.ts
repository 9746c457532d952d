import type { EndStatus } from './errors.ts';
import type { HistoryEvent } from './history.ts';

/** The end of an execution, in the words of DescribeExecution and GetExecutionHistory; all members are always there. */
export interface ExecutionResult {
  readonly status: EndStatus;
  /** Undefined unless it succeeded. */
  readonly output: unknown;
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly history: readonly HistoryEvent[];
}

/** A child execution of a distributed map, told as it starts. */
export interface ChildExecution {
  readonly arn: string;
  readonly name: string;
  readonly mapRunArn: string;
  readonly stateMachineArn: string;
  readonly input: unknown;
  readonly startTime: number;
  readonly redriveCount: number;
  readonly redriveTime?: number;
  stop(error?: string, cause?: string): void;
}

/** Where in the dataset a child is: its place among the children, and how many items it stands for. */
export interface ChildItem {
  readonly index: number;
  readonly items: number;
}

export interface EndedChild {
  readonly index: number;
  readonly child: ChildExecution;
  readonly result: ExecutionResult;
  readonly stopTime: number;
}
