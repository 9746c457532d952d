import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A function as the template describes it. */
export interface FunctionConfig {
  readonly name: string;
  readonly arn: string;
  /** The unpacked asset. */
  readonly directory: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** The queue for asynchronous events that the function failed at for good. */
  readonly deadLetterArn?: string;
  readonly asyncInvocation?: AsyncInvocationConfig;
}

/** What becomes of asynchronous events, where it is not what Lambda does by default. */
export interface AsyncInvocationConfig {
  /** 0 to 2. */
  readonly maxRetries?: number;
  readonly maxAgeSeconds?: number;
  /** A queue for records of the events that failed for good. */
  readonly onFailureArn?: string;
}

export interface HandlerLocation {
  readonly file: string;
  readonly exportName: string;
}

/** `index.handler` → the module that the runtime would load, by its order of endings, and the export's name. */
export function locateHandler({ directory, handler, name }: FunctionConfig): HandlerLocation {
  const dot = handler.lastIndexOf('.');
  const module = join(directory, handler.slice(0, dot));
  const file = ['.mjs', '.js', '.cjs'].map((ending) => module + ending).find((path) => existsSync(path));
  if (dot < 0 || file === undefined)
    throw new Error(`Runtime.ImportModuleError: ${name} has no module for handler ${handler}.`);
  return { file, exportName: handler.slice(dot + 1) };
}
