import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { STACK_NAME } from '../bin/stack-name.ts';
import { synthesize } from '../bin/synthesize.ts';
import { allCases } from './faults/all-cases.ts';
import { Campaign } from './faults/campaign.ts';
import { type CaseResult, table } from './faults/report.ts';

/**
 * Runs tables on the local AWS while everything goes wrong that can, and holds what comes out against what must:
 *   npm run faults -- [--seed N] [--only TEXT] [--every N] [--workers N]
 * `--only` takes the cases whose name or fault holds the text, `--every` one of so many.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    every: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    assembly: { type: 'string' },
    /** Of a worker: which of how many. */
    worker: { type: 'string' },
  },
});

const assembly = { directory: values.assembly ?? 'cdk.out', stackName: STACK_NAME };
if (values.worker === undefined) await lead();
else await work(values.worker);

async function lead(): Promise<void> {
  if (values.assembly === undefined) await synthesize(assembly.directory, {});
  const count = Number(values.workers);
  const results: CaseResult[] = [];
  const children = Array.from({ length: count }, (_, i) => startWorker(`${i}/${count}`, results));
  const codes = await Promise.all(children.map(ended));
  const bad = results.filter(({ wrong }) => wrong.length > 0);
  console.log(`\n${table(results)}\n`);
  for (const { name, wrong } of bad) console.log(`WRONG ${name}: ${wrong.join('; ')}`);
  console.log(`${results.length - bad.length} passed, ${bad.length} failed`);
  process.exitCode = bad.length > 0 || codes.some((code) => code !== 0) ? 1 : 0;
}

function startWorker(which: string, results: CaseResult[]): ChildProcess {
  const { seed, only, every } = values;
  const args = ['--seed', seed, '--only', only, '--every', every, '--worker', which];
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'scripts/faults.ts', ...args, '--assembly', assembly.directory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  createInterface(child.stdout).on('line', (line) => {
    const result = JSON.parse(line) as CaseResult;
    results.push(result);
    const { name, wrong, ms } = result;
    const end = wrong.length === 0 ? 'ok   ' : 'WRONG';
    console.log(`${String(results.length).padStart(4)} ${end} ${name} (${(ms / 1000).toFixed(1)} s)`);
    for (const sentence of wrong) console.log(`           ${sentence}`);
  });
  return child;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
}

async function work(which: string): Promise<void> {
  const [index = 0, of = 1] = which.split('/').map(Number);
  const campaign = await Campaign.start(assembly, `w${index}s${values.seed}`);
  try {
    const every = Number(values.every);
    const all = await allCases(campaign, Number(values.seed));
    const chosen = all
      .filter(({ name, fault }) => name.includes(values.only) || fault.includes(values.only))
      .filter((_, i) => i % every === 0)
      .filter((_, i) => i % of === index);
    for (const one of chosen) {
      const ran = await campaign.run(one);
      process.stdout.write(`${JSON.stringify({ fault: one.fault, name: one.name, ...ran })}\n`);
    }
  } finally {
    await campaign.close();
  }
}
