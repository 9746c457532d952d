import { randomBytes } from 'node:crypto';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { jobInventory } from '../../src/aws/job-inventory.ts';
import type { Inventory, InventoryItem } from '../../src/steps/collaborators.ts';
import { terminalStatuses } from '../steps/fakes.ts';
import { MemoryInventory } from '../steps/job-fakes.ts';
import { type LocalDynamoDB, localDynamoDB } from './local-services.ts';

const tableName = 'Jobs';
const now = () => Date.parse('2026-01-02T03:04:05.678Z');

let dynamodb: LocalDynamoDB;
beforeAll(async () => {
  dynamodb = await localDynamoDB(tableName);
});
afterAll(() => dynamodb.close());

function anItem(): InventoryItem {
  return {
    jobName: `jokes-${randomBytes(6).toString('hex')}-00000-1`,
    runId: 'run-1',
    executionArn: 'arn:run-1',
    chunk: 0,
    attempt: 1,
    modelId: 'a.model',
    taskToken: 'token',
    askedAt: 5,
    deliveredAt: now(),
  };
}

const inventories: readonly (readonly [string, () => Inventory])[] = [
  ['DynamoDB', () => jobInventory(dynamodb.client, { tableName, now })],
  ['the fake of the step tests', () => Object.assign(new MemoryInventory(), { now })],
];

describe.each(inventories)('%s', (_, open) => {
  let inventory: Inventory;
  let item: InventoryItem;
  const advance = (status: string, jobArn = 'arn:job') => inventory.advance(item.jobName, { status, jobArn });
  const status = async () => (await inventory.get(item.jobName))?.status;
  beforeEach(() => {
    inventory = open();
    item = anItem();
  });

  test('gives back what was added', async () => {
    expect(await inventory.get(item.jobName)).toBeUndefined();
    expect(await inventory.add(item)).toBe(true);
    expect(await inventory.get(item.jobName)).toEqual(item);
  });

  test('a name that is taken is not added again', async () => {
    await inventory.add(item);
    expect(await inventory.add({ ...item, taskToken: 'other', attempt: 7 })).toBe(false);
    expect(await inventory.get(item.jobName)).toEqual(item);
  });

  test('of many that add one name at once, one does', async () => {
    const added = await Promise.all(Array.from({ length: 10 }, () => inventory.add(item)));
    expect(added.filter(Boolean)).toHaveLength(1);
  });

  test('a delivery that comes late does not take the job from a later one', async () => {
    await inventory.add(item);
    await inventory.handOver(item.jobName, 'third', 8);
    await inventory.handOver(item.jobName, 'second', 7);
    expect(await inventory.get(item.jobName)).toMatchObject({ taskToken: 'third', askedAt: 8 });
  });

  test('a job is handed over, and gets its ARN, and the rest stays', async () => {
    await inventory.add(item);
    await inventory.handOver(item.jobName, 'later', 6);
    await inventory.recordArn(item.jobName, 'arn:job');
    expect(await inventory.get(item.jobName)).toEqual({
      ...item,
      ...{ taskToken: 'later', askedAt: 6, jobArn: 'arn:job' },
    });
  });

  test('a status moves forward, with the ARN', async () => {
    await inventory.add(item);
    for (const next of ['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Stopping', 'Stopped']) {
      expect(await advance(next, `arn:${next}`)).toBe(true);
      expect(await inventory.get(item.jobName)).toEqual({ ...item, status: next, jobArn: `arn:${next}` });
    }
  });

  test('a status never moves backwards, nor to itself', async () => {
    await inventory.add(item);
    await advance('InProgress');
    for (const earlier of ['Submitted', 'Validating', 'Scheduled', 'InProgress', 'SomethingNew'])
      expect(await advance(earlier, 'arn:other')).toBe(false);
    expect(await inventory.get(item.jobName)).toEqual({ ...item, status: 'InProgress', jobArn: 'arn:job' });
  });

  test.each(terminalStatuses)('%s is the end, and no other end comes after it', async (end) => {
    await inventory.add(item);
    expect(await advance(end)).toBe(true);
    for (const next of [...terminalStatuses, 'Submitted', 'Stopping'])
      expect(await advance(next)).toBe(false);
    expect(await status()).toBe(end);
  });

  test('of many that end a job at once, one does', async () => {
    await inventory.add(item);
    const ended = await Promise.all([...terminalStatuses, ...terminalStatuses].map((end) => advance(end)));
    expect(ended.filter(Boolean)).toHaveLength(1);
    expect(await status()).toBe(terminalStatuses[ended.indexOf(true) % terminalStatuses.length]);
  });

  test('a status of no known name is kept until a known one comes', async () => {
    await inventory.add(item);
    expect(await advance('SomethingNew')).toBe(true);
    expect(await advance('Submitted')).toBe(true);
    expect(await status()).toBe('Submitted');
  });

  test('a job that is not in the ledger does not get there by its status', async () => {
    expect(await advance('Completed')).toBe(false);
    expect(await inventory.get(item.jobName)).toBeUndefined();
  });
});

