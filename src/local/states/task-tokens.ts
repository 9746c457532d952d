import { createHmac } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { ApiError } from './api/api-error.ts';
import { StatesError } from './errors.ts';
import type { TaskTicket, TicketRequest } from './options.ts';
import type { Answer } from './progress/cursor.ts';
import { type Random, uuidFrom } from './random.ts';

interface Wait {
  readonly answer: Promise<unknown>;
  settle(answer: Answer): void;
  request: TicketRequest;
  beat: number;
  /** Nobody waits yet: the execution is still to go on after a restart. */
  dormant: boolean;
  answered: boolean;
}

const TOKEN = /^AQ([0-9a-f]{32})([0-9a-f]{64})$/;

/** The waits for a callback. A token proves by its own signature that it was issued here, so dead ones need no memory. */
export class TaskTokens {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #secret: string;
  readonly #waits = new Map<string, Wait>();

  constructor(clock: Clock, random: Random, secret = uuidFrom(random)) {
    this.#clock = clock;
    this.#random = random;
    this.#secret = secret;
  }

  open(request: TicketRequest = {}): TaskTicket {
    const token = request.token ?? this.#newToken();
    const wait = this.#takeOver(token, request) ?? this.#openWait(token, request);
    return {
      token,
      succeed: (output) => this.succeed(token, output),
      fail: (error, cause) => this.fail(token, error, cause),
      heartbeat: () => this.heartbeat(token),
      answer: wait.answer,
      lastHeartbeat: () => wait.beat,
      close: () => void this.#waits.delete(token),
    };
  }

  /** Opens a wait whose execution goes on later, with `open` and the same token. */
  expect(request: TicketRequest & { readonly token: string }): void {
    this.#openWait(request.token, request).dormant = true;
  }

  succeed(token: unknown, output: unknown): void {
    this.#answer(token, { output });
  }

  fail(token: unknown, error?: string, cause?: string): void {
    this.#answer(token, { failure: { error: error ?? '', ...(cause !== undefined && { cause }) } });
  }

  heartbeat(token: unknown): void {
    const wait = this.#waitOf(token);
    const now = this.#clock.now();
    wait.request.onBeat?.(now);
    wait.beat = now;
  }

  #newToken(): string {
    const id = uuidFrom(this.#random).replaceAll('-', '');
    return `AQ${id}${this.#sign(id)}`;
  }

  #openWait(token: string, request: TicketRequest): Wait {
    const { promise, settle } = answerable();
    const beat = request.beat ?? this.#clock.now();
    const wait = { answer: promise, settle, request, beat, dormant: false, answered: false };
    if (request.answer) settle(request.answer);
    else this.#waits.set(token, wait);
    return wait;
  }

  #takeOver(token: string, request: TicketRequest): Wait | undefined {
    const wait = this.#waits.get(token);
    if (!wait) return undefined;
    Object.assign(wait, { request, dormant: false });
    if (wait.answered) this.#waits.delete(token);
    return wait;
  }

  #answer(token: unknown, answer: Answer): void {
    const wait = this.#waitOf(token);
    // First on disk: who is told that it was accepted does not say it again.
    wait.request.onAnswer?.(answer);
    wait.answered = true;
    if (!wait.dormant) this.#waits.delete(String(token));
    wait.settle(answer);
  }

  #waitOf(token: unknown): Wait {
    const [, id, signature] = TOKEN.exec(String(token)) ?? [];
    if (id === undefined) throw new ApiError('InvalidToken', "Invalid Token: 'Invalid token'");
    if (signature !== this.#sign(id)) throw new ApiError('TaskDoesNotExist', 'Task does not exist');
    const wait = this.#waits.get(String(token));
    if (wait && !wait.answered) return wait;
    throw new ApiError('TaskTimedOut', "Task Timed Out: 'Provided task does not exist anymore'");
  }

  #sign(id: string): string {
    return createHmac('sha256', this.#secret).update(id).digest('hex');
  }
}

function answerable(): { readonly promise: Promise<unknown>; settle(answer: Answer): void } {
  let settle: (answer: Answer) => void = () => undefined;
  const promise = new Promise<unknown>((resolve, reject) => {
    settle = (answer) => {
      if ('output' in answer) resolve(answer.output);
      else reject(new StatesError(answer.failure.error, answer.failure.cause));
    };
  });
  // A failure may come before its task goes on and waits for it.
  promise.catch(() => undefined);
  return { promise, settle };
}
