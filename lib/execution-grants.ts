import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { acknowledge, wildcard } from './acknowledge.ts';

/** Reading how an execution stands. */
export function grantDescribe(grantee: IFunction): void {
  const executions = Stack.of(grantee).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${stateMachineName()}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  Grant.addToPrincipal({ grantee, actions: ['states:DescribeExecution'], resourceArns: [executions] });
  const finding = wildcard(
    'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<AWS::StackName>-run:*',
  );
  acknowledge(grantee, 'Executions of this state machine have names of their own.', finding);
}

/** Finding out whether a task still waits: a heartbeat, which its state has no use for, fails for one that does not. */
export function grantTaskWatch(grantee: IFunction): void {
  grantOnTasks(grantee, 'states:SendTaskHeartbeat');
}

/** Answering the tokens of its tasks. */
export function grantTaskResponse(grantee: IFunction): void {
  grantOnTasks(grantee, 'states:SendTaskSuccess');
}

/** By the name: a function that the machine invokes cannot wait for its ARN. */
function grantOnTasks(grantee: IFunction, action: string): void {
  const stateMachineArn = Stack.of(grantee).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: stateMachineName(),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  // A task of a Distributed Map may count as one of the machine's labelled child, `{machine}/{label}`.
  const resourceArns = [stateMachineArn, `${stateMachineArn}/*`];
  Grant.addToPrincipal({ grantee, actions: [action], resourceArns });
  const child = wildcard(
    'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:stateMachine:<AWS::StackName>-run/*',
  );
  acknowledge(grantee, 'The labels of the Distributed Maps of this state machine.', child);
}

export const stateMachineName = () => `${Aws.STACK_NAME}-run`;
