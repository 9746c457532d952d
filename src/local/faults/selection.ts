import { createHash } from 'node:crypto';
import { LocalAwsError } from '../local-aws-error.ts';

/** Which of the things that a fault could befall it does. With none of the three all of them; more than one is refused. */
export interface Selection {
  /** The nth, from 1. */
  readonly nth?: number;
  /** Each so-many-eth. */
  readonly every?: number;
  /** How likely, 0 to 1, by the seed and what the thing is: the same thing meets the same fate every time. */
  readonly chance?: number;
}

export interface Selected {
  /** The first is 1. */
  readonly ordinal: number;
  readonly identity: string;
}

/** `index` is the fault's place in its plan, so that two faults of one chance do not choose the same things. */
export function selects(
  fault: Selection,
  seed: number,
  index: number,
  { ordinal, identity }: Selected,
): boolean {
  const { nth, every, chance } = fault;
  if (nth !== undefined) return ordinal === nth;
  if (every !== undefined) return ordinal % every === 0;
  return chance === undefined || drawOf(seed, index, identity) < chance;
}

/** A number from 0 up to 1. */
export function drawOf(seed: number, index: number, identity: string): number {
  const digest = createHash('sha256').update(`${seed}/${index}/${identity}`).digest();
  return digest.readUIntBE(0, 6) / 2 ** 48;
}

/** What a member must be: the check, and the words of a refusal. */
export type Rule = readonly [isGood: (value: unknown) => boolean, words: string];

export const RULES = {
  count: [(value) => Number.isInteger(value) && Number(value) >= 1, 'a whole number from 1'],
  amount: [(value) => Number.isInteger(value) && Number(value) >= 0, 'a whole number from 0'],
  share: [(value) => typeof value === 'number' && value >= 0 && value <= 1, 'a number from 0 to 1'],
  text: [(value) => typeof value === 'string' && value !== '', 'a text'],
  yes: [(value) => value === true, 'true'],
} as const satisfies Record<string, Rule>;

export const oneOf = (values: readonly unknown[]): Rule => [
  (value) => values.includes(value),
  `one of ${values.join(', ')}`,
];

const SELECTION: Readonly<Record<keyof Selection, Rule>> = {
  nth: RULES.count,
  every: RULES.count,
  chance: RULES.share,
};

/** @throws LocalAwsError for a member that is not there or not good, or for two that exclude each other */
export function assertMembers(
  fault: Selection,
  members: Readonly<Record<string, Rule>>,
  exclusive: readonly (readonly string[])[],
): void {
  const given = Object.entries(fault).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const [isGood, words] = { ...SELECTION, ...members }[name] ?? [];
    if (isGood === undefined) throw refused(fault, `${name} is no member of it`);
    if (!isGood(value)) throw refused(fault, `${name} must be ${words}`);
  }
  for (const names of [Object.keys(SELECTION), ...exclusive]) {
    const met = names.filter((name) => given.some(([one]) => one === name));
    if (met.length > 1) throw refused(fault, `${met.join(' and ')} exclude each other`);
  }
}

export function refused(fault: object, rule: string): LocalAwsError {
  return new LocalAwsError(`Cannot plan the fault ${JSON.stringify(fault)}: ${rule}.`);
}
