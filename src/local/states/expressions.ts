import jsonata from 'jsonata';
import type { Clock } from '../clock.ts';
import { StatesError } from './errors.ts';
import { stepFunctionsExtras } from './functions.ts';
import type { Random } from './random.ts';

export type Bindings = Readonly<Record<string, unknown>>;

/** A failed evaluation before it is known in which state: the text after AWS's "An error occurred …". */
export class EvaluationError extends StatesError {
  /** The field whose expression failed, e.g. `Arguments/Payload`. */
  readonly location: string | undefined;

  constructor(cause: string, location: string | undefined) {
    super('States.QueryEvaluationError', cause);
    this.location = location;
  }
}

const WHOLE = /^\{%([\s\S]*)%\}$/;

/** The expression in `{% … %}`, or undefined for a string that is just a string. */
export function expressionIn(text: string): string | undefined {
  return WHOLE.exec(text)?.[1]?.trim();
}

export type ValueType = 'string' | 'number' | 'boolean' | 'array' | 'object';

/** Evaluates templates; keeps what it has compiled, of which there is as much as the definition is long. */
export class Expressions {
  readonly #compiled = new Map<string, jsonata.Expression>();
  readonly #functions: Bindings;

  constructor(clock: Clock, random: Random) {
    this.#functions = stepFunctionsExtras(clock, random);
  }

  /** `field` is the path for error texts, e.g. `Output`; members add `/name`, elements `[index]`. */
  async evaluate(template: unknown, field: string, bindings: Bindings): Promise<unknown> {
    if (typeof template === 'string') return this.#evaluateString(template, field, bindings);
    if (Array.isArray(template)) return this.#evaluateArray(template, field, bindings);
    if (template === null || typeof template !== 'object') return template;
    const members: [string, unknown][] = [];
    for (const [name, value] of Object.entries(template)) {
      members.push([name, await this.evaluate(value, `${field}/${name}`, bindings)]);
    }
    return Object.fromEntries(members);
  }

  async #evaluateArray(template: readonly unknown[], field: string, bindings: Bindings): Promise<unknown[]> {
    const elements: unknown[] = [];
    for (const [index, value] of template.entries()) {
      elements.push(await this.evaluate(value, `${field}[${index}]`, bindings));
    }
    return elements;
  }

  async #evaluateString(text: string, field: string, bindings: Bindings): Promise<unknown> {
    const source = expressionIn(text);
    if (source === undefined) return text;
    const value = await this.#run(source, field, bindings);
    if (value === undefined)
      throw new EvaluationError(`${specified(source, field)} returned nothing (undefined).`, field);
    return plain(value, source, field);
  }

  async #run(source: string, field: string, bindings: Bindings): Promise<unknown> {
    try {
      return await this.#compile(source).evaluate(undefined, { ...this.#functions, ...bindings });
    } catch (failure) {
      const { code, message } = failure as Partial<jsonata.JsonataError>;
      const what = code === undefined ? message : `${code}: ${message}`;
      throw new EvaluationError(
        `${specified(source, field)} threw an error during evaluation. ${what}`,
        field,
      );
    }
  }

  #compile(source: string): jsonata.Expression {
    const known = this.#compiled.get(source);
    if (known) return known;
    const compiled = jsonata(source);
    this.#compiled.set(source, compiled);
    return compiled;
  }
}

/** The value if it is of the type that the field takes. */
export function ofType(value: unknown, type: ValueType, field: string, template: unknown): unknown {
  const actual = typeOf(value);
  if (actual === type) return value;
  const source = typeof template === 'string' ? expressionIn(template) : undefined;
  const subject =
    source === undefined
      ? `The value specified for the field '${field}' has`
      : `${specified(source, field)} returned`;
  throw new EvaluationError(
    `${subject} an unexpected result type. Expected '${type}', but was '${actual}' for value: ${JSON.stringify(value)}`,
    field,
  );
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function specified(source: string, field: string): string {
  return `The JSONata expression '${source}' specified for the field '${field}'`;
}

/** A JSON value of its own: JSONata's sequences carry hidden members, and results may alias the input. */
function plain(value: unknown, source: string, field: string): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((element) => plain(element ?? null, source, field));
  if (typeof value !== 'object' || isFunction(value)) {
    throw new EvaluationError(`${specified(source, field)} returned an unsupported result type.`, field);
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member, source, field)]));
}

function isFunction(value: object): boolean {
  return '_jsonata_lambda' in value || '_jsonata_function' in value || value instanceof RegExp;
}
