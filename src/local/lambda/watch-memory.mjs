// @ts-check

const EVERY_MS = 100;
/** What is garbage by the next look was not needed. */
const PATIENCE = 3;

/**
 * Tells when this thread's heap and buffers have held more than the function has for a while. Lambda counts the whole process
 * and at once, so this is lenient; while code runs that never waits, nobody looks.
 * @param {number} limit bytes @param {() => void} exceeded
 */
export function watchMemory(limit, exceeded) {
  let over = 0;
  const timer = setInterval(() => {
    const { heapUsed, external } = process.memoryUsage();
    over = heapUsed + external > limit ? over + 1 : 0;
    if (over === PATIENCE) exceeded();
  }, EVERY_MS);
  // A function that has nothing else to do may end.
  timer.unref();
}
