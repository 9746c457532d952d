import { join } from 'node:path';
import { connectExecutions } from '../src/aws/executions.ts';
import {
  connectModelEndpoint,
  type ModelEndpoint,
} from '../src/local/bedrock/model-endpoint/model-endpoint.ts';
import { type LocalAws, startLocalAws } from '../src/local/local-aws.ts';
import { LocalAwsError } from '../src/local/local-aws-error.ts';
import { type Assembly, readAssembly } from '../src/local/template/assembly.ts';
import { applyVariables, quoted, readEnvironment, removeEnvironment } from './local-environment.ts';
import { STACK_NAME } from './stack-name.ts';
import { synthesize } from './synthesize.ts';

export const DEFAULT_STATE = '.local';

/** What a command for this state must say of it. */
export function stateOption(state: string): string {
  if (state === DEFAULT_STATE) return '';
  return ` --state ${/^[\w./-]+$/.test(state) ? state : quoted(state)}`;
}

export interface LocalStateOptions {
  /** The directory of the local AWS's buckets, tables, executions and jobs. */
  readonly state: string;
  readonly assembly?: string;
  readonly recordsPerSecond?: number;
  /** The base URL of an OpenAI-compatible server that answers in place of the simulated Bedrock. */
  readonly modelEndpoint?: string;
  readonly modelEndpointModel?: string;
  readonly modelEndpointConcurrency?: number;
  readonly out?: string;
}

/**
 * Starts the local AWS for as long as `use` takes, with this process's SDK clients pointed at it.
 * @throws LocalAwsError for a model endpoint that cannot be asked, before anything is started
 */
export async function onLocalAws(
  options: LocalStateOptions,
  use: (aws: LocalAws, endpoint: ModelEndpoint | undefined) => Promise<void>,
): Promise<void> {
  await refuseBesideUp(options.state);
  const endpoint = await endpointOf(options);
  const assembly = await assemblyOf(options);
  console.log('Starting it on this machine.');
  const { recordsPerSecond } = options;
  const jobs = {
    ...(recordsPerSecond === undefined ? {} : { recordsPerSecond }),
    ...(endpoint === undefined ? {} : { backEnd: endpoint.backEnd }),
  };
  const { HF_TOKEN } = process.env;
  const secrets: Record<string, string> = HF_TOKEN ? { [TOKEN_SECRET]: HF_TOKEN } : {};
  const aws = await startLocalAws({ assembly, directory: options.state, jobs, secrets });
  try {
    // One that was killed left it.
    await removeEnvironment(options.state);
    applyVariables(aws.environment);
    await tellOfResumed(aws);
    await use(aws, endpoint);
  } finally {
    await aws.close();
  }
}

/** The lock would refuse it too, but only after the synthesis, and without knowing how the other is used. */
async function refuseBesideUp(state: string): Promise<void> {
  const running = await readEnvironment(state);
  if (running === undefined) return;
  const env = `npx bedrock-batch local env${stateOption(state)}`;
  throw new LocalAwsError(
    `Cannot start the local AWS: ${state} is in use by another process (${running.pid}), which is local up: ` +
      `after eval "$(${env})" the AWS CLI and npx bedrock-batch collect and cancel use that one, and Ctrl-C ends it.`,
  );
}

async function endpointOf(options: LocalStateOptions): Promise<ModelEndpoint | undefined> {
  const { modelEndpoint: url, modelEndpointModel: model, modelEndpointConcurrency: concurrency } = options;
  if (url === undefined) {
    const orphan = model !== undefined ? 'model' : concurrency !== undefined ? 'concurrency' : undefined;
    if (orphan === undefined) return undefined;
    throw new LocalAwsError(
      `Cannot start the run: --model-endpoint-${orphan} must go with --model-endpoint.`,
    );
  }
  const apiKey = process.env['OPENAI_API_KEY'];
  const endpoint = await connectModelEndpoint({ url, model, apiKey, concurrency });
  console.log(`Answers come from the model ${endpoint.model} at ${url}.`);
  return endpoint;
}

/** Runs that an earlier process was cut short in go on beside whatever is asked for now. */
async function tellOfResumed({ outputs: { stepFunctionName = '' } }: LocalAws): Promise<void> {
  const executions = await connectExecutions(stepFunctionName);
  for (const name of await executions.running()) {
    console.log(
      `The run ${name}, which was cut short, goes on as long as this runs; local collect fetches it.`,
    );
  }
}

/** The secret that stands for the shell's HF_TOKEN. */
const TOKEN_SECRET = 'hugging-face-token';

/** What a deployment has in its context, from the variables that Hugging Face's own tools read. */
function huggingFaceContext({ HF_TOKEN, HF_ENDPOINT }: NodeJS.ProcessEnv): Record<string, string> {
  return {
    ...(HF_TOKEN ? { huggingFaceTokenSecretName: TOKEN_SECRET } : {}),
    ...(HF_ENDPOINT ? { huggingFaceEndpoint: HF_ENDPOINT } : {}),
  };
}

async function assemblyOf({ assembly, state }: LocalStateOptions): Promise<Assembly> {
  if (assembly !== undefined) return readAssembly(assembly, STACK_NAME);
  const directory = join(state, 'assembly');
  console.log('Synthesizing the stack.');
  await synthesize(directory, huggingFaceContext(process.env));
  return readAssembly(directory, STACK_NAME);
}
