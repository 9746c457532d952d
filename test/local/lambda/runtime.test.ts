import { answerOf, arnOf, withFunctions } from './harness.ts';

type Files = Readonly<Record<string, string>>;
const esm = (body: string): string => `export const handler = ${body};`;
const commonJs = (body: string): string => `exports.handler = ${body};`;

describe('a handler is found', () => {
  const says = (what: string): string => `async () => '${what}'`;

  test.each<[string, Files, string, string]>([
    ['in an ES module', { 'index.mjs': esm(says('mjs')) }, 'index.handler', 'mjs'],
    ['in a CommonJS module', { 'index.cjs': commonJs(says('cjs')) }, 'index.handler', 'cjs'],
    ['in a .js file, which is CommonJS', { 'index.js': commonJs(says('js')) }, 'index.handler', 'js'],
    [
      'in a .js file of a package of ES modules',
      { 'index.js': esm(says('module')), 'package.json': '{"type":"module"}' },
      'index.handler',
      'module',
    ],
    [
      'in .js before .mjs before .cjs',
      {
        'index.js': commonJs(says('js')),
        'index.mjs': esm(says('mjs')),
        'index.cjs': commonJs(says('cjs')),
      },
      'index.handler',
      'js',
    ],
    ['in a folder', { 'a/b/index.mjs': esm(says('folder')) }, 'a/b/index.handler', 'folder'],
    [
      'in an object',
      { 'index.mjs': `export const api = { v1: { run: ${says('nested')} } };` },
      'index.api.v1.run',
      'nested',
    ],
    [
      'in the default export',
      { 'index.mjs': `export default { handler: ${says('default')} };` },
      'index.handler',
      'default',
    ],
    [
      'after top-level await',
      { 'index.mjs': `const said = await Promise.resolve('awaited'); ${esm('async () => said')}` },
      'index.handler',
      'awaited',
    ],
  ])('%s', async (_, files, handler, payload) => {
    expect(await answerOf(files, { handler })).toEqual({ payload });
  });
});

/** Errors by the names that the runtime gives them. */
test.each<[string, Files | string, string, string, RegExp]>([
  [
    'no module',
    {},
    'index.handler',
    'Runtime.ImportModuleError',
    /^Error: Cannot find module 'index'\nRequire stack:/,
  ],
  ['no such export', esm('1'), 'index.other', 'Runtime.HandlerNotFound', /^index\.other is undefined or not/],
  ['no function', esm('1'), 'index.handler', 'Runtime.HandlerNotFound', /^index\.handler is not a function$/],
  ['no dot', esm('1'), 'index', 'Runtime.MalformedHandlerName', /^Bad handler$/],
  ['a way out', esm('1'), '../index.handler', 'Runtime.MalformedHandlerName', /is not a valid handler name/],
  ['a syntax error', 'export const = 1;', 'index.handler', 'Runtime.UserCodeSyntaxError', /^SyntaxError: /],
  [
    'a module that is missing',
    { 'index.cjs': "require('not-there');" },
    'index.handler',
    'Runtime.ImportModuleError',
    /^Error: Cannot find module 'not-there'/,
  ],
  [
    'an error outside of the handler',
    "throw new RangeError('init');",
    'index.handler',
    'RangeError',
    /^init$/,
  ],
  [
    'callbacks',
    esm('(event, context, callback) => callback(null, 1)'),
    'index.handler',
    'Runtime.CallbackHandlerDeprecated',
    /removed support for callback-based function handlers starting with Node.js 24/,
  ],
])('a function with %s fails', async (_, files, handler, errorType, errorMessage) => {
  const error = { errorType, errorMessage: expect.stringMatching(errorMessage), trace: expect.any(Array) };
  expect(await answerOf(files, { handler })).toEqual({ functionError: errorType, payload: error });
});

test.each<[string, string, object]>([
  ['undefined is null', 'async () => undefined', { payload: null }],
  ['null is null', 'async () => null', { payload: null }],
  ['what is no promise is a value', '() => 5', { payload: 5 }],
  ['a date is text', 'async () => new Date(0)', { payload: '1970-01-01T00:00:00.000Z' }],
  ['an error that is returned is a value', "async () => new Error('x')", { payload: {} }],
  [
    'what cannot be JSON is an error',
    'async () => 1n',
    {
      functionError: 'Runtime.JSONStringifyError',
      payload: { errorMessage: 'Unable to stringify response body' },
    },
  ],
  [
    'an error',
    "async () => { throw new TypeError('wrong'); }",
    {
      functionError: 'TypeError',
      payload: {
        errorType: 'TypeError',
        errorMessage: 'wrong',
        trace: expect.arrayContaining(['TypeError: wrong']),
      },
    },
  ],
  [
    'an error with a name of its own',
    "async () => { throw Object.assign(new Error('busy'), { name: 'Busy' }); }",
    { functionError: 'Busy', payload: { errorType: 'Busy', errorMessage: 'busy' } },
  ],
  [
    'a text that is thrown',
    "async () => { throw 'up'; }",
    { functionError: 'string', payload: { errorType: 'string', errorMessage: 'up', trace: [] } },
  ],
  [
    'undefined that is thrown',
    'async () => { throw undefined; }',
    { functionError: 'undefined', payload: { errorType: 'undefined', errorMessage: 'undefined', trace: [] } },
  ],
])('%s', async (_, body, result) => {
  expect(await answerOf(esm(body))).toMatchObject(result);
});

