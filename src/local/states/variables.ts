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
      this.#sizes.set(name, sizeOf(value));
      this.#own.set(name, value);
    }
    this.#visible = undefined;
  }

  /** @throws StatesError where one Assign holds more than it may, or all variables would after it */
  checkSizes(values: Readonly<Record<string, unknown>>): void {
    const sizes = new Map(Object.entries(values).map(([name, value]) => [name, sizeOf(value)]));
    if (sum(sizes) > MAX_PAYLOAD_BYTES) throw tooLarge('The variables of one Assign', MAX_PAYLOAD_BYTES);
    const after = new Map([...this.#sizes, ...sizes]);
    if (sum(after) > MAX_TOTAL_BYTES) throw tooLarge('The variables of the execution', MAX_TOTAL_BYTES);
  }
}

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function sum(sizes: ReadonlyMap<string, number>): number {
  return [...sizes.values()].reduce((total, size) => total + size, 0);
}

function tooLarge(what: string, limit: number): StatesError {
  return new StatesError('States.DataLimitExceeded', `${what} exceeds the service limit of ${limit} bytes.`);
}
