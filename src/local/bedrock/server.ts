import { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../clock.ts';
import type { EventBridgeEvent } from '../events/event.ts';
import { type Endpoint, listen } from '../http/listen.ts';
import type { AnswerBackEnd } from './answer-back-end.ts';
import type { Job } from './job.ts';
import { jobEvent } from './job-event.ts';
import { type LifecycleOptions, runJob, stopJob } from './job-lifecycle.ts';
import { JobStore } from './job-store.ts';
import { jobRoutes } from './routes.ts';
import { simulatedBackEnd } from './simulate.ts';
import { restJson } from './wire.ts';

export interface BedrockOptions {
  readonly clock: Clock;
  readonly port?: number;
  readonly region?: string;
  readonly account?: string;
  /** Where jobs read and write, e.g. `http://127.0.0.1:4566`. */
  readonly s3Endpoint: string;
  /** Told of every status of every job. As on AWS an event may come before the answer to the call that caused it. */
  readonly emit: (event: EventBridgeEvent) => void;
  readonly backEnd?: AnswerBackEnd;
  /** Decides the order of outputs and the record ids that are made up. */
  readonly seed?: number;
  /** The least time in each status, in milliseconds on the clock. */
  readonly stepMs?: number;
  /** Slows InProgress down so that its counters can be seen to move; as fast as possible by default. */
  readonly recordsPerSecond?: number;
  readonly maxJobsPerModel?: number;
}

export type BedrockServer = Endpoint;

/** Bedrock's batch inference jobs on loopback, over the wire protocol of the SDK. Jobs live as long as the server. */
export async function startBedrock(options: BedrockOptions): Promise<BedrockServer> {
  const { region = 'us-east-1', account = '123456789012', maxJobsPerModel = 100 } = options;
  const closing = new AbortController();
  const s3 = s3Client(options.s3Endpoint, region);
  const lifecycle = lifecycleOptions(options, { s3, closing: closing.signal, region, account });
  const running = new Set<Promise<void>>();

  const start = (job: Job): void => {
    lifecycle.onStatus(job);
    const run = runJob(job, lifecycle).finally(() => running.delete(run));
    running.add(run);
  };
  const routes = jobRoutes({
    store: new JobStore({ region, account, maxJobsPerModel }),
    now: () => options.clock.now(),
    start,
    stop: (job) => stopJob(job, lifecycle),
  });
  const endpoint = await listen(restJson(routes), options.port);

  return {
    url: endpoint.url,
    close: async () => {
      await endpoint.close();
      closing.abort(new Error('The local Bedrock is closing.'));
      await Promise.all(running);
      s3.destroy();
    },
  };
}

interface Place {
  readonly s3: S3Client;
  readonly closing: AbortSignal;
  readonly region: string;
  readonly account: string;
}

function lifecycleOptions(options: BedrockOptions, place: Place): LifecycleOptions {
  const { clock, emit, backEnd = simulatedBackEnd, seed = 1, stepMs = 400, recordsPerSecond } = options;
  const onStatus = (job: Job): void => {
    const event = jobEvent(job, place);
    try {
      emit(event);
    } catch (error) {
      // Bedrock's events are delivered at best: one that is lost must not change what becomes of the job.
      process.emitWarning(`The event ${event.detail.status} of ${job.arn} was lost: ${error}`);
    }
  };
  return { s3: place.s3, closing: place.closing, clock, backEnd, seed, stepMs, recordsPerSecond, onStatus };
}

function s3Client(endpoint: string, region: string): S3Client {
  const credentials = { accessKeyId: 'LOCALBEDROCK', secretAccessKey: 'x' };
  return new S3Client({ endpoint, region, forcePathStyle: true, credentials });
}
