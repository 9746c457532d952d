import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { STACK_NAME } from '../bin/stack-name.ts';
import { renderDiagrams, staleDiagrams, writeDiagrams } from './diagrams/files.ts';
import { readTemplate } from './diagrams/template.ts';

/** `diagrams.ts [directory of the cloud assembly] [--check]`: draws the synthesized stack into static/, or compares. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { check: { type: 'boolean' } },
    allowPositionals: true,
  });
  const folder = fileURLToPath(new URL('../static/', import.meta.url));
  const diagrams = await renderDiagrams(await readTemplate(positionals[0] ?? 'cdk.out', STACK_NAME));
  if (values.check !== true) return writeDiagrams(diagrams, folder);
  const stale = await staleDiagrams(diagrams, folder);
  if (stale.length > 0) {
    throw new Error(`The stack has changed since ${stale.join(' and ')} was drawn: run npm run diagrams.`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
