import type { MapState } from '../definition.ts';
import { failureOf, Interruption, StatesError, toStatesError } from '../errors.ts';
import { failureDetails } from '../history.ts';
import type { DistributedAttempt } from '../progress/cursor.ts';
import { type Conclusion, conclude, takeAttempt, type Visit } from '../visit.ts';
import { childScope, type Scope } from '../waiting.ts';
import { mapRunArnOf, mapStateMachineArn, runChild } from './child-execution.ts';
import { childInputs } from './child-inputs.ts';
import type { DistributedPlan } from './distributed-plan.ts';
import { eachConcurrently } from './each-concurrently.ts';
import { MapRun } from './map-run.ts';
import { lengthOf } from './members.ts';
import { planDistributedMap } from './plan.ts';
import type { ChildInput, MapRunRecall } from './recall.ts';
import { OutputSink, type ResultSink } from './result-sink.ts';
import { S3Sink } from './result-writer.ts';

interface Running {
  readonly state: MapState;
  readonly visit: Visit;
  readonly plan: DistributedPlan;
  readonly mapRun: MapRun;
  readonly recall: MapRunRecall | undefined;
  readonly sink: ResultSink;
  readonly scope: Scope;
}

export async function runDistributedMap(state: MapState, visit: Visit): Promise<Conclusion> {
  const attempt = takeAttempt(visit, 'distributed') ?? (await start(state, visit));
  const { history, track, signal, options } = visit.frame;
  const { plan, mapRunArn } = attempt;
  const recall = mapRunArn === undefined ? undefined : options.recall?.(mapRunArn);
  const mapRun = recall ? goOn(visit, recall.mapRun, attempt) : startMapRun(state, visit, plan);
  // Children of a parent that timed out did not time out: they were stopped.
  const scope = childScope(signal, () => new Interruption('ABORTED'));
  const running = { state, visit, plan, mapRun, recall, scope, sink: sinkFor(plan, visit, mapRun) };
  try {
    const result = await runChildren(running).catch((failure: unknown) => failed(running, failure));
    endMapRun(running, 'Succeeded');
    if (!attempt.succeeded) history.add(track, 'MapStateSucceeded');
    visit.settled = true;
    return await conclude(visit, state, result, { result });
  } finally {
    scope.release();
  }
}

async function start(state: MapState, visit: Visit): Promise<DistributedAttempt> {
  const plan = await planDistributedMap(state, visit);
  const { history, track } = visit.frame;
  const length = plan.source.operation === 'none' ? lengthOf(plan.source.items) : 0;
  history.add(track, 'MapStateStarted', { length }, { plan });
  return { kind: 'distributed', plan, redrive: false, succeeded: false };
}

function startMapRun(state: MapState, visit: Visit, plan: DistributedPlan): MapRun {
  const { history, track, options } = visit.frame;
  const mapRun = new MapRun({
    arn: mapRunArnOf(state, visit),
    stateMachineArn: mapStateMachineArn(state, visit),
    executionArn: options.context.Execution.Id,
    maxConcurrency: plan.maxConcurrency,
    tolerance: plan.tolerance,
    startTime: options.clock.now(),
    exports: plan.destination !== undefined,
  });
  options.onMapRun?.(mapRun);
  const { identity } = mapRun;
  history.add(track, 'MapRunStarted', { mapRunArn: identity.arn }, { mapRun: identity });
  return mapRun;
}

function goOn({ frame }: Visit, mapRun: MapRun, { redrive }: DistributedAttempt): MapRun {
  if (redrive) {
    frame.options.onMapRedrive?.(mapRun);
    const details = { mapRunArn: mapRun.identity.arn, redriveCount: mapRun.redriveCount + 1 };
    frame.history.add(frame.track, 'MapRunRedriven', details, { mapRunArn: details.mapRunArn });
    mapRun.redrive(frame.options.clock.now());
  }
  return mapRun;
}

