export class Killed extends Error {}

export interface Death {
  /** The call, counted over all collaborators, at which the function is killed. */
  readonly at: number;
  /** Before the call took effect, or after. */
  readonly when: 'before' | 'after';
}

type Method = (...args: unknown[]) => unknown;

/**
 * Collaborators of a function that is killed at a call: from then on nothing that it does takes effect, and nothing comes back.
 * `died` says whether it got there, `calls` what was called until then.
 */
export function mortal<T extends object>(collaborators: T, { at, when }: Death) {
  const life = { calls: [] as string[], died: false };
  const call = (name: string, method: Method, args: unknown[]) => {
    if (life.died) return Promise.reject(new Killed());
    const isLast = life.calls.push(name) === at;
    life.died = isLast;
    if (isLast && when === 'before') return Promise.reject(new Killed());
    const answer = method(...args) as Promise<unknown>;
    return isLast ? answer.then(() => Promise.reject(new Killed())) : answer;
  };
  const wrapped = Object.entries(collaborators).map(([name, one]) => [name, wrap(one, call)] as const);
  return { life, collaborators: Object.fromEntries(wrapped) as T };
}

/** Lists and the clock are read without harm, so that only calls that return a promise count. */
function wrap(one: unknown, call: (name: string, method: Method, args: unknown[]) => unknown): unknown {
  if (typeof one !== 'object' || one === null) return one;
  return new Proxy(one, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const method: Method = (...args) => Reflect.apply(value, target, args);
      if (value.constructor.name !== 'AsyncFunction') return method;
      return (...args: unknown[]) => call(String(key), method, args);
    },
  });
}

/** Every way to be killed within a number of calls. */
export function* deaths(calls: number): Generator<Death> {
  for (let at = 1; at <= calls; at++) {
    yield { at, when: 'before' };
    yield { at, when: 'after' };
  }
}
