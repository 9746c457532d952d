import type { Stack } from 'aws-cdk-lib';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { faultsIn } from '../src/local/states/check-definition.ts';
import { oversightsIn } from '../src/local/states/check-oversights.ts';

/** What Step Functions would refuse in the stack's state machines, or take and fail on, a sentence each; before anything is deployed. */
export function definitionFaults(stack: Stack): readonly string[] {
  return stack.node.findAll().flatMap((node) => {
    if (!(node instanceof CfnStateMachine)) return [];
    const definition: unknown = JSON.parse(textOf(stack.resolve(node.definitionString)));
    return [...faultsIn(definition), ...oversightsIn(definition)];
  });
}

interface Join {
  readonly 'Fn::Join': readonly [string, readonly unknown[]];
}

/** What is known at the deployment only, partitions and names of functions, is no matter of the language. */
function textOf(definition: string | Join): string {
  if (typeof definition === 'string') return definition;
  const [separator, parts] = definition['Fn::Join'];
  return parts.map((part) => (typeof part === 'string' ? part : 'aws')).join(separator);
}