const exit = (message: string) => ({
  functionError: 'Runtime.ExitError',
  payload: {
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringMatching(new RegExp(`^RequestId: [0-9a-f-]{36} Error: ${message}$`)),
  },
});
const waits = 'await new Promise((resolve) => setTimeout(resolve, 30_000))';

/** What ends the process on AWS: the next event finds another environment. */
test.each<[string, string, object]>([
  ['exits', 'process.exit(3)', exit('Runtime exited with error: exit status 3')],
  ['exits in peace', 'process.exit()', exit('Runtime exited without providing a reason')],
  [
    'leaves a rejection to nobody',
    `Promise.reject(new Error('left alone')); ${waits}`,
    {
      functionError: 'Runtime.UnhandledPromiseRejection',
      payload: { errorType: 'Runtime.UnhandledPromiseRejection', errorMessage: 'Error: left alone' },
    },
  ],
  [
    'throws from a timer',
    `setTimeout(() => { throw new RangeError('late'); }, 1); ${waits}`,
    { functionError: 'RangeError', payload: { errorType: 'RangeError', errorMessage: 'late' } },
  ],
  [
    'fills its heap',
    'const all = []; for (;;) all.push(new Array(1e5).fill(0.5))',
    exit('Runtime exited with error: signal: killed'),
  ],
  [
    'fills its buffers',
    `globalThis.all = []; for (let i = 0; i < 20; i++) all.push(Buffer.alloc(2 ** 23, 1)); ${waits}`,
    exit('Runtime exited with error: signal: killed'),
  ],
])('a function that %s is not asked again', (_, body, result) =>
  withFunctions(
    `let events = 0; ${esm(`async ({ quiet }) => { events += 1; if (!quiet) { ${body}; } return events; }`)}`,
    async ({ functions }) => {
      expect(await functions.invoke('worker', { quiet: true })).toEqual({ payload: 1 });
      expect(await functions.invoke('worker', {})).toMatchObject(result);
      expect(await functions.invoke('worker', { quiet: true })).toEqual({ payload: 1 });
    },
  ),
);

test('code outside of the handler runs once, and once more where it failed', () =>
  withFunctions(
    `import { appendFileSync, existsSync } from 'node:fs';
     const first = !existsSync(process.env.LAMBDA_TASK_ROOT + '/tried');
     appendFileSync(process.env.LAMBDA_TASK_ROOT + '/tried', 'x');
     if (first) throw new Error('not yet');
     let events = 0;
     ${esm('async () => ++events')}`,
    async ({ functions }) => {
      expect(await functions.invoke('worker', {})).toMatchObject({ payload: { errorMessage: 'not yet' } });
      expect(await functions.invoke('worker', {})).toEqual({ payload: 1 });
      expect(await functions.invoke('worker', {})).toEqual({ payload: 2 });
    },
  ));

test('the time of code outside of the handler is not the time of the event', async () => {
  const slow = `await new Promise((resolve) => setTimeout(resolve, 2500)); ${esm('async () => 1')}`;
  expect(await answerOf(slow, { timeoutSeconds: 2 })).toEqual({ payload: 1 });
});

test.each([
  ['waits', waits],
  ['spins', 'for (;;);'],
])('a function that %s past its timeout is ended', async (_, body) => {
  expect(await answerOf(esm(`async () => { ${body} }`), { timeoutSeconds: 0.25 })).toMatchObject({
    functionError: 'Sandbox.Timedout',
    payload: {
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Task timed out after 0.25 seconds$/,
      ),
    },
  });
});

test('a function is told of its event', () =>
  withFunctions(
    esm('async (event, context) => ({ ...context, event, left: context.getRemainingTimeInMillis() })'),
    async ({ functions }) => {
      const asked = async (name: string) => (await functions.invoke(name, { a: 'ä' })).payload;
      const one = await asked('worker');
      expect(one).toEqual({
        ...{ event: { a: 'ä' }, functionName: 'worker', functionVersion: '$LATEST' },
        ...{ memoryLimitInMB: '256', logGroupName: '/aws/lambda/worker', logStreamName: 'local' },
        awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        invokedFunctionArn: arnOf('worker'),
        left: expect.any(Number),
      });
      const { left, awsRequestId } = one as { left: number; awsRequestId: string };
      expect(left).toBeGreaterThan(5000);
      expect(left).toBeLessThanOrEqual(10_000);
      const other = await asked(`${arnOf('worker')}:$LATEST`);
      expect(other).toMatchObject({ invokedFunctionArn: `${arnOf('worker')}:$LATEST` });
      expect(other).not.toMatchObject({ awsRequestId });
    },
    { memoryMb: 256 },
  ));
