import { randomUUID } from 'node:crypto';
import type { EventBridgeEvent } from '../events/event.ts';
import { iso, type Job } from './job.ts';

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

/** `Aug 28, 2024, 10:47:53 PM`, in UTC. By hand: to make an Intl formatter takes longer than all else about an event. */
function humanTime(time: number): string {
  const [, day, month, year, clock = ''] = new Date(time).toUTCString().split(' ');
  const [hour = '', ...rest] = clock.split(':');
  const [half, twelfth] = [Number(hour) < 12 ? 'AM' : 'PM', Number(hour) % 12 || 12];
  return `${month} ${Number(day)}, ${year}, ${[twelfth, ...rest].join(':')} ${half}`;
}
