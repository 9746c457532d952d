import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkDefinition } from '../check-definition.ts';
import type { Machine } from '../definition.ts';
import { hashOf } from './hash.ts';

/** An execution goes on with the definition it was started with, whatever its state machine has become. */
export class Definitions {
  readonly #folder: string;
  readonly #hashes = new WeakMap<Machine, string>();

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true });
    this.#folder = folder;
  }

  /** Gives the name under which it is kept. */
  save(definition: Machine): string {
    const known = this.#hashes.get(definition);
    if (known !== undefined) return known;
    const text = JSON.stringify(definition);
    const hash = hashOf(text);
    const draft = join(this.#folder, `${hash}.draft`);
    writeFileSync(draft, text);
    renameSync(draft, this.#file(hash));
    this.#hashes.set(definition, hash);
    return hash;
  }

  /** @throws when it is not there, or would not be accepted any more. */
  load(hash: string): Machine {
    return checkDefinition(JSON.parse(readFileSync(this.#file(hash), 'utf8')));
  }

  #file(hash: string): string {
    return join(this.#folder, `${hash}.json`);
  }
}
