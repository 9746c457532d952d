import { type ApiCall, type NeedsByOperation, type NeedsOf, regionalArn, textIn } from './need.ts';

export const STATES_NEEDS: NeedsByOperation = {
  CreateStateMachine: ({ body }, place) => [
    {
      action: 'states:CreateStateMachine',
      resources: [regionalArn(place, 'states', `stateMachine:${textIn(body, 'name')}`)],
    },
    {
      action: 'iam:PassRole',
      resources: [textIn(body, 'roleArn')],
      context: { 'iam:PassedToService': 'states.amazonaws.com' },
    },
  ],
  DeleteStateMachine: on('stateMachineArn', 'DeleteStateMachine'),
  StartExecution: on('stateMachineArn', 'StartExecution'),
  DescribeStateMachine: on('stateMachineArn', 'DescribeStateMachine'),
  ListStateMachines: () => [{ action: 'states:ListStateMachines', resources: ['*'] }],
  ListExecutions: (call, place) => {
    const member = call.body['mapRunArn'] === undefined ? 'stateMachineArn' : 'mapRunArn';
    return on(member, 'ListExecutions')(call, place);
  },
  DescribeExecution: on('executionArn', 'DescribeExecution'),
  StopExecution: on('executionArn', 'StopExecution'),
  RedriveExecution: on('executionArn', 'RedriveExecution'),
  GetExecutionHistory: on('executionArn', 'GetExecutionHistory'),
  ListMapRuns: on('executionArn', 'ListMapRuns'),
  DescribeMapRun: on('mapRunArn', 'DescribeMapRun'),
  SendTaskSuccess: answer('SendTaskSuccess'),
  SendTaskFailure: answer('SendTaskFailure'),
  SendTaskHeartbeat: answer('SendTaskHeartbeat'),
};

function on(member: string, name: string): NeedsOf {
  return ({ body }: ApiCall) => [{ action: `states:${name}`, resources: [textIn(body, member)] }];
}

/**
 * A token says only to Step Functions whose it is. AWS asks about a state machine, but does not document whether that of a
 * token of a Distributed Map's child is the machine or `machine/label`, so either will do here. A stack grants both.
 */
function answer(name: string): NeedsOf {
  return (_call, { stateMachines }) => [{ action: `states:${name}`, resources: stateMachines }];
}
