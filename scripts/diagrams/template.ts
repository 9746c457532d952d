import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Template, TemplateResource } from '../../src/local/template/assembly.ts';
import { resolve } from '../../src/local/template/intrinsics.ts';

export type { Template, TemplateResource } from '../../src/local/template/assembly.ts';

/** @throws Error with one sentence where the stack has not been synthesized */
export async function readTemplate(directory: string, stackName: string): Promise<Template> {
  const file = join(directory, `${stackName}.template.json`);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`Cannot read ${file}: synthesize the stack first, with npx cdk synth --quiet.`, {
      cause,
    });
  });
  return JSON.parse(text) as Template;
}

/** Intrinsic functions replaced by text in which a resource is `${LogicalId}` or `${LogicalId.Attribute}`. */
export function withReferences(value: unknown): unknown {
  return resolve(value, {
    ref: (name) => `\${${name}}`,
    attribute: (logicalId, attribute) => `\${${logicalId}.${attribute}}`,
    // As far as a picture goes everything is there that may be.
    condition: () => true,
    mapped: (map, key, name) => `\${${map}.${key}.${name}}`,
  });
}

/** The logical ids that a value with references names, in order. */
export function mentionedIn(value: unknown): readonly string[] {
  const matches = JSON.stringify(value ?? null).matchAll(/\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}/g);
  return [...new Set([...matches].map(([, logicalId = '']) => logicalId))];
}

/** `StepsRunJob4C9E6CC1` → `Steps Run Job`, `DataBucketData1A2B3C4D` → `Data Bucket`: no hash, no word twice. */
export function titleOf(logicalId: string): string {
  const words = logicalId.replace(/[0-9A-F]{8}$/, '').match(/[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])/g) ?? [
    logicalId,
  ];
  const stem = (word: string) => word.toLowerCase().replace(/s$/, '');
  return words.filter((word, i) => words.findIndex((other) => stem(other) === stem(word)) === i).join(' ');
}

/** A function's own name for itself in logs and metrics, or what its logical id says. */
export function functionName(logicalId: string, { Properties }: TemplateResource): string {
  const { Variables = {} } = (Properties?.['Environment'] ?? {}) as { Variables?: Record<string, unknown> };
  const service = Variables['POWERTOOLS_SERVICE_NAME'];
  return typeof service === 'string' ? service : titleOf(logicalId);
}
