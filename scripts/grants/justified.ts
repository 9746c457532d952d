import type { TemplateGrant } from './template-grants.ts';

/** Grants that no run shows to be needed, and why they stay. */
export interface Justification {
  readonly owner: RegExp;
  readonly action: RegExp;
  readonly resource?: RegExp;
  readonly reason: string;
  /** One of several grants of the action is enough: without all of them a run must go wrong. */
  readonly oneOfSeveral?: true;
}

export const justifications: readonly Justification[] = [
  {
    owner: /^RunStateMachineRole$/,
    action: /^xray:/,
    reason: 'AWS documents it for state machines that are traced; the local AWS has no X-Ray',
  },
  {
    owner: /^RunStateMachineRole$/,
    action: /^states:(DescribeExecution|StopExecution)$/,
    reason: 'AWS documents it for a Distributed Map, which looks after its child executions',
  },
  {
    owner: /^RunStateMachineRole$/,
    action: /^states:RedriveExecution$/,
    resource: /AssembleOutput/,
    reason: 'AWS documents it for a Distributed Map whose children are redriven with it',
  },
  {
    owner: /^RunStateMachineRole$/,
    action: /^s3:(AbortMultipartUpload|ListMultipartUploadParts)$/,
    reason: 'AWS documents it for the ResultWriter of a Distributed Map',
  },
  {
    owner: /^InferenceRole$/,
    action: /^s3:GetObject$/,
    resource: /batch_outputs_json/,
    reason: 'AWS documents the role of a job with reading where it writes',
  },
  {
    owner: /^StepsSummarizeServiceRole$/,
    action: /^s3:AbortMultipartUpload$/,
    reason:
      'summary.json tells of every attempt: of tens of thousands it is an upload in parts, which may break off',
  },
  {
    owner: /^s3:DataBucketAccessLogs$/,
    action: /^s3:PutObject$/,
    reason: "S3 writes the bucket's access log by it; the local S3 writes none",
  },
  {
    owner: /ServiceRole$/,
    action: /^states:SendTask(Success|Heartbeat)$/,
    reason:
      'AWS does not document whether a token of a Distributed Map is of the machine or of its labelled child',
    oneOfSeveral: true,
  },
];

export function justificationOf(grant: TemplateGrant): Justification | undefined {
  return justifications.find((one) => justifies(one, grant));
}

export function justifies(
  { owner, action, resource }: Justification,
  grant: Pick<TemplateGrant, 'owner' | 'action' | 'resource'>,
): boolean {
  return owner.test(grant.owner) && action.test(grant.action) && (resource?.test(grant.resource) ?? true);
}
