import { createHmac } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { ApiError } from './api/api-error.ts';
import { StatesError } from './errors.ts';
import type { TaskTicket } from './options.ts';
import { type Random, uuidFrom } from './random.ts';

interface Wait {
  readonly succeed: (output: unknown) => void;
  readonly fail: (error: StatesError) => void;
  beat: number;
}

const TOKEN = /^AQ([0-9a-f]{32})([0-9a-f]{64})$/;

/** The waits for a callback. A token proves by its own signature that it was issued here, so dead ones need no memory. */
export class TaskTokens {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #secret: string;
  readonly #waits = new Map<string, Wait>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#secret = uuidFrom(random);
  }

  open(): TaskTicket {
    const id = uuidFrom(this.#random).replaceAll('-', '');
    const token = `AQ${id}${this.#sign(id)}`;
    const opened = this.#clock.now();
    const answer = new Promise<unknown>((succeed, fail) => {
      this.#waits.set(token, { succeed, fail, beat: opened });
    });
    const lastHeartbeat = () => this.#waits.get(token)?.beat ?? opened;
    return { token, answer, lastHeartbeat, close: () => void this.#waits.delete(token) };
  }

  succeed(token: unknown, output: unknown): void {
    this.#take(token).succeed(output);
  }

  fail(token: unknown, error?: string, cause?: string): void {
    this.#take(token).fail(new StatesError(error ?? '', cause));
  }

  heartbeat(token: unknown): void {
    this.#waitOf(token).beat = this.#clock.now();
  }

  #take(token: unknown): Wait {
    const wait = this.#waitOf(token);
    this.#waits.delete(String(token));
    return wait;
  }

  #waitOf(token: unknown): Wait {
    const [, id, signature] = TOKEN.exec(String(token)) ?? [];
    if (id === undefined) throw new ApiError('InvalidToken', "Invalid Token: 'Invalid token'");
    if (signature !== this.#sign(id)) throw new ApiError('TaskDoesNotExist', 'Task does not exist');
    const wait = this.#waits.get(String(token));
    if (wait) return wait;
    throw new ApiError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  }

  #sign(id: string): string {
    return createHmac('sha256', this.#secret).update(id).digest('hex');
  }
}
