import { accessKeyOf } from './access-key.ts';
import type { FunctionConfig } from './function-config.ts';

type Variables = Readonly<Record<string, string>>;

export interface VariablesOptions {
  readonly config: FunctionConfig;
  /** For every function: endpoints and the like. */
  readonly shared: Variables;
  /** The session token of the environment's credentials. */
  readonly token: string;
  readonly temporaryDirectory: string;
  readonly logStream: string;
}

/**
 * What a function finds in `process.env` (page "Working with Lambda environment variables"). Nothing of this machine's is in it
 * but what stands for the runtime's own places.
 */
export function environmentVariables(options: VariablesOptions): Variables {
  const { config, shared } = options;
  return {
    // What a function may set otherwise. A thread keeps the time zone of its process, whatever TZ says.
    ...{ LANG: 'en_US.UTF-8', TZ: ':UTC', PATH: process.env['PATH'] ?? '' },
    ...shared,
    ...config.environment,
    ...reserved(options),
  };
}

function reserved({ config, token, temporaryDirectory, logStream }: VariablesOptions): Variables {
  const { name, handler, directory, memoryMb, runtime = 'nodejs24.x' } = config;
  return {
    _HANDLER: handler,
    AWS_ACCESS_KEY_ID: accessKeyOf(name),
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: token,
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: config.logGroup ?? `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    LAMBDA_TASK_ROOT: directory,
    // On AWS it is /tmp itself that is the environment's own.
    TMPDIR: temporaryDirectory,
  };
}
