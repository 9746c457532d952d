import type { Template } from '../../src/local/template/assembly.ts';

/** What has to stand around a stack before it is deployed. */
export interface Surroundings {
  change(template: Template): Template;
  close(): Promise<void>;
}

export interface FunctionProperties {
  Timeout: number;
  readonly Environment: { readonly Variables: Record<string, unknown> };
}

/** A copy of the template with other properties of its functions. */
export function withFunctions(
  template: Template,
  change: (properties: FunctionProperties, logicalId: string) => void,
): Template {
  const copy = structuredClone(template);
  for (const [logicalId, { Type, Properties }] of Object.entries(copy.Resources)) {
    if (Type === 'AWS::Lambda::Function') change(Properties as unknown as FunctionProperties, logicalId);
  }
  return copy;
}

/** Functions that put their work down hand over with two minutes to spare: with no more, each call does the least that it may. */
export async function outOfTime(): Promise<Surroundings> {
  return {
    change: (template) =>
      withFunctions(template, (properties, logicalId) => {
        if (/^Steps(Preprocess|AssembleOutput)/.test(logicalId)) properties.Timeout = 120;
      }),
    close: async () => undefined,
  };
}
