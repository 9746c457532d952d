import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compilePattern, type EventPattern, matchesPattern } from '../../../src/local/events/pattern.ts';

const folder = join(__dirname, '../../cases/events');

interface Case {
  readonly rule: string;
  readonly pattern: EventPattern;
  readonly event: unknown;
  readonly matches: boolean;
}

interface RefusedCase {
  readonly rule: string;
  readonly pattern: EventPattern;
  readonly reason: string;
}

function read<T>(file: string): readonly T[] {
  return JSON.parse(readFileSync(join(folder, file), 'utf8'));
}

const files = readdirSync(folder).filter((file) => file.endsWith('.json'));

describe.each(files)('%s', (file) => {
  it.each(read<Case>(file))('$rule → $matches', ({ pattern, event, matches }) => {
    expect(matchesPattern(pattern, event)).toBe(matches);
  });
});

describe('refused', () => {
  it.each(read<RefusedCase>('refused/patterns.json'))('$rule', ({ pattern, reason }) => {
    expect(() => compilePattern(pattern)).toThrow(
      expect.objectContaining({
        name: 'InvalidEventPatternException',
        message: expect.stringContaining(reason),
      }),
    );
  });
});

it('takes linear time for wildcards that would make a regular expression backtrack', () => {
  const pattern = { s: [{ wildcard: '*a*a*a*a*a*a*a*a*a*a*a*a*b' }] };
  const started = performance.now();
  expect(matchesPattern(pattern, { s: 'a'.repeat(50_000) })).toBe(false);
  expect(performance.now() - started).toBeLessThan(1000);
});
