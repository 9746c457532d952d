import { isUtf8 } from 'node:buffer';
import { fieldCount, type RecordSpans } from './record-spans.ts';

export interface RecordRules {
  readonly fields: number | undefined;
  /** Records may have fewer. */
  readonly mayBeShort: boolean;
  readonly maxBytes: number;
}

export interface Refused {
  readonly record: number;
  readonly why: string;
}

/** The first of some whole records that must be refused. */
export function firstRefused(records: RecordSpans, rules: RecordRules): Refused | undefined {
  const record = firstNotText(records);
  for (let i = 0; i < record; i++) {
    const why = misshapen(records, i, rules);
    if (why !== undefined) return { record: i, why };
  }
  return record < records.count ? { record, why: malformed('it is not UTF-8 text') } : undefined;
}

/** All records are looked at in one call, and only where that fails one by one. */
function firstNotText({ bytes, starts, ends, count }: RecordSpans): number {
  if (count === 0 || isUtf8(bytes.subarray(starts[0], ends[count - 1]))) return count;
  let record = 0;
  while (isUtf8(bytes.subarray(starts[record], ends[record]))) record++;
  return record;
}

function misshapen(records: RecordSpans, record: number, rules: RecordRules): string | undefined {
  const bytes = (records.ends[record] as number) - (records.starts[record] as number);
  if (bytes > rules.maxBytes) return malformed(tooLong(rules.maxBytes));
  const fields = fieldCount(records, record);
  if (rules.fields === undefined || fields === rules.fields) return undefined;
  if (rules.mayBeShort) {
    if (fields < rules.fields) return undefined;
    return `must have at most ${rules.fields} fields, those of the header, and it has ${fields}`;
  }
  return `must have ${rules.fields} fields like the header, and it has ${fields}`;
}

export function malformed(reason: string): string {
  return `is malformed: ${reason}`;
}

export function tooLong(maxBytes: number): string {
  return `the record is longer than ${maxBytes} bytes`;
}
