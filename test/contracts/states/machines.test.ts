import {
  CreateStateMachineCommand,
  type CreateStateMachineCommandInput,
  DeleteStateMachineCommand,
  DescribeStateMachineCommand,
  paginateListStateMachines,
} from '@aws-sdk/client-sfn';
import { HANGING, StatesSuite } from './suite.ts';

const states = StatesSuite.forTests();
const pass = (Output: unknown) =>
  JSON.stringify({
    QueryLanguage: 'JSONata',
    StartAt: 'A',
    States: { A: { Type: 'Pass', Output, End: true } },
  });

const create = (name: string, more: Partial<CreateStateMachineCommandInput> = {}) =>
  states.sfn.send(
    new CreateStateMachineCommand({
      ...{ name: states.nameOf(name), definition: pass(1), roleArn: states.roleArn, ...more },
    }),
  );

async function namesListed(): Promise<readonly (string | undefined)[]> {
  const names: (string | undefined)[] = [];
  for await (const { stateMachines = [] } of paginateListStateMachines({ client: states.sfn }, {})) {
    names.push(...stateMachines.map(({ name }) => name));
  }
  return names;
}

test('a machine is created, described, listed and deleted', async () => {
  const { stateMachineArn, creationDate } = await create('whole');
  expect(Math.abs(Date.now() - Number(creationDate))).toBeLessThan(60_000);
  const described = await states.sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  expect(described).toMatchObject({
    ...{ stateMachineArn, name: states.nameOf('whole'), status: 'ACTIVE', type: 'STANDARD' },
    ...{ roleArn: states.roleArn, creationDate },
  });
  expect(JSON.parse(described.definition ?? '')).toEqual(JSON.parse(pass(1)));
  expect(await namesListed()).toContain(states.nameOf('whole'));
  const remove = new DeleteStateMachineCommand({ stateMachineArn });
  await states.sfn.send(remove);
  await states.sfn.send(remove);
});

states.contract.testOurs('a machine that was deleted is gone at once', 'AWS takes minutes', async () => {
  const stateMachineArn = await states.machine('deleted', HANGING);
  const running = await states.start(stateMachineArn, 'one');
  await states.sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
  expect(await namesListed()).not.toContain(states.nameOf('deleted'));
  const start = states.start(stateMachineArn, 'two');
  await expect(start).rejects.toMatchObject({ name: 'StateMachineDoesNotExist' });
  expect(await states.ended(running)).toMatchObject({ status: 'ABORTED' });
});

test('the same request twice is one machine; another definition is refused', async () => {
  const stateMachineArn = await states.machine('twice', { Type: 'Pass' });
  expect(await states.machine('twice', { Type: 'Pass' })).toBe(stateMachineArn);
  const other = states.machine('twice', { Type: 'Pass', Output: 2 });
  await expect(other).rejects.toMatchObject({ name: 'StateMachineAlreadyExists' });
});

test('the same definition written otherwise is another one', async () => {
  const { stateMachineArn } = await create('written');
  expect((await create('written')).stateMachineArn).toBe(stateMachineArn);
  const spaced = create('written', { definition: JSON.stringify(JSON.parse(pass(1)), null, 2) });
  await expect(spaced).rejects.toMatchObject({ name: 'StateMachineAlreadyExists' });
  await states.sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
});

test.each([
  ['a name with a space', { name: 'a b' }, 'InvalidName'],
  ['a definition that is not JSON', { definition: '{' }, 'InvalidDefinition'],
  ['a state that leads nowhere', { definition: pass(1).replace('"A":', '"B":') }, 'InvalidDefinition'],
  ['an expression that does not end', { definition: pass('{% $states.input') }, 'InvalidDefinition'],
  ['a role that is none', { roleArn: 'admin' }, 'InvalidArn'],
])('%s is refused', async (_what, more, name) => {
  await expect(create('refused', more)).rejects.toMatchObject({ name });
});

describe('what ours does not have is refused', () => {
  states.contract.describeOurs('an option', 'AWS has them', () => {
    test.each([
      ['logging', { loggingConfiguration: { level: 'ALL' } }, 'ValidationException'],
      ['tracing', { tracingConfiguration: { enabled: true } }, 'ValidationException'],
      ['a version', { publish: true }, 'ValidationException'],
      ['express', { type: 'EXPRESS' }, 'StateMachineTypeNotSupported'],
    ] as const)('%s', async (_what, more, name) => {
      await expect(create('optional', more as Partial<CreateStateMachineCommandInput>)).rejects.toMatchObject(
        {
          name,
        },
      );
    });
  });
});
