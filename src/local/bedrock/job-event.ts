import { randomUUID } from 'node:crypto';
import type { EventBridgeEvent } from '../events/event.ts';
import { iso, type Job } from './job.ts';

const creationTimeFormat = { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' } as const;

/** The event of a job's current status. Its names differ from those of the API, as Bedrock's do. */
export function jobEvent(
  job: Job,
  { region, account }: { readonly region: string; readonly account: string },
) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Batch Inference Job State Change',
    source: 'aws.bedrock',
    account,
    time: iso(job.lastModifiedTime),
    region,
    resources: [job.arn],
    detail: {
      version: '0.0',
      accountId: account,
      batchJobName: job.request.jobName,
      batchJobArn: job.arn,
      batchModelId: job.modelArn,
      status: job.status,
      failureMessage: job.message ?? '',
      creationTime: humanTime(job.submitTime),
    },
  } satisfies EventBridgeEvent;
}

/** `Aug 28, 2024, 10:47:53 PM`; ICU puts a narrow no-break space before PM, Bedrock a plain one. */
function humanTime(time: number): string {
  return new Intl.DateTimeFormat('en-US', creationTimeFormat).format(time).replaceAll('\u202f', ' ');
}
