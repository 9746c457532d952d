import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderArchitecture } from './architecture/render.ts';
import { readDefinition } from './state-machine/definition.ts';
import { renderStateMachine } from './state-machine/render.ts';
import type { Template } from './template.ts';

/** File names and what they should hold. */
export type Diagrams = Readonly<Record<string, string>>;

export async function renderDiagrams(template: Template): Promise<Diagrams> {
  return {
    'state-machine.svg': await renderStateMachine(readDefinition(template)),
    'architecture.svg': await renderArchitecture(template),
  };
}

export async function writeDiagrams(diagrams: Diagrams, folder: string): Promise<void> {
  for (const [name, svg] of Object.entries(diagrams)) await writeFile(join(folder, name), svg);
}

/** The names of the files that are absent or hold something else. */
export async function staleDiagrams(diagrams: Diagrams, folder: string): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [name, svg] of Object.entries(diagrams)) {
    if ((await contentOf(join(folder, name))) !== svg) stale.push(name);
  }
  return stale;
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
