import { LocalAwsError } from '../local-aws-error.ts';
import { type KnownProperties, knownProperties } from './known-properties.ts';

interface Named {
  readonly logicalId: string;
  readonly type: string;
}

/** Refuses what is not known of a resource, at any depth. @param properties with every intrinsic function resolved */
export function checkProperties(resource: Named, properties: unknown): void {
  const known = knownProperties[resource.type];
  if (known === undefined) {
    throw new LocalAwsError(
      `The local AWS does not know the resource type ${resource.type} of ${resource.logicalId}.`,
    );
  }
  const check = new PropertyCheck(resource, known);
  check.visit(properties, '');
}

class PropertyCheck {
  readonly #resource: Named;
  readonly #paths: ReadonlySet<string>;
  readonly #values: NonNullable<KnownProperties['values']>;

  constructor(resource: Named, { heeded, inert, values = {} }: KnownProperties) {
    this.#resource = resource;
    this.#paths = new Set([...heeded, ...inert]);
    this.#values = values;
  }

  /** A list is as good as its members; what may stand alone may stand in a list of one name. */
  visit(value: unknown, path: string): void {
    if (Array.isArray(value)) for (const item of value) this.visit(item, path);
    else if (typeof value === 'object' && value !== null) this.#visitObject(value, path);
    else this.#visitScalar(value, path);
  }

  #visitObject(value: object, path: string): void {
    for (const [name, item] of Object.entries(value)) {
      const inner = path === '' ? name : `${path}.${name}`;
      if (this.#paths.has(`${inner}.*`)) continue;
      if (!this.#isKnown(inner)) throw this.#refused(`the property ${inner} of`);
      this.visit(item, inner);
    }
  }

  #isKnown(path: string): boolean {
    return this.#paths.has(path) || [...this.#paths].some((known) => known.startsWith(`${path}.`));
  }

  #visitScalar(value: unknown, path: string): void {
    const allowed = this.#values[path];
    if (allowed === undefined || allowed.includes(value)) return;
    throw this.#refused(`the value ${JSON.stringify(value)} (it knows ${allowed.join(', ')}) of ${path} of`);
  }

  #refused(what: string): LocalAwsError {
    const { logicalId, type } = this.#resource;
    return new LocalAwsError(`The local AWS does not know ${what} ${logicalId} (${type}).`);
  }
}
