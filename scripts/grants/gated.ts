import type { Template } from '../../src/local/template/assembly.ts';
import { startFakeHub } from '../../test/data/hugging-face/fake-hub.ts';
import { MODEL } from '../faults/scenarios.ts';
import type { GrantWorld } from './grant-world.ts';
import { type Surroundings, withFunctions } from './surroundings.ts';
import { csvOf, runRequest, textOf } from './tables.ts';

/** The name that the campaign synthesizes the stack with. */
export const SECRET_NAME = 'hugging-face-token';
const TOKEN = 'hf_secret';
export const secrets = { [SECRET_NAME]: TOKEN };

const ROWS = 60;

/** A hub with a gated dataset that is large enough to be fetched in parts. */
export async function gatedHub(): Promise<Surroundings> {
  const train = csvOf(
    'topic',
    Array.from({ length: ROWS }, (_, row) => textOf(row, 180_000)),
  );
  const dataset = { files: { 'data/train.csv': train }, gated: 'accepted', private: true } as const;
  const hub = await startFakeHub({ datasets: { 'owner/gated': dataset }, token: TOKEN });
  return { change: (template) => pointed(template, hub.endpoint), close: () => hub.close() };
}

function pointed(template: Template, endpoint: string): Template {
  return withFunctions(template, ({ Environment: { Variables } }) => {
    if ('HF_ENDPOINT' in Variables) Variables['HF_ENDPOINT'] = endpoint;
  });
}

/** The first try breaks off in the middle of the file. */
export function runGated(world: GrantWorld): Promise<readonly string[]> {
  const fault = { status: 400, code: 'IncompleteBody' };
  const calls = [
    { caller: 'Preprocess', service: 's3', operation: 'CompleteMultipartUpload', nth: 1, fault },
  ] as const;
  const request = { dataset_id: 'owner/gated', model_id: MODEL, prompt_id: 'joke_about_topic' };
  return runRequest(request, { rows: ROWS, plan: { calls } }, world);
}
