import type { WayResult } from './run-way.ts';

/** What becomes of a run whose grant was taken away. */
export type Fate =
  /** The stack cannot be deployed. */
  | 'refused'
  /** The run goes wrong, and the test of it sees that. */
  | 'goes wrong'
  /** It was denied what it needs and had no end yet: retries are patient. */
  | 'denied'
  /** It was denied, and came to a good end all the same. */
  | 'survives'
  /** Nothing was denied: another grant allows the same. */
  | 'unnoticed';

export function fateOf({ end, wrong, denied }: WayResult): Fate {
  if (end === 'refused') return 'refused';
  // What goes wrong undenied does so for another reason.
  if (denied.length === 0) return 'unnoticed';
  if (end === 'cut off') return 'denied';
  return wrong.length > 0 ? 'goes wrong' : 'survives';
}

/** A grant without which this became of a run is needed. */
export function isProof(result: WayResult): boolean {
  const fate = fateOf(result);
  return fate === 'refused' || fate === 'goes wrong' || fate === 'denied';
}

const LONGEST = 110;

export function sentenceOf(result: WayResult): string {
  const { wrong, denied } = result;
  const fate = fateOf(result);
  const [sentence = ''] = fate === 'goes wrong' || fate === 'unnoticed' ? wrong : denied;
  const why = sentence.replaceAll(/\s+/g, ' ').replaceAll('|', '/');
  return `${fate}${why === '' ? '' : `: ${why.length > LONGEST ? `${why.slice(0, LONGEST)}…` : why}`}`;
}
