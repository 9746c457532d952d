import { LocalAwsError } from '../local-aws-error.ts';
import type { Template, TemplateResource } from './assembly.ts';
import { isTrue } from './conditions.ts';
import { NO_VALUE, resolve, type Scope } from './intrinsics.ts';
import { type ArnFormat, type Identity, resourceTypes } from './resource-types.ts';

export interface Account {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
}

/** What the names in one stack's template stand for. */
export class StackScope implements Scope {
  readonly #template: Template;
  readonly #stackName: string;
  readonly #pseudo: Readonly<Record<string, string | typeof NO_VALUE>>;
  readonly #arn: ArnFormat;

  constructor(template: Template, stackName: string, account: Account) {
    this.#template = template;
    this.#stackName = stackName;
    this.#arn = arnFormat(account);
    this.#pseudo = {
      'AWS::AccountId': account.account,
      'AWS::NoValue': NO_VALUE,
      'AWS::Region': account.region,
      'AWS::Partition': account.partition,
      'AWS::StackName': stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
  }

  ref(name: string): unknown {
    const parameter = this.#template.Parameters?.[name];
    if (parameter !== undefined) return parameterValue(name, parameter);
    return this.#pseudo[name] ?? this.identity(name).ref;
  }

  attribute(logicalId: string, attribute: string): string {
    const value = this.identity(logicalId).attributes[attribute];
    if (value === undefined)
      throw new LocalAwsError(`The local AWS does not know the attribute ${logicalId}.${attribute}.`);
    return value;
  }

  condition(name: string): boolean {
    const condition = this.#template.Conditions?.[name];
    if (condition === undefined)
      throw new LocalAwsError(`The template refers to the condition ${name}, which it does not have.`);
    return isTrue(condition, this);
  }

  mapped(map: string, key: string, name: string): unknown {
    const value = this.#template.Mappings?.[map]?.[key]?.[name];
    if (value === undefined)
      throw new LocalAwsError(
        `The template refers to ${map}.${key}.${name}, which its mappings do not have.`,
      );
    return value;
  }

  /** Whether a stack that is deployed has it: not where its condition is false. */
  has({ Condition }: { readonly Condition?: string | undefined }): boolean {
    return Condition === undefined || this.condition(Condition);
  }

  identity(logicalId: string): Identity {
    const resource = this.#template.Resources[logicalId];
    if (resource === undefined || !this.has(resource))
      throw new LocalAwsError(`The template refers to ${logicalId}, which it does not have.`);
    const type = resourceTypes[resource.Type];
    if (type === undefined)
      throw new LocalAwsError(
        `The local AWS does not know the resource type ${resource.Type} of ${logicalId}.`,
      );
    return type.identify(this.#nameOf(logicalId, resource, type.nameProperty), this.#arn);
  }

  #nameOf(logicalId: string, { Properties }: TemplateResource, property: string | undefined): string {
    const given = property && Properties?.[property];
    const name = given === undefined || given === '' ? NO_VALUE : resolve(given, this);
    return name === NO_VALUE ? `${this.#stackName}-${logicalId}` : String(name);
  }
}

function arnFormat({ account, region, partition }: Account): ArnFormat {
  return (service, resource, scope = 'regional') => {
    const place = scope === 'regional' ? region : '';
    const owner = scope === 'global' ? '' : account;
    return `arn:${partition}:${service}:${place}:${owner}:${resource}`;
  };
}

type Parameter = NonNullable<Template['Parameters']>[string];

/** Nobody is asked for parameters here, and what AWS looks up by their types is not here either. */
function parameterValue(name: string, { Type, Default }: Parameter): unknown {
  if (Default === undefined || !['String', 'Number', 'CommaDelimitedList'].includes(Type)) {
    throw new LocalAwsError(
      `The local AWS knows parameters by their defaults; it has no value for ${name} (${Type}).`,
    );
  }
  return Type === 'CommaDelimitedList' ? Default.split(',').map((item) => item.trim()) : String(Default);
}
