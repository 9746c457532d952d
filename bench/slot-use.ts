/** When a job held a slot, in milliseconds. */
export interface JobTime {
  readonly from: number;
  readonly to: number;
}

export interface SlotUse {
  /** Of the time of all slots, from the first submit to the last: as long as there was work that waited. */
  readonly share: number;
  /** The same from the moment when all slots were taken for the first time. */
  readonly steadyShare: number;
  readonly most: number;
}

/** How well jobs fill so many slots. */
export function slotUse(jobs: readonly JobTime[], slots: number): SlotUse {
  const begins = jobs.map(({ from }) => from).sort((a, b) => a - b);
  const first = begins[0] ?? 0;
  const last = begins.at(-1) ?? 0;
  const { most, fullAt = first } = peak(jobs, slots);
  const shareFrom = (start: number) =>
    jobs.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, last) - Math.max(from, start)), 0) /
    (slots * (last - start));
  return { share: shareFrom(first), steadyShare: shareFrom(fullAt), most };
}

function peak(jobs: readonly JobTime[], slots: number): { readonly most: number; readonly fullAt?: number } {
  const changes = jobs
    .flatMap(({ from, to }) => [
      { at: from, by: 1 },
      { at: to, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  let [held, most] = [0, 0];
  let fullAt: number | undefined;
  for (const { at, by } of changes) {
    held += by;
    most = Math.max(most, held);
    if (held >= slots) fullAt ??= at;
  }
  return { most, ...(fullAt !== undefined && { fullAt }) };
}
