import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { node24 } from './node-24.ts';

/** Everything that can be checked without an account, cheapest first; ends with one line, `N passed, N failed`. */
interface Tally {
  readonly passed: number;
  readonly failed: number;
}

interface Step {
  readonly name: string;
  run(): Promise<Tally>;
}

const bin = (name: string) => join('node_modules', '.bin', name);
const reports = mkdtempSync(join(tmpdir(), 'check-'));

/** Runs a command; its output is shown only when it fails, unless it is worth watching. */
async function run(
  command: string,
  args: readonly string[],
  show: 'always' | 'on failure' = 'on failure',
): Promise<boolean> {
  const child = spawn(command, args, {
    stdio: show === 'always' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) process.stdout.write(output);
  return code === 0;
}

const command = (name: string, program: string, ...args: string[]): Step => ({
  name,
  run: async () => ((await run(program, args)) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
});

function jest(name: string, node: () => Promise<string>, ...args: string[]): Step {
  return {
    name,
    async run() {
      const report = join(reports, `${name.replace(/\W+/g, '-')}.json`);
      const good = await run(
        await node(),
        ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${report}`, '--silent', ...args],
        'always',
      );
      // A runner that dies leaves no report, and a suite that does not load has no failed test.
      if (!existsSync(report)) return { passed: 0, failed: 1 };
      const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(
        readFileSync(report, 'utf8'),
      );
      return { passed: numPassedTests, failed: Math.max(numFailedTests, numFailedTestSuites, good ? 0 : 1) };
    },
  };
}

const steps: readonly Step[] = [
  command('format and lint', bin('biome'), 'ci', '--colors=off', '--error-on-warnings', '.'),
  command('types', bin('tsc'), '--noEmit'),
  command(
    'import rules',
    bin('depcruise'),
    '--config',
    '.dependency-cruiser.cjs',
    'bin',
    'lib',
    'lambda',
    'src',
  ),
  command('stack (cdk synth with cdk-nag)', bin('cdk'), 'synth', '--quiet', '--output', 'cdk.out'),
  jest(`tests on Node ${process.versions.node}`, async () => process.execPath),
  // What runs tables through the functions, whose runtime it is; the command line's own tests are of the user's Node.js.
  jest(
    'tables through the functions on Node 24',
    node24,
    ...['--selectProjects', 'stack'],
    ...['--testPathPatterns', 'test/e2e/(main-job|any-table|large-tables|nothing-lost|hugging-face)'],
  ),
];

let total: Tally = { passed: 0, failed: 0 };
process.env['CDK_ASSEMBLY'] = 'cdk.out';
for (const step of steps) {
  const start = Date.now();
  const { passed, failed } = await step.run();
  total = { passed: total.passed + passed, failed: total.failed + failed };
  console.log(
    `${failed === 0 ? 'ok    ' : 'FAILED'} ${step.name} (${((Date.now() - start) / 1000).toFixed(1)} s)`,
  );
}
rmSync(reports, { recursive: true });
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
