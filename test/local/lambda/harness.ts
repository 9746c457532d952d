import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { realClock } from '../../../src/local/clock.ts';
import type { FunctionConfig } from '../../../src/local/lambda/function-config.ts';
import {
  createFunctions,
  type Functions,
  type FunctionsOptions,
} from '../../../src/local/lambda/functions.ts';

export const arnOf = (name: string): string => `arn:aws:lambda:us-east-1:123456789012:function:${name}`;

type Files = Readonly<Record<string, string>>;
type Config = Partial<FunctionConfig>;

/** Functions whose code is written for one test, and what they printed. */
export class Written {
  output = '';
  readonly functions: Functions;
  readonly directory: string;

  constructor(directory: string, configs: readonly Config[], options: Partial<FunctionsOptions>) {
    this.directory = directory;
    const common = {
      directory,
      handler: 'index.handler',
      environment: {},
      timeoutSeconds: 10,
      memoryMb: 128,
    };
    this.functions = createFunctions({
      functions: configs.map((config) => {
        const { name = 'worker' } = config;
        return { ...common, name, arn: arnOf(name), ...config };
      }),
      variables: {},
      clock: realClock,
      onOutput: (_, text) => {
        this.output += text;
      },
      ...options,
    });
  }

  /** @param code a file's text, or files by their names */
  static async start(
    code: string | Files,
    configs: Config | readonly Config[] = {},
    options: Partial<FunctionsOptions> = {},
  ): Promise<Written> {
    const directory = await mkdtemp(join(tmpdir(), 'written-'));
    for (const [name, text] of Object.entries(typeof code === 'string' ? { 'index.mjs': code } : code)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), text);
    }
    return new Written(directory, [configs].flat(), options);
  }

  async stop(): Promise<void> {
    await this.functions.close();
    await rm(this.directory, { recursive: true });
  }
}

/** Starts functions, lets a test use them, and stops them whatever comes. */
export async function withFunctions<T>(
  code: string | Files,
  use: (written: Written) => Promise<T>,
  configs: Config | readonly Config[] = {},
  options: Partial<FunctionsOptions> = {},
): Promise<T> {
  const written = await Written.start(code, configs, options);
  try {
    return await use(written);
  } finally {
    await written.stop();
  }
}

/** What one invocation of a function answers. */
export const answerOf = (code: string | Files, config: Config = {}, event: unknown = {}) =>
  withFunctions(code, ({ functions }) => functions.invoke('worker', event), config);
