import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { EventBridgeEvent } from '../events/event.ts';
import { JobFaults } from '../faults/job-faults.ts';
import { RecordFaults } from '../faults/record-faults.ts';
import { type Endpoint, type Intercept, listen } from '../http/listen.ts';
import { RoleClients } from '../s3/role-clients.ts';
import type { AnswerBackEnd } from './answer-back-end.ts';
import type { AnswerLedger } from './answer-ledger.ts';
import type { Job } from './job.ts';
import { jobEvent } from './job-event.ts';
import type { LifecycleOptions } from './job-run.ts';
import { JobRunner } from './job-runner.ts';
import { JobStore } from './job-store.ts';
import { jobRoutes } from './routes.ts';
import { ShownCounters } from './shown-counters.ts';
import { simulatedBackEnd } from './simulate.ts';
import { restJson } from './wire.ts';

export interface BedrockOptions {
  readonly clock: Clock;
  readonly port?: number;
  readonly intercept?: Intercept;
  readonly region?: string;
  readonly account?: string;
  /** Where jobs read and write, e.g. `http://127.0.0.1:4566`. */
  readonly s3Endpoint: string;
  /** Told of every status of every job. As on AWS an event may come before the answer to the call that caused it. */
  readonly emit: (event: EventBridgeEvent) => void;
  /** Called when a job is validated. @throws Error where Bedrock may not act as the job's role */
  readonly assumeRole?: (job: Job) => void;
  readonly backEnd?: AnswerBackEnd;
  /** Decides the order of outputs and the record ids that are made up. */
  readonly seed?: number;
  /** The least time in each status, in milliseconds on the clock. */
  readonly stepMs?: number;
  /** Slows InProgress down so that its counters can be seen to move; as fast as possible by default. */
  readonly recordsPerSecond?: number;
  /** How long what Get and List tell of a running job's records may be old; by default as long as `stepMs`. */
  readonly counterLagMs?: number;
  /** The quota of jobs in flight for each base model; that of custom models is 3. */
  readonly maxJobsPerModel?: number;
  /** Where jobs survive the process. */
  readonly directory?: string;
  readonly jobFaults?: JobFaults;
  readonly recordFaults?: RecordFaults;
  /** Told of each content that was answered. */
  readonly ledger?: AnswerLedger | undefined;
}

const STEP_MS = 400;

export interface BedrockServer extends Endpoint {
  /** Leads on the jobs that an earlier process left, once somebody hears their events. */
  resume(): void;
}

/**
 * Bedrock's batch inference jobs on loopback, over the wire protocol of the SDK. Without a directory jobs live as long as
 * the server.
 */
export async function startBedrock(options: BedrockOptions): Promise<BedrockServer> {
  const { region = 'us-east-1', account = '123456789012', maxJobsPerModel = 100, directory } = options;
  const closing = new AbortController();
  // Every job in flight listens.
  setMaxListeners(0, closing.signal);
  const s3 = new RoleClients({ endpoint: options.s3Endpoint, region, accessKeyId: 'LOCALBEDROCK' });
  const path = directory === undefined ? undefined : join(directory, 'jobs.jsonl');
  const store = new JobStore({ region, account, maxJobsPerModel, path });
  const counters = new ShownCounters(options.clock, options.counterLagMs ?? options.stepMs ?? STEP_MS);
  const place = { store, counters, s3, closing: closing.signal, region, account };
  const lifecycle = lifecycleOptions(options, place);
  const runner = new JobRunner(lifecycle);
  const start = (job: Job): void => {
    lifecycle.onStatus(job);
    runner.run(job);
  };
  const stop = (job: Job): void => runner.stop(job);
  const routes = jobRoutes({ store, counters, now: () => options.clock.now(), start, stop });
  const endpoint = await listen(restJson(routes), options.port, options.intercept);
  return {
    url: endpoint.url,
    resume: () => {
      for (const job of store.unfinished()) runner.run(job);
    },
    close: async () => {
      await endpoint.close();
      closing.abort(new Error('The local Bedrock is closing.'));
      await runner.close();
      store.close();
      s3.destroy();
    },
  };
}

interface Place {
  readonly store: JobStore;
  readonly counters: ShownCounters;
  readonly s3: RoleClients;
  readonly closing: AbortSignal;
  readonly region: string;
  readonly account: string;
}

function lifecycleOptions(options: BedrockOptions, place: Place): LifecycleOptions {
  const { clock, emit, backEnd = simulatedBackEnd, seed = 1, stepMs = STEP_MS, recordsPerSecond } = options;
  const {
    assumeRole = () => undefined,
    jobFaults = new JobFaults(),
    recordFaults = new RecordFaults(),
    ledger,
  } = options;
  const onStatus = (job: Job): void => {
    place.counters.note(job);
    const event = jobEvent(job, place);
    try {
      emit(event);
    } catch (error) {
      // Bedrock's events are delivered at best: one that is lost must not change what becomes of the job.
      process.emitWarning(`The event ${event.detail.status} of ${job.arn} was lost: ${error}`);
    }
  };
  const { store, s3, closing } = place;
  const answering = { backEnd, recordsPerSecond, jobFaults, recordFaults, ledger, assumeRole };
  return { store, s3, closing, clock, seed, stepMs, onStatus, ...answering };
}
