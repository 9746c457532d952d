import { STACK_NAME } from '../../bin/stack-name.ts';
import { type Assembly, readAssembly, type Template } from '../../src/local/template/assembly.ts';

export const assemblyDirectory = (): string => process.env['CDK_ASSEMBLY'] ?? 'cdk.out';

export const synthesized = (): Promise<Assembly> => readAssembly(assemblyDirectory(), STACK_NAME);

/** A copy of the assembly whose template was changed by hand. */
export async function changed(change: (template: MutableTemplate) => void): Promise<Assembly> {
  const assembly = await synthesized();
  const template = structuredClone(assembly.template) as MutableTemplate;
  change(template);
  return { ...assembly, template: template as Template };
}

export interface MutableResource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape, and these tests change it anywhere.
  Properties: any;
}

export interface MutableTemplate {
  readonly Resources: Record<string, MutableResource>;
}

/** The one resource of a type whose logical id begins so. */
export function resourceOf(
  template: MutableTemplate,
  type: string,
  idPrefix = '',
): [string, MutableResource] {
  const found = Object.entries(template.Resources).filter(
    ([id, { Type }]) => Type === type && id.startsWith(idPrefix),
  );
  expect(found.map(([id]) => id)).toHaveLength(1);
  return found[0] as [string, MutableResource];
}
