import { SECRET_NAME } from '../../scripts/grants/gated.ts';
import { justificationOf, justifications, justifies } from '../../scripts/grants/justified.ts';
import type { GrantCase } from '../../scripts/grants/report.ts';
import { runWay } from '../../scripts/grants/run-way.ts';
import { grantsOf } from '../../scripts/grants/template-grants.ts';
import { fateOf, isProof } from '../../scripts/grants/verdict.ts';
import { without } from '../../scripts/grants/without.ts';
import cases from '../cases/grants.json';
import { synthesized } from '../setup/assembly.ts';

const known: Readonly<Record<string, GrantCase>> = cases;
/** Those that the stack has where no secret is named. */
const plain = Object.keys(known).filter((id) => !id.includes(SECRET_NAME));

// `npm run grants -- --write` finds out what a grant is for; one of which nobody knows it does not come in.
test('every grant of the template is known to be needed, or justified', async () => {
  const { grants, managed } = grantsOf(await synthesized());
  expect([...grants.map(({ id }) => id), ...managed].sort()).toEqual(plain.sort());
  for (const grant of grants) {
    const { used_by = [], without: fate, justified } = known[grant.id] ?? {};
    expect([grant.id, justificationOf(grant)?.reason]).toEqual([grant.id, justified]);
    if (justified === undefined)
      expect([grant.id, fate, used_by.length]).toEqual([grant.id, expect.any(String), expect.any(Number)]);
  }
});

test('every justification has something to justify', async () => {
  const { grants } = grantsOf(await synthesized());
  const idle = justifications.filter((one) => !grants.some((grant) => justifies(one, grant)));
  expect(idle).toEqual([]);
});

test('a template without a grant has all the others', async () => {
  const assembly = await synthesized();
  const { grants } = grantsOf(assembly);
  const ids = new Set(grants.map(({ id }) => id));
  for (const { id, at } of grants.filter((_, i) => i % 4 === 0)) {
    const left = grantsOf({ ...assembly, template: without(assembly.template, [at]) }).grants;
    expect([id, new Set([...left.map((grant) => grant.id), id])]).toEqual([id, ids]);
    expect(left).toHaveLength(ids.size - 1);
  }
});

test('a run with all grants ends well, and is denied nothing', async () => {
  const result = await runWay({ way: 'small', without: [], patienceMs: 0 }, await synthesized());
  expect(result).toMatchObject({ end: 'ended', wrong: [], denied: [] });
  expect(result.uses.length).toBeGreaterThan(30);
});

test.each([
  {
    way: 'small',
    grant: 'StepsPrepareInputServiceRole: s3:GetObjectVersion on s3:DataBucketData/inputs/*',
    fate: 'goes wrong',
  },
  {
    way: 'small',
    grant: 'RunStateMachineRole: lambda:InvokeFunction on lambda:function:StepsSummarize',
    fate: 'goes wrong',
  },
  {
    way: 'jobs',
    grant:
      'StepsRunJobServiceRole: bedrock:CreateModelInvocationJob on bedrock:inference-profile/*.anthropic.claude-*',
    fate: 'goes wrong',
  },
  {
    way: 'small',
    grant: 'StepsSummarizeServiceRole: sts:AssumeRole to lambda.amazonaws.com',
    fate: 'refused',
  },
])('without a grant the run $fate: $grant', async ({ way, grant, fate }) => {
  const result = await runWay({ way, without: [grant], patienceMs: 20_000 }, await synthesized());
  expect([fateOf(result), result.wrong]).toEqual([fate, expect.anything()]);
  expect(result.denied.length).toBeGreaterThan(0);
  expect(isProof(result)).toBe(true);
});

test('a grant beside which another allows the same is not needed', async () => {
  const grant =
    'JobEventsJobEventServiceRole: states:SendTaskSuccess on states:stateMachine:BedrockBatch-run/*';
  const result = await runWay({ way: 'lines', without: [grant], patienceMs: 0 }, await synthesized());
  expect([fateOf(result), result.wrong]).toEqual(['unnoticed', []]);
});
