import { fastClock } from '../../src/local/clock.ts';
import { changed, type MutableTemplate, resourceOf } from '../setup/assembly.ts';
import { LocalStack, until } from '../setup/local-stack.ts';

const table = `topic\n${Array.from({ length: 120 }, (_, i) => `t${i}\n`).join('')}`;

/** What the local AWS runs is the template: a change of the template is a change of the run. */
async function withChange(
  change: (template: MutableTemplate) => void,
  check: (stack: LocalStack, input: object) => Promise<void>,
): Promise<void> {
  // A function that dies is tried again for a minute.
  const stack = await LocalStack.start(await changed(change), { clock: fastClock(30) });
  try {
    const s3_uri = await stack.upload('t.csv', table);
    await check(stack, {
      s3_uri,
      job_name_prefix: 't',
      model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      prompt_id: 'joke_about_topic',
    });
  } finally {
    await stack.stop();
  }
}

test('without one environment variable of one function the run fails, and says which', () =>
  withChange(
    (template) => {
      delete resourceOf(template, 'AWS::Lambda::Function', 'StepsPostprocess')[1].Properties.Environment
        .Variables.BUCKET_NAME;
    },
    async (stack, input) => {
      const { status, cause } = await stack.run(input);
      expect(status).toBe('FAILED');
      expect(cause).toContain('BUCKET_NAME');
    },
  ));

test('without the event rule nobody answers: the run still waits when its job has long ended', () =>
  withChange(
    (template) => {
      const [, rule] = resourceOf(template, 'AWS::Events::Rule', 'JobEventsJobStateChange');
      rule.Properties.EventPattern = { source: ['nobody'] };
    },
    async (stack, input) => {
      const execution = await stack.startExecution(input);
      await until(
        () => stack.jobStatuses(),
        (statuses) => statuses.length > 0 && statuses.every((status) => status === 'Completed'),
      );
      // Less than the quarter of an hour after which the reconciler looks.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect((await stack.describe(execution)).status).toBe('RUNNING');
      await stack.stopExecution(execution);
      expect((await stack.describe(execution)).status).toBe('ABORTED');
    },
  ));

test('a shorter timeout of a function is a shorter timeout here', () =>
  withChange(
    (template) => {
      const [, { Properties }] = resourceOf(template, 'AWS::Lambda::Function', 'StepsPreprocess');
      Properties.Timeout = 0.001;
    },
    async (stack, input) => {
      const { status, cause } = await stack.run(input);
      expect(status).toBe('FAILED');
      expect(cause).toContain('Task timed out after');
    },
  ));

test('a smaller memory is a smaller memory here', () =>
  withChange(
    (template) => {
      resourceOf(template, 'AWS::Lambda::Function', 'StepsPreprocess')[1].Properties.MemorySize = 3;
    },
    async (stack, input) => {
      const { status, error } = await stack.run(input);
      expect([status, error]).toEqual(['FAILED', 'Runtime.ExitError']);
    },
  ));

test('a resource that the local AWS does not know is an error, not silence', async () => {
  const assembly = await changed((template) => {
    template.Resources['Queue'] = { Type: 'AWS::SNS::Topic', Properties: {} };
  });
  await expect(LocalStack.start(assembly)).rejects.toThrow('does not know the resource type AWS::SNS::Topic');
});
