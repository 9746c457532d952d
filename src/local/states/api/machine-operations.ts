import { InvalidDefinition } from '../errors.ts';
import { ApiError } from './api-error.ts';
import { arnIn } from './arn.ts';
import type { Executions, StateMachine } from './executions.ts';
import type { StateMachines } from './state-machines.ts';
import { seconds } from './views.ts';

interface Service {
  readonly machines: StateMachines;
  readonly executions: Executions;
}

type Request = Readonly<Record<string, unknown>>;

/** Members with the values that change nothing here; with any other one a machine would not do what it was told to. */
const WITHOUT_EFFECT: Readonly<Record<string, (value: unknown) => boolean>> = {
  loggingConfiguration: (value) =>
    ['OFF', undefined].includes(memberOf(value, 'level') as string | undefined),
  tracingConfiguration: (value) => memberOf(value, 'enabled') !== true,
  encryptionConfiguration: (value) => memberOf(value, 'type') === 'AWS_OWNED_KEY',
  publish: (value) => value === false,
  tags: (value) => Array.isArray(value) && value.length === 0,
};

/** Asked for again with the same text of the definition it answers the same machine, whatever the role is. */
export function createStateMachine({ machines }: Service, request: Request): unknown {
  const wanted = wantedOf(request);
  const known = machines.named(wanted.name);
  if (known === undefined) return answer(created(machines, wanted));
  if (known.text === wanted.text) return answer(known);
  throw new ApiError('StateMachineAlreadyExists', `State Machine Already Exists: '${known.arn}'`);
}

/** Of one that is not there as well. Here it is over when it answers: what still ran is aborted. */
export async function deleteStateMachine(
  { machines, executions }: Service,
  request: Request,
): Promise<unknown> {
  const machine = machines.get(arnIn(request, 'stateMachineArn', 'stateMachine'));
  if (machine === undefined) return {};
  machines.delete(machine);
  const running = [...executions.store.list()].filter(
    ({ of, status, identity }) =>
      of === 0 && status === 'RUNNING' && identity.stateMachineArn === machine.arn,
  );
  await Promise.all(running.map((record) => executions.stop(record)));
  return {};
}

function answer({ arn, createdTime }: StateMachine): unknown {
  return { stateMachineArn: arn, creationDate: seconds(createdTime) };
}

function created(machines: StateMachines, wanted: ReturnType<typeof wantedOf>): StateMachine {
  try {
    return machines.create(wanted);
  } catch (error) {
    if (error instanceof InvalidDefinition) throw new ApiError('InvalidDefinition', error.message);
    throw error;
  }
}

function wantedOf(request: Request) {
  const { name, definition, roleArn, type = 'STANDARD' } = request;
  const refused = Object.keys(WITHOUT_EFFECT).find(
    (member) => request[member] !== undefined && WITHOUT_EFFECT[member]?.(request[member]) === false,
  );
  if (refused !== undefined) {
    throw new ApiError('ValidationException', `The local Step Functions does not support ${refused}.`);
  }
  if (type !== 'STANDARD') {
    throw new ApiError(
      'StateMachineTypeNotSupported',
      `The local Step Functions has no machines of type ${type}.`,
    );
  }
  if (typeof name !== 'string' || !/^[A-Za-z0-9_-]{1,80}$/.test(name)) {
    throw new ApiError('InvalidName', `Invalid Name: '${String(name)}'`);
  }
  if (!/^arn:[^:]+:iam::\d{12}:role\/.+/.test(String(roleArn))) {
    throw new ApiError('InvalidArn', `Invalid Role Arn: '${String(roleArn)}'`);
  }
  const text = String(definition);
  return { name, roleArn: String(roleArn), definition: parsed(text), text };
}

function parsed(definition: string): unknown {
  try {
    return JSON.parse(definition);
  } catch (error) {
    throw new ApiError('InvalidDefinition', `Invalid State Machine Definition: ${(error as Error).message}`);
  }
}

function memberOf(value: unknown, name: string): unknown {
  return Object(value)[name];
}
