import { LocalAwsError } from '../local-aws-error.ts';
import type { Template } from './assembly.ts';
import { dependenciesOf } from './references.ts';

const SECTIONS = [
  ...['AWSTemplateFormatVersion', 'Conditions', 'Description', 'Mappings', 'Metadata'],
  ...['Outputs', 'Parameters', 'Resources', 'Rules'],
];
/** Policies say what becomes of a resource when its stack is changed or deleted, which none is here. */
const RESOURCE = [
  ...['Condition', 'DeletionPolicy', 'DependsOn', 'Metadata'],
  ...['Properties', 'Type', 'UpdateReplacePolicy'],
];
const OUTPUT = ['Condition', 'Description', 'Export', 'Value'];
const PARAMETER = ['Default', 'Description', 'NoEcho', 'Type'];
/** Asks whether the account was bootstrapped for the CDK; nothing here is uploaded to it. */
const RULES = ['CheckBootstrapVersion'];

/** Refuses what is not known of a template around the properties of its resources. */
export function checkTemplate(template: Template): void {
  checkNames('the section', template, SECTIONS, 'the template');
  checkNames('the rule', template.Rules ?? {}, RULES, 'the template');
  checkEach('the attribute', template.Resources, RESOURCE);
  checkEach('the attribute', template.Outputs ?? {}, OUTPUT);
  checkEach('the attribute', template.Parameters ?? {}, PARAMETER);
  for (const [logicalId, resource] of Object.entries(template.Resources)) {
    for (const other of dependenciesOf(resource)) {
      if (!Object.hasOwn(template.Resources, other))
        throw new LocalAwsError(`${logicalId} depends on ${other}, which the template does not have.`);
    }
  }
}

function checkEach(what: string, all: Readonly<Record<string, object>>, known: readonly string[]): void {
  for (const [name, one] of Object.entries(all)) checkNames(what, one, known, name);
}

function checkNames(what: string, value: object, known: readonly string[], of: string): void {
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new LocalAwsError(`The local AWS does not know ${what} ${unknown} of ${of}.`);
}
