import { onDemandTurns } from '../../src/aws/on-demand-turns.ts';
import { type LocalDynamoDB, localDynamoDB } from './local-services.ts';

const tableName = 'Jobs';
const MINUTE = 60_000;
const clock = { ms: Date.parse('2026-01-02T03:04:05.678Z') };

let dynamodb: LocalDynamoDB;
beforeAll(async () => {
  dynamodb = await localDynamoDB(tableName);
});
afterAll(() => dynamodb.close());

const turnsOf = () => onDemandTurns(dynamodb.client, { tableName, now: () => clock.ms });
let runs = 0;
const aRun = () => ({
  execution_arn: `arn:aws:states:::execution:m:${runs++}`,
  started_at: '2026-01-02T03:00:00Z',
});

test('so many chunks of a run have a turn, and another run has its own', async () => {
  const [run, other] = [aRun(), aRun()];
  const turns = turnsOf();
  const taken = await Promise.all(Array.from({ length: 8 }, (_, chunk) => turns.take(run, chunk, 3)));
  expect(taken.filter(Boolean)).toHaveLength(3);
  expect(await turns.take(other, 0, 3)).toBe(true);
});

test('a chunk that has one is given it again, and one that was given back is free', async () => {
  const run = aRun();
  const turns = turnsOf();
  expect(await turns.take(run, 1, 1)).toBe(true);
  expect(await turns.take(run, 1, 1)).toBe(true);
  expect(await turns.take(run, 2, 1)).toBe(false);
  await turns.giveBack(run, 1);
  await turns.giveBack(run, 1);
  expect(await turns.take(run, 2, 1)).toBe(true);
});

test('the turn of a function that was killed ends when no function can be at work any more', async () => {
  const run = aRun();
  const turns = turnsOf();
  expect(await turns.take(run, 1, 1)).toBe(true);
  clock.ms += 15 * MINUTE;
  expect(await turns.take(run, 2, 1)).toBe(false);
  clock.ms += 2 * MINUTE;
  expect(await turns.take(run, 2, 1)).toBe(true);
});
