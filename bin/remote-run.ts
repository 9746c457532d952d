import { connectExecutions } from '../src/aws/executions.ts';
import { BatchError } from '../src/errors.ts';
import { cancelled, collected, type Reach } from './end-run.ts';
import { STACK_NAME } from './stack-name.ts';
import { outcomeLines } from './watch-run.ts';

export interface RemoteRunOptions {
  /** The stack's name. */
  readonly stack: string;
}

const POLL_MS = 2000;

/** @throws BatchError NotFound, or on why the account cannot be reached */
export function cancelRun(runId: string, options: RemoteRunOptions): Promise<void> {
  return reached('cancel', options, (reach) => cancelled(runId, reach));
}

/** @throws BatchError NotFound, what the execution failed with, or on why the account cannot be reached */
export function collectRun(runId: string, options: RemoteRunOptions): Promise<void> {
  return reached('collect', options, async (reach) => {
    const output = await collected(runId, reach);
    console.log([...outcomeLines(output), ...output.output_uris, output.summary_uri].join('\n'));
  });
}

async function reached(
  verb: string,
  { stack }: RemoteRunOptions,
  act: (reach: Reach) => Promise<void>,
): Promise<void> {
  try {
    const executions = await connectExecutions(`${stack}-run`);
    const options = stack === STACK_NAME ? '' : ` --stack ${stack}`;
    await act({ executions, pollMs: POLL_MS, command: (what) => `npx bedrock-batch ${what}${options}` });
  } catch (error) {
    throw isOfTheAccount(error) ? new BatchError('Internal', sentenceOn(verb, error)) : error;
  }
}

/** What the SDK says of the Region, the credentials or the network, or a service of what it refused. */
function isOfTheAccount(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof BatchError) return false;
  const { name, message } = error;
  return (
    '$metadata' in error ||
    'syscall' in error ||
    name === 'CredentialsProviderError' ||
    message.startsWith('Region')
  );
}

function sentenceOn(verb: string, { message }: Error): string {
  const what = message.replace(/\.$/, '');
  return `Cannot ${verb} the run: ${what} (AWS_REGION and the credentials of the environment say which account is meant).`;
}
