import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LocalAwsError } from '../local-aws-error.ts';

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
}

export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Condition?: string }>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: string }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
}

/** A synthesized stack: its template, and where the code lies that it names by S3 key. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** The directory of an asset, by the key that the template gives it. */
  assetDirectory(objectKey: string): string;
}

interface AssetManifest {
  readonly files: Readonly<
    Record<
      string,
      {
        readonly source: { readonly path: string };
        readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
      }
    >
  >;
}

/** Reads what `cdk synth` wrote: `{stack}.template.json` and `{stack}.assets.json`. */
export async function readAssembly(directory: string, stackName: string): Promise<Assembly> {
  const read = async (name: string) => {
    const text = await readFile(join(directory, name), 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw new LocalAwsError(
        `Cannot read the assembly: ${directory} must hold ${name}, as cdk synth writes it (${cause.code}).`,
        { cause },
      );
    });
    return JSON.parse(text) as unknown;
  };
  const template = (await read(`${stackName}.template.json`)) as Template;
  const manifest = (await read(`${stackName}.assets.json`)) as AssetManifest;
  const paths = new Map<string, string>();
  for (const { source, destinations } of Object.values(manifest.files)) {
    for (const { objectKey } of Object.values(destinations)) paths.set(objectKey, source.path);
  }
  return {
    stackName,
    template,
    assetDirectory(objectKey) {
      const path = paths.get(objectKey);
      if (path === undefined) throw new LocalAwsError(`The assembly has no asset ${objectKey}.`);
      return join(directory, path);
    },
  };
}
