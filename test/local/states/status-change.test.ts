import { statusChange } from '../../../src/local/states/api/status-change.ts';

const identity = {
  arn: 'arn:aws:states:us-east-1:123456789012:execution:m:run',
  name: 'run',
  stateMachineArn: 'arn:aws:states:us-east-1:123456789012:stateMachine:m',
  startTime: 1000,
};
const record = {
  ...{ identity, status: 'ABORTED' as const, stopTime: 2000 },
  ...{ redriveCount: 0, redriveTime: undefined },
};
const nulls = { stateMachineVersionArn: null, stateMachineAliasArn: null };

test('what does not apply is null', () => {
  expect(statusChange(record, { input: '{}' })).toEqual({
    executionArn: identity.arn,
    stateMachineArn: identity.stateMachineArn,
    ...{ name: 'run', status: 'ABORTED', startDate: 1000, stopDate: 2000 },
    ...{ input: '{}', inputDetails: { included: true }, output: null, outputDetails: null },
    ...{ error: null, cause: null, redriveCount: 0, redriveDate: null, ...nulls },
  });
});

test('a redrive is counted and dated', () => {
  const redriven = { ...record, redriveCount: 2, redriveTime: 3000 };
  expect(statusChange(redriven, { input: '{}' })).toMatchObject({ redriveCount: 2, redriveDate: 3000 });
});

// A quote is two bytes once it is escaped, and a string has two quotes around it.
const quotes = (bytes: number) => '"'.repeat((bytes - 2) / 2);
const limit = 248 * 1024;

test.each([
  ['both fit', limit - 100, 100, true, true],
  ['both together are too large', limit - 98, 100, false, true],
  ['the output alone is too large', 10, limit + 2, false, false],
])('%s', (_, inputBytes, outputBytes, input, output) => {
  const data = { input: quotes(inputBytes), output: quotes(outputBytes) };
  expect(statusChange(record, data)).toMatchObject({
    ...{ input: input ? data.input : null, inputDetails: { included: input } },
    ...{ output: output ? data.output : null, outputDetails: { included: output } },
  });
});
