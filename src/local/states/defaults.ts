import { type Clock, realClock } from '../clock.ts';
import { StatesError } from './errors.ts';
import type { ExecutionContext, InterpretOptions, ReadItems, RunOptions, WriteResults } from './options.ts';
import { seededRandom } from './random.ts';
import { TaskTokens } from './task-tokens.ts';

const HEAD = 'arn:aws:states:us-east-1:123456789012';
const ROLE = 'arn:aws:iam::123456789012:role/StateMachine';

/** Whatever was not given: the real time, names that repeat from run to run, tokens that live as long as the execution. */
export function withDefaults(options: InterpretOptions, input: unknown): RunOptions {
  const { clock = realClock, name = 'replay', seed = 1, random = seededRandom(seed), ...given } = options;
  const tokens = new TaskTokens(clock, random);
  return {
    readItems: readNothing,
    writeResults: writeNothing,
    context: contextOf({ executionArn: `${HEAD}:execution:StateMachine:${name}`, input, clock }),
    newTaskToken: (request) => tokens.open(request),
    ...given,
    ...{ clock, random },
  };
}

interface ContextRequest {
  readonly executionArn: string | undefined;
  readonly roleArn?: unknown;
  readonly input: unknown;
  readonly clock: Clock;
}

/** The context of an execution that starts now, with names made up where its ARN is not known. */
export function contextOf(request: ContextRequest): ExecutionContext {
  const { executionArn = `${HEAD}:execution:StateMachine:replay`, roleArn = ROLE, input, clock } = request;
  const [arn, partition, service, region, account, , machine = '', name = ''] = executionArn.split(':');
  const head = [arn, partition, service, region, account].join(':');
  return {
    Execution: {
      Id: executionArn,
      Input: input,
      Name: name,
      RoleArn: String(roleArn),
      StartTime: new Date(clock.now()).toISOString(),
      RedriveCount: 0,
    },
    StateMachine: { Id: `${head}:stateMachine:${machine}`, Name: machine },
  };
}

const readNothing: ReadItems = () => {
  const cause = 'The items of an ItemReader cannot be read: the option readItems is not given.';
  throw new StatesError('States.ItemReaderFailed', cause);
};

const writeNothing: WriteResults = () => {
  const cause = 'The results cannot be exported: the option writeResults is not given.';
  return Promise.reject(new StatesError('States.ResultWriterFailed', cause));
};
