import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import type { Clock } from '../clock.ts';
import { type Random, seededRandom, uuidFrom } from './random.ts';

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

const MAX_RANGE = 1_000_000;

/**
 * The functions that Step Functions adds to JSONata (page "Transforming data with JSONata"), and time by the given
 * clock. An undefined argument gives undefined, as for JSONata's own functions.
 */
export function stepFunctionsExtras(clock: Clock, random: Random): Readonly<Record<string, unknown>> {
  return {
    partition,
    range,
    hash,
    parse: (text: unknown) => (text === undefined ? undefined : JSON.parse(String(text))),
    random: (seed?: number) => (seed === undefined ? random() : seededRandom(seed)()),
    uuid: () => uuidFrom(random),
    millis: () => clock.now(),
    now: (picture?: string, zone?: string) => now(clock, picture, zone),
    // Not offered by Step Functions; without a value JSONata answers "Attempted to invoke a non-function", as AWS does.
    eval: undefined,
  };
}

function partition(items: unknown, size: unknown): unknown {
  if (items === undefined) return undefined;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 1) {
    throw new Error('The second argument of $partition must be a positive integer.');
  }
  const list = Array.isArray(items) ? items : [items];
  return Array.from({ length: Math.ceil(list.length / size) }, (_, part) =>
    list.slice(part * size, (part + 1) * size),
  );
}

function range(first: unknown, last: unknown, step: unknown): unknown {
  if (typeof first !== 'number' || typeof last !== 'number' || typeof step !== 'number' || step === 0) {
    throw new Error('The arguments of $range must be numbers, and the third not zero.');
  }
  const length = Math.max(0, Math.floor((last - first) / step) + 1);
  if (length > MAX_RANGE) throw new Error(`$range must give at most ${MAX_RANGE} items.`);
  // A sequence of one is that one, in AWS's executions too.
  if (length === 1) return first;
  return Array.from({ length }, (_, index) => first + index * step);
}

function hash(text: unknown, algorithm: unknown): unknown {
  if (text === undefined) return undefined;
  const name = HASHES[String(algorithm)];
  if (name === undefined) throw new Error(`$hash must be given one of ${Object.keys(HASHES).join(', ')}.`);
  return createHash(name).update(String(text)).digest('hex');
}

function now(clock: Clock, picture: string | undefined, zone: string | undefined): unknown {
  if (picture === undefined) return new Date(clock.now()).toISOString();
  return jsonata('$fromMillis($time, $picture, $zone)').evaluate(undefined, {
    time: clock.now(),
    picture,
    zone,
  });
}
