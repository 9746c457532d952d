import type { LocalAws } from '../src/local/local-aws.ts';
import { LocalAwsError } from '../src/local/local-aws-error.ts';
import {
  type LocalEnvironment,
  readEnvironment,
  removeEnvironment,
  shellLines,
  writeEnvironment,
} from './local-environment.ts';
import { type LocalStateOptions, onLocalAws, stateOption } from './on-local-aws.ts';

/** Keeps the local AWS running until SIGINT or SIGTERM, and says in its directory how it is reached. */
export async function localUp(options: LocalStateOptions): Promise<void> {
  await onLocalAws(options, async (aws) => {
    const environment = environmentOf(aws);
    const asked = askedToEnd();
    try {
      await writeEnvironment(options.state, environment);
      console.log(introduction(environment, aws.logDirectory, options.state));
      console.log(`${await asked}: closing. What still runs goes on when it is started again.`);
    } finally {
      await removeEnvironment(options.state);
    }
  });
}

/** Prints what a shell needs to talk to it. @throws LocalAwsError if it is not running */
export async function localEnv({ state }: { readonly state: string }): Promise<void> {
  const environment = await readEnvironment(state);
  if (environment === undefined) {
    throw new LocalAwsError(
      `Cannot print the environment: no local AWS is kept running on ${state} (npx bedrock-batch local up${stateOption(state)} starts it).`,
    );
  }
  console.log(shellLines(environment.variables).join('\n'));
}

function environmentOf({ environment, outputs }: LocalAws): LocalEnvironment {
  // Whether the SDK warns is for the user's own programs to say.
  const { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: _, ...variables } = environment;
  const { bucketName = '', stepFunctionName = '' } = outputs;
  return { pid: process.pid, variables, outputs: { bucketName, stepFunctionName } };
}

/** Heard once: whoever presses Ctrl-C again does not want to wait for the end. */
function askedToEnd(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
}

function introduction({ outputs }: LocalEnvironment, logs: string, state: string): string {
  const { bucketName, stepFunctionName } = outputs;
  const here = stateOption(state);
  return [
    'The local AWS is up, until Ctrl-C.',
    `  bucketName        ${bucketName}`,
    `  stepFunctionName  ${stepFunctionName}`,
    `  logs              ${logs} (npx bedrock-batch local logs --follow${here})`,
    'In another shell, for the AWS CLI and any SDK:',
    `  eval "$(npx bedrock-batch local env${here})"`,
    `  aws s3 ls s3://${bucketName}`,
  ].join('\n');
}
