import type { Ran } from './campaign.ts';
import type { FaultCase } from './cases.ts';

export interface CaseResult extends Ran {
  readonly fault: FaultCase['fault'];
  readonly name: string;
}

/** A row for each fault, and their sum. */
export function table(results: readonly CaseResult[]): string {
  const faults = new Map<string, CaseResult[]>();
  for (const result of results) faults.set(result.fault, [...(faults.get(result.fault) ?? []), result]);
  const rows = [...faults].map(([fault, ran]) => row(fault, ran));
  return [
    '| fault | runs | wrong | rows lost | jobs: paid twice | on demand: asked again |',
    '|---|---|---|---|---|---|',
    ...rows,
    row('**all**', results),
  ].join('\n');
}

function row(fault: string, ran: readonly CaseResult[]): string {
  const sum = (of: (result: CaseResult) => number) => ran.reduce((total, result) => total + of(result), 0);
  const cells = [
    ran.length,
    ran.filter(({ wrong }) => wrong.length > 0).length,
    sum(({ losses }) => losses),
    sum(({ doubled }) => doubled),
    sum(({ repeated }) => repeated),
  ];
  return `| ${fault} | ${cells.join(' | ')} |`;
}
