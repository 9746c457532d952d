import type { MapState } from '../definition.ts';
import { Interruption, StatesError, toStatesError } from '../errors.ts';
import { failureDetails } from '../history.ts';
import { type Conclusion, conclude, type Visit } from '../visit.ts';
import { childScope, type Scope } from '../waiting.ts';
import { mapRunArnOf, mapStateMachineArn, runChild } from './child-execution.ts';
import { type ChildInput, childInputs } from './child-inputs.ts';
import { eachConcurrently } from './each-concurrently.ts';
import { MapRun } from './map-run.ts';
import { type DistributedPlan, planDistributedMap } from './plan.ts';
import { OutputSink, type ResultSink } from './result-sink.ts';
import { S3Sink } from './result-writer.ts';

interface Running {
  readonly state: MapState;
  readonly visit: Visit;
  readonly plan: DistributedPlan;
  readonly mapRun: MapRun;
  readonly sink: ResultSink;
  readonly scope: Scope;
}

export async function runDistributedMap(state: MapState, visit: Visit): Promise<Conclusion> {
  const plan = await planDistributedMap(state, visit);
  const { history, track, signal, options } = visit.frame;
  history.add(track, 'MapStateStarted', { length: Array.isArray(plan.source) ? plan.source.length : 0 });
  const mapRun = startMapRun(state, visit, plan);
  // Children of a parent that timed out did not time out: they were stopped.
  const scope = childScope(signal, () => new Interruption('ABORTED'));
  const running = { state, visit, plan, mapRun, scope, sink: sinkFor(plan, visit, mapRun) };
  try {
    const result = await runChildren(running).catch((failure: unknown) => failed(running, failure));
    mapRun.end('SUCCEEDED', options.clock.now());
    history.add(track, 'MapRunSucceeded');
    history.add(track, 'MapStateSucceeded');
    return await conclude(visit, state, result, { result });
  } finally {
    scope.release();
  }
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
  });
  options.onMapRun?.(mapRun);
  history.add(track, 'MapRunStarted', { mapRunArn: mapRun.identity.arn });
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
  const { plan, mapRun, sink, scope } = running;
  const inputs = childInputs(running.state, running.visit, plan, scope.signal);
  const stop = () => scope.abort(new Interruption('ABORTED'));
  try {
    await eachConcurrently(
      untilKnown(inputs, mapRun),
      plan.maxConcurrency,
      (one) => runOne(running, one),
      stop,
    );
    if (mapRun.intolerable) throw tooManyFailures();
  } catch (failure) {
    if (failure instanceof StatesError && failure.error === TOO_MANY) await sink.finish();
    else await sink.abandon(failure as Error);
    // Whatever broke while the parent was being stopped, the stop is why.
    running.visit.frame.signal.throwIfAborted();
    throw failure;
  }
  return sink.finish();
}

async function* untilKnown(inputs: AsyncIterable<ChildInput>, mapRun: MapRun): AsyncGenerator<ChildInput> {
  yield* inputs;
  mapRun.allItemsKnown();
}

async function runOne({ state, visit, mapRun, sink, scope }: Running, one: ChildInput): Promise<void> {
  mapRun.childStarted(one.items);
  const ended = await runChild({ state, visit, mapRun, signal: scope.signal }, one);
  const { status } = ended.result;
  await sink.add(ended);
  mapRun.childEnded(status, one.items, sink instanceof S3Sink);
  // A parent that is being stopped must not mistake its stopped children for its own success.
  visit.frame.signal.throwIfAborted();
  if (mapRun.intolerable) throw tooManyFailures();
}

const TOO_MANY = 'States.ExceedToleratedFailureThreshold';

function tooManyFailures(): StatesError {
  return new StatesError(TOO_MANY, 'The specified tolerated failure threshold was exceeded.');
}

function failed({ visit, mapRun }: Running, failure: unknown): never {
  const { history, track, options } = visit.frame;
  const interrupted = failure instanceof Interruption;
  mapRun.end(interrupted ? 'ABORTED' : 'FAILED', options.clock.now());
  if (interrupted) history.add(track, 'MapRunAborted');
  else {
    history.add(track, 'MapRunFailed', failureDetails(toStatesError(failure)));
    history.add(track, 'MapStateFailed');
  }
  throw failure;
}
