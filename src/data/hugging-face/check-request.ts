import { refusal } from '../../errors.ts';
import type { SplitRequest } from './split.ts';

const datasetIdPattern = /^(?:[A-Za-z0-9][\w.-]{0,95}\/)?\w[\w.-]{0,95}$/;
const splitPattern = /^\w[\w.-]*$/;
/** The characters that the hub forbids in configs, and what would be a step up or hidden in a path. */
const configPattern = /^(?!\.)[^<>:/\\|?*\p{Cc}]+$/u;
const revisionPattern = /^\w[\w./-]*$/;

const rules = {
  datasetId: ['dataset_id', datasetIdPattern, 'be the id of a Hugging Face dataset, such as owner/name'],
  split: ['split', splitPattern, 'be the name of a split, such as train (slices are not read)'],
  config: ['config', configPattern, 'be the name of a config, without any of < > : / \\ | ? *'],
  revision: ['revision', revisionPattern, 'be a branch, a tag or a commit'],
} as const satisfies Record<keyof SplitRequest, readonly [string, RegExp, string]>;

export function isDatasetId(text: string): boolean {
  return datasetIdPattern.test(text) && !text.includes('..');
}

/** Checks what will stand in URLs and keys. @throws BatchError InvalidInput */
export function checkRequest(request: SplitRequest): void {
  for (const [field, [name, pattern, rule]] of Object.entries(rules)) {
    const value = request[field as keyof SplitRequest];
    if (value === undefined || (pattern.test(value) && !value.includes('..'))) continue;
    throw refusal('start the run', name, rule, value);
  }
}
