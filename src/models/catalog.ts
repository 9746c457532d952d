import type { JobLimits } from './types.ts';

export const standardLimits: JobLimits = { minRecords: 100, maxRecords: 100_000, maxFileBytes: 1024 ** 3 };

interface CatalogEntry {
  readonly family: 'claude' | 'titan-text-embeddings-v2';
  /** The foundation model's id, or how a family's ids begin when it ends in `*`. */
  readonly foundationModel: string;
  /** Whether Bedrock serves the model in batch through inference profiles (`us.`, `eu.`, `global.` …). */
  readonly profiles: 'required' | 'optional' | 'none';
  readonly limits: JobLimits;
}

/**
 * The models that runs may use; the first entry that matches an id describes it. The stack's model permissions are made
 * from this table, so what is not here can neither be asked for nor paid for. Source: the user guide's pages on batch inference.
 */
export const catalog = [
  {
    family: 'claude',
    foundationModel: 'anthropic.claude-3-7-*',
    profiles: 'required',
    limits: standardLimits,
  },
  { family: 'claude', foundationModel: 'anthropic.claude-3-*', profiles: 'optional', limits: standardLimits },
  // One Region (eu-west-2) serves Sonnet 4.6 by itself.
  {
    family: 'claude',
    foundationModel: 'anthropic.claude-sonnet-4-6*',
    profiles: 'optional',
    limits: standardLimits,
  },
  { family: 'claude', foundationModel: 'anthropic.claude-*', profiles: 'required', limits: standardLimits },
  {
    family: 'titan-text-embeddings-v2',
    foundationModel: 'amazon.titan-embed-text-v2:0',
    profiles: 'none',
    limits: standardLimits,
  },
] as const satisfies readonly CatalogEntry[];

export type FamilyName = (typeof catalog)[number]['family'];

/** `us.anthropic.claude-…` → `anthropic.claude-…`; ARNs of foundation models and system-defined profiles likewise. */
export function foundationModelOf(modelId: string): { readonly id: string; readonly profile: boolean } {
  const name = /^arn:[^:]+:bedrock:[^:]*:[^:]*:(foundation-model|inference-profile)\/(.+)$/.exec(modelId);
  const id = name?.[2] ?? modelId;
  const profile = /^(us|us-gov|eu|apac|jp|au|ca|global)\.(.+)$/.exec(id);
  return { id: profile?.[2] ?? id, profile: profile !== null || name?.[1] === 'inference-profile' };
}

export function catalogEntryOf(modelId: string): CatalogEntry | undefined {
  const { id } = foundationModelOf(modelId);
  return catalog.find((entry) => covers(entry.foundationModel, id));
}

/** What the stack must be allowed to ask: the entries without those that a wider one covers. */
export function permittedModels(): readonly CatalogEntry[] {
  return catalog.filter((entry) =>
    catalog.every((other) => other === entry || !covers(other.foundationModel, entry.foundationModel)),
  );
}

function covers(pattern: string, id: string): boolean {
  return pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern;
}
