import { deploy, type Services } from '../../../src/local/template/deploy.ts';
import { resolveStack } from '../../../src/local/template/resources.ts';

const account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };

/** The names of the state machines that are created where a definition has so many characters. */
async function createdWith(length: number): Promise<readonly string[]> {
  const rest = JSON.stringify({ Comment: '' }).length;
  const DefinitionString = JSON.stringify({ Comment: 'c'.repeat(length - rest) });
  const Machine = {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: { DefinitionString, StateMachineName: 'run', RoleArn: 'arn:aws:iam::123456789012:role/r' },
  };
  const assembly = {
    stackName: 'Stack',
    template: { Resources: { Machine } },
    assetDirectory: (key: string) => key,
  };
  const names: string[] = [];
  const services: Partial<Services> = {
    createFunctions: () => undefined,
    createStateMachine: ({ name }) => void names.push(name),
  };
  await deploy(resolveStack(assembly, account), assembly, services as Services);
  return names;
}

test('a definition has up to 1 MiB', async () => {
  expect(await createdWith(1_048_576)).toEqual(['run']);
  await expect(createdWith(1_048_577)).rejects.toThrow(
    'Cannot create Machine: its definition may have 1048576 characters, got 1048577.',
  );
});
