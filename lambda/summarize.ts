import { requiredVariable } from '../src/aws/environment.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { type SummarizeInput, summarize } from '../src/steps/summarize.ts';
import { observed } from './observed.ts';

const objects = connectObjectStore(requiredVariable('BUCKET_NAME'));

export const handler = observed((input: SummarizeInput) => summarize(input, { objects, now: Date.now }));
