/** Definitions in few words, for tests of what a machine goes through. */
export function machine(StartAt: string, States: object, more: object = {}): object {
  return { QueryLanguage: 'JSONata', StartAt, States, ...more };
}

/** A branch or an item processor: only the whole machine names its query language. */
export function inner(StartAt: string, States: object): object {
  return { StartAt, States };
}

const INVOKE = 'arn:aws:states:::lambda:invoke';

export function task(FunctionName: string, payload: object, more: object = {}): object {
  const Arguments = { FunctionName, Payload: payload };
  return { Type: 'Task', Resource: INVOKE, Arguments, Output: '{% $states.result.Payload %}', ...more };
}

export function callback(FunctionName: string, payload: object, more: object = {}): object {
  const Payload = { ...payload, token: '{% $states.context.Task.Token %}' };
  return {
    Type: 'Task',
    Resource: `${INVOKE}.waitForTaskToken`,
    Arguments: { FunctionName, Payload },
    ...more,
  };
}

export function distributed(States: object, more: object = {}): object {
  const [StartAt] = Object.keys(States);
  return {
    Type: 'Map',
    ItemProcessor: {
      ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
      ...{ StartAt, States },
    },
    ItemReader: {
      Resource: 'arn:aws:states:::s3:getObject',
      Arguments: { Bucket: 'b', Key: 'k' },
      ReaderConfig: { InputType: 'JSONL' },
    },
    ...more,
  };
}

export const resultWriter = {
  Resource: 'arn:aws:states:::s3:putObject',
  Arguments: { Bucket: 'out', Prefix: 'p' },
};
