import { functionName, mentionedIn, type Template, type TemplateResource, titleOf } from '../template.ts';
import { drawnTypes, type ServiceKey, undrawnTypes, usedItems } from './services.ts';
import { listOf, propertiesOf, statementsOf } from './statements.ts';

/** One row of a service's box. */
export interface Item {
  /** The logical id, or the title of what the stack uses without creating it. */
  readonly id: string;
  readonly service: ServiceKey;
  readonly title: string;
  readonly lines: readonly string[];
}

/** What the diagram shows of a template, in the order of the state machine's steps and then of the template. */
export function itemsOf(template: Template): readonly Item[] {
  const unshown = new Set([...logBuckets(template), ...rolesOfActors(template)]);
  const own = Object.entries(template.Resources)
    .filter(([logicalId, resource]) => isDrawn(logicalId, resource) && !unshown.has(logicalId))
    .map(([logicalId, resource]) => itemOf(template, logicalId, resource));
  const steps = machineReferences(template);
  const rank = ({ id }: Item) => (steps.includes(id) ? steps.indexOf(id) : steps.length);
  return [...own.sort((a, b) => rank(a) - rank(b)), ...usedBy(template)];
}

function isDrawn(logicalId: string, { Type }: TemplateResource): boolean {
  if (Object.hasOwn(drawnTypes, Type)) return true;
  if (undrawnTypes.has(Type)) return false;
  throw new Error(
    `Cannot draw the architecture: the type of ${logicalId} must be in scripts/diagrams/architecture/services.ts, got ${Type}.`,
  );
}

function itemOf(template: Template, id: string, resource: TemplateResource): Item {
  const service = drawnTypes[resource.Type] as ServiceKey;
  const title = service === 'lambda' ? functionName(id, resource) : titleOf(id);
  return { id, service, title, lines: linesOf(template, id, resource) };
}

function linesOf(template: Template, id: string, resource: TemplateResource): readonly string[] {
  const properties = propertiesOf(resource);
  switch (resource.Type) {
    case 'AWS::Lambda::Function':
    case 'AWS::IAM::Role':
      return listOf<string>(properties['Description']);
    case 'AWS::S3::Bucket':
      return prefixesOf(template, id);
    case 'AWS::DynamoDB::Table':
      return listOf<{ AttributeName: string }>(properties['KeySchema']).map(
        (key) => `key ${key.AttributeName}`,
      );
    case 'AWS::StepFunctions::StateMachine':
      return [String(properties['StateMachineType'] ?? 'STANDARD').toLowerCase()];
    default:
      return ruleLines(properties);
  }
}

function ruleLines({
  EventPattern,
  ScheduleExpression,
}: Readonly<Record<string, unknown>>): readonly string[] {
  const pattern = (EventPattern ?? {}) as Readonly<Record<string, unknown>>;
  return [...listOf<string>(ScheduleExpression), ...listOf<string>(pattern['detail-type'])];
}

/** The key prefixes of a bucket that policies name. */
function prefixesOf(template: Template, bucket: string): readonly string[] {
  const arn = `\${${bucket}.Arn}/`;
  const keys = statementsOf(template).flatMap(({ resources }) =>
    resources.filter((resource) => resource.startsWith(arn)),
  );
  const prefixes = keys
    .map((key) => key.slice(arn.length).replace(/\*$/, ''))
    .filter((prefix) => prefix !== '');
  return [...new Set(prefixes)].sort();
}

function logBuckets({ Resources }: Template): readonly string[] {
  return Object.values(Resources).flatMap((resource) =>
    resource.Type === 'AWS::S3::Bucket' ? mentionedIn(propertiesOf(resource)['LoggingConfiguration']) : [],
  );
}

/** A function and its role are one thing to the reader. */
export function actorOfRole({ Resources }: Template): ReadonlyMap<string, string> {
  const actors = Object.entries(Resources).flatMap(([logicalId, resource]) => {
    const { Role, RoleArn } = resource.Properties ?? {};
    return mentionedIn(propertiesOf({ Type: resource.Type, Properties: { Role, RoleArn } })).map(
      (role) => [role, logicalId] as const,
    );
  });
  return new Map(actors);
}

const rolesOfActors = (template: Template) => [...actorOfRole(template).keys()];

function machineReferences({ Resources }: Template): readonly string[] {
  return Object.values(Resources).flatMap((resource) =>
    mentionedIn(propertiesOf(resource)['DefinitionString']),
  );
}

function usedBy(template: Template): readonly Item[] {
  const actions = statementsOf(template).flatMap((statement) => statement.actions);
  return usedItems
    .filter((item) => actions.some((action) => item.actions.test(action)))
    .map(({ service, title }) => ({ id: title, service, title, lines: [] }));
}
