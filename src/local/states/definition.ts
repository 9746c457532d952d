/** The parts of an Amazon States Language document that have been checked (see check-definition.ts). */
export interface Machine {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
  readonly TimeoutSeconds?: number;
}

/** A value that may hold `{% … %}` expressions at any depth. */
export type Template = unknown;
export type Typed<T> = T | string;

interface Flow {
  readonly Next?: string;
  readonly End?: boolean;
  readonly Output?: Template;
  readonly Assign?: Readonly<Record<string, Template>>;
}

export interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly Next: string;
  readonly Output?: Template;
  readonly Assign?: Readonly<Record<string, Template>>;
}

export interface Recovery {
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
}

export interface PassState extends Flow {
  readonly Type: 'Pass';
}

export interface SucceedState {
  readonly Type: 'Succeed';
  readonly Output?: Template;
}

export interface FailState {
  readonly Type: 'Fail';
  readonly Error?: string;
  readonly Cause?: string;
}

export interface WaitState extends Flow {
  readonly Type: 'Wait';
  readonly Seconds?: Typed<number>;
  readonly Timestamp?: string;
}

export interface ChoiceRule {
  readonly Condition: Typed<boolean>;
  readonly Next: string;
  readonly Output?: Template;
  readonly Assign?: Readonly<Record<string, Template>>;
}

export interface ChoiceState {
  readonly Type: 'Choice';
  readonly Choices: readonly ChoiceRule[];
  readonly Default?: string;
  readonly Output?: Template;
  readonly Assign?: Readonly<Record<string, Template>>;
}

export interface TaskState extends Flow, Recovery {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly Arguments?: Template;
  readonly Credentials?: { readonly RoleArn: Template };
  readonly TimeoutSeconds?: Typed<number>;
  readonly HeartbeatSeconds?: Typed<number>;
}

export interface ParallelState extends Flow, Recovery {
  readonly Type: 'Parallel';
  readonly Branches: readonly Machine[];
  readonly Arguments?: Template;
}

export interface ReaderConfig {
  readonly InputType?: 'JSON' | 'JSONL' | 'CSV';
  readonly CSVHeaderLocation?: 'FIRST_ROW' | 'GIVEN';
  readonly CSVHeaders?: readonly string[];
  readonly CSVDelimiter?: 'COMMA' | 'PIPE' | 'SEMICOLON' | 'SPACE' | 'TAB';
  readonly MaxItems?: Typed<number>;
  readonly ItemsPointer?: string;
}

export interface ItemReader {
  readonly Resource: string;
  readonly Arguments: Template;
  readonly ReaderConfig?: ReaderConfig;
}

export interface ItemBatcher {
  readonly MaxItemsPerBatch?: Typed<number>;
  readonly MaxInputBytesPerBatch?: Typed<number>;
  readonly BatchInput?: Template;
}

export interface WriterConfig {
  readonly OutputType?: 'JSON' | 'JSONL';
  readonly Transformation?: 'NONE' | 'COMPACT' | 'FLATTEN';
}

export interface ResultWriter {
  readonly Resource?: string;
  readonly Arguments?: Template;
  readonly WriterConfig?: WriterConfig;
}

export interface ItemProcessor extends Machine {
  readonly ProcessorConfig?: {
    readonly Mode?: 'INLINE' | 'DISTRIBUTED';
    readonly ExecutionType?: 'STANDARD' | 'EXPRESS';
  };
}

export interface MapState extends Flow, Recovery {
  readonly Type: 'Map';
  readonly ItemProcessor: ItemProcessor;
  readonly Items?: Template;
  readonly ItemSelector?: Template;
  readonly MaxConcurrency?: Typed<number>;
  readonly Label?: string;
  readonly ItemReader?: ItemReader;
  readonly ItemBatcher?: ItemBatcher;
  readonly ResultWriter?: ResultWriter;
  readonly ToleratedFailureCount?: Typed<number>;
  readonly ToleratedFailurePercentage?: Typed<number>;
}

export type State =
  | PassState
  | SucceedState
  | FailState
  | WaitState
  | ChoiceState
  | TaskState
  | ParallelState
  | MapState;

export type StateType = State['Type'];

/** `arn:aws:states:::lambda:invoke`, with or without the callback pattern, in any partition. */
export const LAMBDA_INVOKE = /^arn:aws[a-z-]*:states:::lambda:(invoke(?:\.waitForTaskToken)?)$/;
export const S3_GET_OBJECT = /^arn:aws[a-z-]*:states:::s3:getObject$/;
export const S3_LIST_OBJECTS = /^arn:aws[a-z-]*:states:::s3:listObjectsV2$/;
export const S3_PUT_OBJECT = /^arn:aws[a-z-]*:states:::s3:putObject$/;