function sinkFor({ destination, writer }: DistributedPlan, visit: Visit, { identity }: MapRun): ResultSink {
  const config = writer?.WriterConfig;
  if (!destination) return new OutputSink(config?.Transformation ?? 'COMPACT');
  return new S3Sink({
    write: visit.frame.options.writeResults,
    destination,
    config,
    mapRunArn: identity.arn,
  });
}

/** What was finished is exported even when the run fails, as AWS does; an interrupted execution exports nothing. */
async function runChildren(running: Running): Promise<unknown> {
  const { plan, mapRun, sink, scope, recall, visit } = running;
  const stop = () => scope.abort(new Interruption('ABORTED'));
  try {
    // The files of before are written anew: what was on its way to them is not known.
    for await (const ended of recall?.ended() ?? []) await sink.add(ended);
    if (mapRun.intolerable) stop();
    await eachConcurrently(toRun(running), plan.maxConcurrency, (one) => runOne(running, one), stop);
    visit.frame.signal.throwIfAborted();
    if (mapRun.intolerable) throw tooManyFailures();
  } catch (failure) {
    stop();
    const exported = failure instanceof StatesError && failure.error === TOO_MANY;
    await stopRest(running, exported);
    if (exported) await sink.finish();
    else await sink.abandon(failure as Error);
    // Whatever broke while the parent was being stopped, the stop is why.
    visit.frame.signal.throwIfAborted();
    throw failure;
  }
  return sink.finish();
}

/** Those that were at work first: they had their places. */
async function* toRun({ state, visit, plan, mapRun, scope, recall }: Running): AsyncGenerator<ChildInput> {
  for (let one = recall?.takeRunning(); one; one = recall?.takeRunning()) yield one;
  if (scope.signal.aborted) return;
  for (let one = recall?.takeUnsuccessful(); one; one = recall?.takeUnsuccessful()) yield one;
  for await (const one of childInputs(state, visit, plan, scope.signal)) {
    if (!recall?.isStarted(one.index)) yield one;
  }
  mapRun.allItemsKnown();
}

/** Children that were at work before a restart and get no place any more must not be at work for ever. */
async function stopRest(running: Running, exported: boolean): Promise<void> {
  const { state, visit, mapRun, scope, recall, sink } = running;
  for (let one = recall?.takeRunning(); one; one = recall?.takeRunning()) {
    const ended = await runChild({ state, visit, mapRun, signal: scope.signal }, one);
    mapRun.childEnded(ended.result.status, one.items);
    if (exported) await sink.add(ended);
  }
}

async function runOne({ state, visit, mapRun, sink, scope }: Running, one: ChildInput): Promise<void> {
  if (!one.earlier) mapRun.childStarted(one.items);
  const ended = await runChild({ state, visit, mapRun, signal: scope.signal }, one);
  await sink.add(ended);
  mapRun.childEnded(ended.result.status, one.items);
  // A parent that is being stopped must not mistake its stopped children for its own success.
  visit.frame.signal.throwIfAborted();
  if (mapRun.intolerable) throw tooManyFailures();
}

const TOO_MANY = 'States.ExceedToleratedFailureThreshold';

function tooManyFailures(): StatesError {
  return new StatesError(TOO_MANY, 'The specified tolerated failure threshold was exceeded');
}

const ENDINGS = { Succeeded: 'SUCCEEDED', Failed: 'FAILED', Aborted: 'ABORTED' } as const;

function endMapRun({ visit, mapRun }: Running, ending: keyof typeof ENDINGS, failure?: unknown): void {
  if (mapRun.status !== 'RUNNING') return;
  const { history, track, options } = visit.frame;
  const failed = failure === undefined ? undefined : failureDetails(toStatesError(failure));
  history.add(track, `MapRun${ending}`, failed, {
    mapRunArn: mapRun.identity.arn,
    ...(failed && { failure: failureOf(failure) }),
  });
  mapRun.end(ENDINGS[ending], options.clock.now());
}

function failed(running: Running, failure: unknown): never {
  if (failure instanceof Interruption) endMapRun(running, 'Aborted');
  else endMapRun(running, 'Failed', failure);
  throw failure;
}
