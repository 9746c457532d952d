import fc from 'fast-check';
import {
  type Attempt,
  clientRequestTokenOf,
  JOB_NAME_PREFIX_LENGTH,
  jobNameOf,
  jobNamePrefixPattern,
  MOST_CHUNKS,
  runIdPattern,
} from '../../src/batch/names.ts';
import { bedrockPatterns, LONGEST_JOB_NAME } from './bedrock-patterns.ts';

const executionArn = 'arn:aws:states:us-east-1:123456789012:execution:stack-run:first';
const startedAt = '2026-01-02T03:04:05.678Z';
const attempt: Attempt = { executionArn, startedAt, jobNamePrefix: 'jokes', chunk: 7, attempt: 1 };

const attempts: fc.Arbitrary<Attempt> = fc.record({
  executionArn: fc.string({ maxLength: 100 }),
  startedAt: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  jobNamePrefix: fc.stringMatching(jobNamePrefixPattern),
  chunk: fc.nat(MOST_CHUNKS - 1),
  attempt: fc.integer({ min: 1, max: 99 }),
});

test('Bedrock takes every job name, which begins with the prefix of its run', () => {
  fc.assert(
    fc.property(attempts, (any) => {
      const name = jobNameOf(any);
      expect(name).toMatch(bedrockPatterns.jobName);
      expect(name.length).toBeLessThanOrEqual(LONGEST_JOB_NAME);
      expect(name.startsWith(`${any.jobNamePrefix}-`)).toBe(true);
    }),
  );
});

test('the longest name is as long as Bedrock allows', () => {
  const jobNamePrefix = 'p'.repeat(JOB_NAME_PREFIX_LENGTH);
  expect(jobNamePrefix).toMatch(jobNamePrefixPattern);
  expect(`${jobNamePrefix}p`).not.toMatch(jobNamePrefixPattern);
  const longest = { ...attempt, jobNamePrefix, chunk: MOST_CHUNKS - 1, attempt: 99 };
  expect(jobNameOf(longest)).toHaveLength(LONGEST_JOB_NAME);
});

test('Bedrock takes every client request token', () => {
  fc.assert(
    fc.property(attempts, (any) => {
      expect(clientRequestTokenOf(any)).toMatch(bedrockPatterns.clientRequestToken);
    }),
  );
});

test('an attempt has the same name and token whenever it is asked', () => {
  fc.assert(
    fc.property(attempts, (any) => {
      const again = { ...any };
      expect([jobNameOf(again), clientRequestTokenOf(again)]).toEqual([
        jobNameOf(any),
        clientRequestTokenOf(any),
      ]);
    }),
  );
  // Jobs of a run that is under way while the stack is updated must keep their names.
  expect(jobNameOf(attempt)).toBe('jokes-7e6e084e06-00007-1');
});

test.each<[Partial<Attempt>, Partial<Attempt>]>([
  [{}, { executionArn: `${executionArn}2` }],
  // A deployment anew brings the ARNs of executions back, and Bedrock remembers the jobs of the first.
  [{}, { startedAt: '2026-01-02T03:04:05.679Z' }],
  [{}, { jobNamePrefix: 'joke' }],
  [{}, { chunk: 8 }],
  [{}, { attempt: 2 }],
  // Digits must not move from one field into the next.
  [
    { chunk: 71, attempt: 1 },
    { chunk: 7, attempt: 11 },
  ],
  [
    { executionArn: 'arn:a', startedAt: '1' },
    { executionArn: 'arn:a1', startedAt: '' },
  ],
])('%j and %j have names and tokens of their own', (one, other) => {
  const [first, second] = [
    { ...attempt, ...one },
    { ...attempt, ...other },
  ];
  expect(jobNameOf(second)).not.toBe(jobNameOf(first));
  expect(clientRequestTokenOf(second)).not.toBe(clientRequestTokenOf(first));
});

test.each([
  ['a', true],
  ['0-run_1.b', true],
  ['x'.repeat(80), true],
  ['x'.repeat(81), false],
  ['', false],
  ['a b', false],
  ['a=b', false],
  ['a/b', false],
  ['é', false],
  ['a\n', false],
])('a run id of %j may be used: %s', (runId, allowed) => {
  expect(runIdPattern.test(runId)).toBe(allowed);
});
