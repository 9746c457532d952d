import { Aws, Stack } from 'aws-cdk-lib';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { definitionFaults } from '../../bin/definition-faults.ts';

/** A stack with one machine of one task, whose partition is known at the deployment only. */
function stackWith(task: object): Stack {
  const stack = new Stack();
  const Resource = `arn:${Aws.PARTITION}:states:::lambda:invoke`;
  const state = { Type: 'Task', Resource, Arguments: { FunctionName: 'f' }, End: true, ...task };
  const definition = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: state } };
  const definitionString = JSON.stringify(definition);
  new CfnStateMachine(stack, 'Machine', { roleArn: 'role', definitionString });
  return stack;
}

test.each([
  { what: 'a sound one', task: {}, faults: [] },
  {
    what: 'what AWS refuses',
    task: { TimeoutSeconds: 0 },
    faults: [expect.stringContaining('TimeoutSeconds')],
  },
  {
    what: 'what AWS takes and fails on',
    task: { Output: '{% $runn %}' },
    faults: [expect.stringContaining('got $runn')],
  },
])('the synthesis says of a definition: $what', ({ task, faults }) => {
  expect(definitionFaults(stackWith(task))).toEqual(faults);
});
