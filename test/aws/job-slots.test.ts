import { randomBytes } from 'node:crypto';
import { jobSlots } from '../../src/aws/job-slots.ts';
import type { SlotHolder, Slots } from '../../src/steps/collaborators.ts';
import { MemorySlots } from '../steps/job-fakes.ts';
import { type LocalDynamoDB, localDynamoDB } from './local-services.ts';

const tableName = 'Jobs';
const clock = { ms: 0 };
const now = () => clock.ms;
const max = 3;

let dynamodb: LocalDynamoDB;
beforeAll(async () => {
  dynamodb = await localDynamoDB(tableName);
});
afterAll(() => dynamodb.close());
beforeEach(() => {
  clock.ms = Date.parse('2026-01-02T03:04:05.678Z');
});

const onDynamoDB = (options: { readonly max?: number } = { max }) =>
  jobSlots(dynamodb.client, { tableName, now, ...options });
const kinds: readonly (readonly [string, () => Slots])[] = [
  ['DynamoDB', () => onDynamoDB()],
  ['the fake of the step tests', () => new MemorySlots({ max, now })],
];

async function holdersOf(slots: Slots, modelId: string): Promise<SlotHolder[]> {
  const found: SlotHolder[] = [];
  for await (const holder of slots.holders()) if (holder.modelId === modelId) found.push(holder);
  return found;
}
const aModel = () => `a.model-${randomBytes(6).toString('hex')}`;

describe.each(kinds)('%s', (_, open) => {
  let slots: Slots;
  let model: string;
  beforeEach(() => {
    slots = open();
    model = aModel();
  });
  const names = async () => (await holdersOf(slots, model)).map(({ jobName }) => jobName).sort();

  test('so many jobs hold one, and no more', async () => {
    const held = [];
    for (const name of ['a', 'b.c-1', 'c', 'd']) held.push(await slots.acquire(model, name));
    expect(held).toEqual([true, true, true, false]);
    expect(await names()).toEqual(['a', 'b.c-1', 'c']);
  });

  test('of many that ask at once, so many get one', async () => {
    const held = await Promise.all(Array.from({ length: 12 }, (_, i) => slots.acquire(model, `job-${i}`)));
    expect(held.filter(Boolean)).toHaveLength(max);
    expect(await names()).toHaveLength(max);
  });

  test('a job that holds one gets it again, even when all are taken, and takes no other', async () => {
    for (const name of ['a', 'b', 'c', 'a', 'a']) expect(await slots.acquire(model, name)).toBe(true);
    expect(await names()).toEqual(['a', 'b', 'c']);
  });

  test('one that is given back is free, and giving it back twice frees no other', async () => {
    for (const name of ['a', 'b', 'c']) await slots.acquire(model, name);
    await slots.release(model, 'b');
    await slots.release(model, 'b');
    expect(await slots.acquire(model, 'd')).toBe(true);
    expect(await slots.acquire(model, 'e')).toBe(false);
    expect(await names()).toEqual(['a', 'c', 'd']);
  });

  test('what nobody holds may be given back', async () => {
    await slots.release(model, 'a');
    expect(await names()).toEqual([]);
    expect(await slots.acquire(model, 'a')).toBe(true);
  });

  test('models have slots of their own', async () => {
    const other = aModel();
    for (const name of ['a', 'b', 'c']) await slots.acquire(model, name);
    expect(await slots.acquire(other, 'd')).toBe(true);
    expect(await holdersOf(slots, other)).toMatchObject([{ jobName: 'd' }]);
  });

  test('a holder has the time at which it last asked', async () => {
    await slots.acquire(model, 'a');
    clock.ms += 1000;
    await slots.acquire(model, 'a');
    expect(await holdersOf(slots, model)).toEqual([{ modelId: model, jobName: 'a', since: clock.ms }]);
  });

  test('one that was asked for again is not given back under the earlier time', async () => {
    const since = clock.ms;
    await slots.acquire(model, 'a');
    clock.ms += 1000;
    await slots.acquire(model, 'a');
    await slots.release(model, 'a', since);
    expect(await names()).toEqual(['a']);
    await slots.release(model, 'a', clock.ms);
    expect(await names()).toEqual([]);
  });
});

describe('on DynamoDB alone', () => {
  test('the profiles of a model share its slots', async () => {
    const model = `anthropic.claude-${randomBytes(6).toString('hex')}`;
    for (const profile of ['us', 'eu', 'global']) {
      expect(await onDynamoDB().acquire(`${profile}.${model}`, profile)).toBe(true);
    }
    expect(await onDynamoDB().acquire(model, 'd')).toBe(false);
    await onDynamoDB().release(`us.${model}`, 'global');
    const names = (await holdersOf(onDynamoDB(), model)).map(({ jobName }) => jobName);
    expect(names.sort()).toEqual(['eu', 'us']);
  });

  test('a function that was told of no bound gives slots back, and takes none', async () => {
    const model = aModel();
    await onDynamoDB().acquire(model, 'a');
    const slots = onDynamoDB({});
    expect(await slots.acquire(model, 'b')).toBe(false);
    await slots.release(model, 'a');
    expect(await holdersOf(slots, model)).toEqual([]);
  });

  test('a fault that is no answer to a condition is passed on', async () => {
    const nowhere = jobSlots(dynamodb.client, { tableName: 'NoSuchTable', now, max });
    const fault = { name: 'ResourceNotFoundException' };
    await expect(nowhere.acquire('m', 'a')).rejects.toMatchObject(fault);
    await expect(nowhere.release('m', 'a')).rejects.toMatchObject(fault);
    await expect(holdersOf(nowhere, 'm')).rejects.toMatchObject(fault);
  });
});
