import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Seed, seeded } from './seed.ts';
import { definitionText, findingsIn, type Validator } from './validators.ts';

interface Fault extends Seed {
  readonly caughtBy: readonly Validator[];
  /** Of our own lint, where nobody else finds the fault. */
  readonly says?: string;
}

const read = <Case extends Seed>(name: string): readonly [string, Case][] => {
  const cases: readonly Case[] = JSON.parse(readFileSync(join(process.cwd(), 'test/cases', name), 'utf8'));
  return cases.map((each) => [each.fault, each]);
};
const faults = read<Fault>('asl-faults.json');
const legal = read('asl-faults-none.json');

/** asl-validator compiles its schemas each time, a tenth of a second; it is asked about what it is said to catch. */
const asked = ({ caughtBy: names }: Fault): readonly Validator[] => [
  ...(names.includes('asl-validator') ? (['asl-validator'] as const) : []),
  'language service',
  'own',
];

let text: string;

beforeAll(async () => {
  text = await definitionText();
});

test('there are many faults, each of its own', () => {
  expect(faults.length).toBeGreaterThanOrEqual(48);
  const changes = faults.map(([, { caughtBy: _, says: __, fault: ___, ...change }]) =>
    JSON.stringify(change),
  );
  expect(new Set(changes).size).toBe(changes.length);
  expect(new Set(faults.map(([name]) => name)).size).toBe(faults.length);
});

test('none finds a fault in the definition as it is', async () => {
  expect(await findingsIn(text)).toEqual({});
});

describe('a seeded fault is caught before deployment', () => {
  test.each(faults)('%s', async (_name, fault) => {
    const faulty = seeded(text, fault);
    expect(JSON.parse(faulty)).not.toEqual(JSON.parse(text));
    expect(fault.caughtBy).not.toEqual([]);
    const findings = await findingsIn(faulty, asked(fault));
    expect(Object.keys(findings)).toEqual(fault.caughtBy);
    if (fault.says !== undefined) expect(findings.own?.join('\n')).toContain(fault.says);
  });
});

// A lint that cries wolf is switched off.
describe('our own lint takes what AWS takes', () => {
  test.each(legal)('%s', async (_name, change) => {
    const changed = seeded(text, change);
    expect(JSON.parse(changed)).not.toEqual(JSON.parse(text));
    expect(await findingsIn(changed, ['own'])).toEqual({});
  });
});
