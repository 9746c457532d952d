import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { STACK_NAME } from '../bin/stack-name.ts';
import { synthesize } from '../bin/synthesize.ts';
import { readAssembly } from '../src/local/template/assembly.ts';
import { campaign } from './grants/campaign.ts';
import { SECRET_NAME } from './grants/gated.ts';
import { runWay, type Task } from './grants/run-way.ts';
import { type Answer, Workers } from './grants/workers.ts';

/**
 * Takes each permission out of the template, one at a time, and runs on the local AWS what makes use of it:
 *   npm run grants -- [--only TEXT]… [--workers N] [--patience SECONDS] [--write]
 * `--only` takes the grants whose names hold one of the texts, `--patience` is how long a run has for its end once it was denied something, `--write` writes what is known of each grant to test/cases/grants.json.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    workers: { type: 'string', default: '2' },
    write: { type: 'boolean', default: false },
    patience: { type: 'string', default: '15' },
    /** Synthesized with the name of a secret. */
    assembly: { type: 'string' },
    /** Takes tasks from the standard input. */
    worker: { type: 'boolean', default: false },
  },
});

if (values.worker) await work(values.assembly ?? '');
else await lead();

async function lead(): Promise<void> {
  const temporary = await mkdtemp(join(tmpdir(), 'grants-'));
  const directory = values.assembly ?? join(temporary, 'assembly');
  const script = ['--import', 'tsx', 'scripts/grants.ts', '--worker', '--assembly', directory];
  if (values.assembly === undefined) {
    await synthesize(directory, { huggingFaceTokenSecretName: SECRET_NAME });
  }
  const workers = new Workers(Number(values.workers), script);
  try {
    const assembly = await readAssembly(directory, STACK_NAME);
    const good = await campaign(assembly, workers, {
      ...values,
      patienceMs: Number(values.patience) * 1000,
    });
    process.exitCode = good ? 0 : 1;
  } finally {
    workers.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

async function work(directory: string): Promise<void> {
  const assembly = await readAssembly(directory, STACK_NAME);
  // Every delivery that is denied would be warned of; the campaign denies them on purpose.
  process.removeAllListeners('warning');
  // Whoever asked may be gone.
  process.stdout.on('error', () => process.exit(1));
  for await (const line of createInterface(process.stdin)) {
    const answer: Answer = await runWay(JSON.parse(line) as Task, assembly).catch((error: Error) => ({
      failed: error.stack ?? error.message,
    }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}