describe.each(inventories)('the jobs of an execution, %s', (_, open) => {
  const namesOf = async (inventory: Inventory, executionArn: string) => {
    const names: string[] = [];
    for await (const { jobName } of inventory.ofExecution(executionArn)) names.push(jobName);
    return names;
  };

  test('are listed with all that is known of them, and no others', async () => {
    const inventory = open();
    const executionArn = `arn:${randomBytes(6).toString('hex')}`;
    const items = ['b', 'c', 'a'].map((name) => ({
      ...anItem(),
      jobName: `${executionArn}-${name}`,
      executionArn,
    }));
    for (const item of [...items, anItem()]) await inventory.add(item);
    const [first] = items;
    await inventory.advance(first?.jobName ?? '', { jobArn: 'arn:job', status: 'InProgress' });
    expect(await namesOf(inventory, executionArn)).toEqual(items.map(({ jobName }) => jobName).sort());
    for await (const item of inventory.ofExecution(executionArn))
      expect(item).toEqual(await inventory.get(item.jobName));
    expect(await namesOf(inventory, 'arn:nobody')).toEqual([]);
  });
});

describe('on DynamoDB alone', () => {
  const inventory = () => jobInventory(dynamodb.client, { tableName, now });
  const attributes = async (jobName: string) =>
    (await dynamodb.client.send(new GetCommand({ TableName: tableName, Key: { job_name: jobName } }))).Item;

  test('an item says when it was made, and when it may be forgotten', async () => {
    const item = anItem();
    await inventory().add(item);
    expect(await attributes(item.jobName)).toMatchObject({
      created_at: '2026-01-02T03:04:05.678Z',
      expires_at: Date.parse('2026-04-02T03:04:05Z') / 1000,
    });
  });

  test('an item keeps what Bedrock said of its job, and when', async () => {
    const item = anItem();
    await inventory().add(item);
    await inventory().advance(item.jobName, { status: 'Failed', message: 'less records', jobArn: 'arn:job' });
    expect(await attributes(item.jobName)).toMatchObject({
      job_status: 'Failed',
      job_message: 'less records',
      updated_at: '2026-01-02T03:04:05.678Z',
    });
  });

  test('the jobs of an execution are listed over all pages', async () => {
    const executionArn = 'arn:many';
    // A page has at most 1 MB.
    const modelId = 'm'.repeat(300_000);
    for (let i = 0; i < 9; i++) await inventory().add({ ...anItem(), executionArn, modelId });
    let jobs = 0;
    for await (const _ of inventory().ofExecution(executionArn)) jobs++;
    expect(jobs).toBe(9);
  });

  test('a fault that is no answer to a condition is passed on', async () => {
    const nowhere = jobInventory(dynamodb.client, { tableName: 'NoSuchTable', now });
    await expect(nowhere.add(anItem())).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(nowhere.advance('x', { status: 'Failed', jobArn: 'a' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  test('recordArn refuses a job that is not in the ledger, and handOver makes none of it', async () => {
    const { jobName } = anItem();
    await expect(inventory().recordArn(jobName, 'x')).rejects.toThrow();
    await inventory().handOver(jobName, 'x', 9);
    expect(await attributes(jobName)).toBeUndefined();
  });
});
