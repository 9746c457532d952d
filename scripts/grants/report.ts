import type { Justification } from './justified.ts';
import type { WayResult } from './run-way.ts';
import type { TemplateGrant } from './template-grants.ts';
import { fateOf, isProof, sentenceOf } from './verdict.ts';

/** What is known of a grant. */
export interface Evidence {
  readonly grant: TemplateGrant;
  /** The ways that make use of it, the quickest first. */
  readonly usedBy: readonly string[];
  readonly justification: Justification | undefined;
  /** Runs without it. */
  readonly results: WayResult[];
  /** A run without it and those beside it that allow the same. */
  readonly together: WayResult[];
}

/** A row for each grant. */
export function table(evidence: readonly Evidence[], managed: readonly string[]): string {
  const rows = evidence.map((one) => {
    const { grant, usedBy } = one;
    const [first, ...more] = usedBy;
    const users = first === undefined ? '–' : `${first}${more.length > 0 ? ` and ${more.length} more` : ''}`;
    return `| ${[grant.owner, grantOnly(grant), users, withoutIt(one)].join(' | ')} |`;
  });
  const aws = managed.map((name) => {
    const [role = '', policy = ''] = name.split(': ');
    return `| ${role} | ${policy} | – | not taken away: a policy of AWS's own |`;
  });
  return ['| role | grant | used by | without it |', '|---|---|---|---|', ...rows, ...aws].join('\n');
}

const grantOnly = ({ id, owner }: TemplateGrant) => id.slice(owner.length + 2).replaceAll('|', '/');

function withoutIt({ results, justification, together }: Evidence): string {
  const needed = results.find(isProof);
  const own = needed ?? results.at(-1);
  const all = together.find(isProof) ?? together.at(-1);
  return [
    ...(own === undefined ? [] : [sentenceOf(own)]),
    ...(all === undefined ? [] : [`without those beside it too: ${sentenceOf(all)}`]),
    ...(justification === undefined ? [] : [`stays: ${justification.reason}`]),
  ].join('; ');
}

/** How many of each role's grants have which fate. */
export function summary(evidence: readonly Evidence[]): string {
  const owners = [...new Set(evidence.map(({ grant }) => grant.owner))];
  const lines = owners.map((owner) => {
    const own = evidence.filter(({ grant }) => grant.owner === owner);
    const counts = new Map<string, number>();
    for (const one of own) counts.set(fateIn(one), (counts.get(fateIn(one)) ?? 0) + 1);
    const told = [...counts].map(([fate, count]) => `${count} ${fate}`).join(', ');
    return `${owner}: ${told}`;
  });
  return lines.join('\n');
}

function fateIn({ results, justification }: Evidence): string {
  const needed = results.find(isProof);
  if (needed !== undefined) return fateOf(needed);
  return justification === undefined ? 'for nothing' : 'justified';
}

export interface GrantCase {
  readonly used_by?: readonly string[];
  readonly without?: string;
  readonly justified?: string;
}

/** What a test knows without running it all: of each grant who uses it, or why it stays. */
export function casesOf(
  evidence: readonly Evidence[],
  managed: readonly string[],
): Readonly<Record<string, GrantCase>> {
  const cases = evidence.map((one): [string, GrantCase] => {
    const needed = one.results.find(isProof);
    const { justification, usedBy, grant } = one;
    return [
      grant.id,
      {
        ...(usedBy.length > 0 && { used_by: [...usedBy].sort() }),
        ...(needed !== undefined && { without: `${needed.way}: ${fateOf(needed)}` }),
        ...(justification !== undefined && { justified: justification.reason }),
      },
    ];
  });
  const aws = managed.map((name): [string, GrantCase] => [name, { justified: "a policy of AWS's own" }]);
  return Object.fromEntries([...cases, ...aws]);
}
