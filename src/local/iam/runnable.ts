import { LocalAwsError } from '../local-aws-error.ts';
import type { Account } from '../template/resources.ts';
import type { Authorization, ServiceCaller } from './authorization.ts';
import type { CreationNeed } from './permissions.ts';

/** As Lambda and Step Functions do when something is created with a role. @throws LocalAwsError */
export function assertRunnable(authorization: Authorization, { partition, region, account }: Account): void {
  const { functionRoles, stateMachines, creationNeeds } = authorization.permissions;
  for (const [name, roleArn] of functionRoles) {
    const sourceArn = `arn:${partition}:lambda:${region}:${account}:function:${name}`;
    assertRole(authorization, roleArn, { service: 'lambda.amazonaws.com', sourceArn });
  }
  for (const { arn, roleArn } of stateMachines) {
    assertRole(authorization, roleArn, { service: 'states.amazonaws.com', sourceArn: arn });
  }
  for (const need of creationNeeds) assertAllowed(authorization, need);
}

function assertRole(authorization: Authorization, roleArn: string, caller: ServiceCaller): void {
  const { sourceArn } = caller;
  if (!authorization.knows(roleArn)) {
    throw new LocalAwsError(`Cannot create ${sourceArn}: its role ${roleArn} must be in the template.`);
  }
  const cause = authorization.denialOfAssuming(caller, roleArn);
  if (cause === undefined) return;
  throw new LocalAwsError(`Cannot create ${sourceArn}: its role cannot be assumed. ${cause.message}`, {
    cause,
  });
}

function assertAllowed(authorization: Authorization, need: CreationNeed): void {
  const { created, roleArn, session, action, resource, refusal } = need;
  const cause = authorization.denialOf(roleArn, session, { action, resources: [resource] });
  if (cause === undefined) return;
  throw new LocalAwsError(`Cannot create ${created}: ${refusal}. ${cause.message}`, { cause });
}
