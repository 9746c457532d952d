import { StatesError } from './errors.ts';
import { MAX_PAYLOAD_BYTES } from './payload-limit.ts';

const MAX_TOTAL_BYTES = 10 * 1024 * 1024;

/** The variables of one scope. Inner scopes start from what the outer one shows and never write to it. */
export class Variables {
  readonly #outer: Readonly<Record<string, unknown>>;
  readonly #own = new Map<string, unknown>();
  readonly #sizes = new Map<string, number>();
  #visible: Readonly<Record<string, unknown>> | undefined;

  constructor(outer: Readonly<Record<string, unknown>> = {}, own: Readonly<Record<string, unknown>> = {}) {
    this.#outer = outer;
    this.assign(own);
  }

  inner(own?: Readonly<Record<string, unknown>>): Variables {
    return new Variables(this.visible(), own);
  }

  visible(): Readonly<Record<string, unknown>> {
    this.#visible ??= { ...this.#outer, ...Object.fromEntries(this.#own) };
    return this.#visible;
  }

  assign(values: Readonly<Record<string, unknown>>): void {
    for (const [name, value] of Object.entries(values)) {
      this.#sizes.set(name, sizeOf(name, value));
      this.#own.set(name, value);
    }
    const total = [...this.#sizes.values()].reduce((sum, size) => sum + size, 0);
    if (total > MAX_TOTAL_BYTES) throw tooLarge('The variables of the execution', MAX_TOTAL_BYTES);
    this.#visible = undefined;
  }
}

function sizeOf(name: string, value: unknown): number {
  const size = Buffer.byteLength(JSON.stringify(value));
  if (size > MAX_PAYLOAD_BYTES) throw tooLarge(`The variable '${name}'`, MAX_PAYLOAD_BYTES);
  return size;
}

function tooLarge(what: string, limit: number): StatesError {
  return new StatesError('States.DataLimitExceeded', `${what} exceeds the service limit of ${limit} bytes.`);
}
