import { mentionedIn, type Template } from '../template.ts';
import { actorOfRole, type Item } from './items.ts';
import { eventSources, principals, usedItems, verbs } from './services.ts';
import { listOf, propertiesOf, type Statement, statementsOf, trustedBy } from './statements.ts';

export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** Who does what to whom: by the policies, the environment, the rules and the roles of the template. */
export function connectionsOf(template: Template, items: readonly Item[]): readonly Connection[] {
  const byPolicy = merged(statementsOf(template).flatMap((statement) => grants(statement, template, items)));
  const byOthers = [...ruleConnections(template, items), ...trustConnections(template, items)];
  const known = new Set([...byPolicy, ...byOthers].map(pairOf));
  const byEnvironment = environmentConnections(template).filter(
    (connection) => !known.has(pairOf(connection)),
  );
  const ids = new Set(items.map(({ id }) => id));
  return [...byPolicy, ...byOthers, ...byEnvironment].filter(
    ({ from, to }) => ids.has(from) && ids.has(to) && from !== to,
  );
}

const pairOf = ({ from, to }: Connection) => `${from} ${to}`;

function grants({ roles, actions, resources }: Statement, template: Template, items: readonly Item[]) {
  const actors = actorOfRole(template);
  return roles.flatMap((role) =>
    actions.flatMap((action) =>
      targetsOf(action, resources, template, items).map((to) => ({
        from: actors.get(role) ?? role,
        to,
        label: verbOf(action),
      })),
    ),
  );
}

function targetsOf(action: string, resources: readonly string[], template: Template, items: readonly Item[]) {
  const used = usedItems.find((item) => item.actions.test(action));
  if (used !== undefined) return [used.title];
  const named = items.filter(({ id }) => resources.some((resource) => endsWithName(resource, template, id)));
  return [...new Set([...mentionedIn(resources), ...named.map(({ id }) => id)])];
}

/** A grant by name, where a reference would have been a cycle: the ARN ends with the name that the resource is given. */
function endsWithName(arn: string, template: Template, id: string): boolean {
  const resource = template.Resources[id];
  const kind = resource?.Type.split('::').at(-1) ?? '';
  const name = resource && propertiesOf(resource)[`${kind}Name`];
  return typeof name === 'string' && (arn.endsWith(`:${name}`) || arn.endsWith(`/${name}`));
}

/** An action without a verb of its own is at least a use. */
const verbOf = (action: string) => verbs.find(([pattern]) => pattern.test(action))?.[1] ?? 'uses';
const allVerbs = [...verbs.map(([, verb]) => verb), 'uses'];

/** One connection for each pair, its verbs each once and in the order of the table; nothing where no verb is left. */
function merged(connections: readonly Connection[]): readonly Connection[] {
  const pairs = new Map(connections.map((connection) => [pairOf(connection), connection]));
  return [...pairs].flatMap(([pair, { from, to }]) => {
    const said = connections.filter((connection) => pairOf(connection) === pair).map(({ label }) => label);
    const label = allVerbs.filter((verb) => verb !== '' && said.includes(verb)).join(', ');
    return label === '' ? [] : [{ from, to, label }];
  });
}

function ruleConnections({ Resources }: Template, items: readonly Item[]): readonly Connection[] {
  return Object.entries(Resources).flatMap(([rule, resource]) => {
    if (resource.Type !== 'AWS::Events::Rule') return [];
    const { EventPattern, Targets } = propertiesOf(resource);
    const sources = listOf<string>((EventPattern as { source?: unknown } | undefined)?.source);
    const speakers = sources.flatMap((source) => firstItemOf(eventSources[source], items));
    return [
      ...speakers.map((from) => ({ from, to: rule, label: 'events' })),
      ...mentionedIn(Targets).map((to) => ({ from: rule, to, label: 'triggers' })),
    ];
  });
}

function trustConnections({ Resources }: Template, items: readonly Item[]): readonly Connection[] {
  return Object.entries(Resources).flatMap(([role, resource]) => {
    if (resource.Type !== 'AWS::IAM::Role') return [];
    const services = trustedBy(propertiesOf(resource)).flatMap((principal) =>
      firstItemOf(principals[principal], items),
    );
    return services.map((from) => ({ from, to: role, label: 'takes on' }));
  });
}

const firstItemOf = (service: string | undefined, items: readonly Item[]) =>
  items
    .filter((item) => item.service === service)
    .slice(0, 1)
    .map(({ id }) => id);

function environmentConnections({ Resources }: Template): readonly Connection[] {
  return Object.entries(Resources).flatMap(([from, resource]) =>
    mentionedIn(propertiesOf(resource)['Environment']).map((to) => ({ from, to, label: 'refers to' })),
  );
}
