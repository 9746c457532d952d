import { setTimeout as delay } from 'node:timers/promises';
import { requiredVariable } from '../src/aws/environment.ts';
import { connectExecutionReader } from '../src/aws/executions.ts';
import { connectModelInvoker } from '../src/aws/model-invoker.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { connectTurns } from '../src/aws/on-demand-turns.ts';
import { type InvokeOnDemandInput, invokeOnDemand } from '../src/steps/invoke-on-demand.ts';
import { observed } from './observed.ts';

const objects = connectObjectStore(requiredVariable('BUCKET_NAME'));
const executions = connectExecutionReader();
const models = connectModelInvoker();
const turns = connectTurns(requiredVariable('TABLE_NAME'));
const sleep = (ms: number, signal?: AbortSignal) => delay(ms, undefined, { signal });

export const handler = observed((input: InvokeOnDemandInput, timeLeft) =>
  invokeOnDemand(input, {
    objects,
    models,
    turns,
    executions,
    timeLeft,
    sleep,
    now: Date.now,
    random: Math.random,
  }),
);
