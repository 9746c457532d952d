import { type Body, isBody } from '../simulator.ts';

export interface OpenAiServerOptions {
  /** OpenAI's base URL, e.g. `http://127.0.0.1:11434/v1`. */
  readonly url: string;
  /** Sent as a bearer token, and never told. */
  readonly apiKey?: string | undefined;
  /** How long one answer may take. */
  readonly timeoutMs: number;
}

/** What the server said, or an HTTP status and a clause for why it said nothing of use. */
export type Reply = { readonly json: unknown } | Failure;

interface Failure {
  readonly status: number;
  readonly why: string;
}

interface Exchange {
  readonly path: string;
  /** POSTed as JSON; GET without. */
  readonly body?: Body;
  readonly signal?: AbortSignal;
}

/** Longer texts of errors are mostly pages of HTML. */
const SHOWN_CHARACTERS = 300;

/** An OpenAI-compatible server. Whatever is wrong with it is a value; only the caller's signal rejects. */
export class OpenAiServer {
  readonly #options: OpenAiServerOptions;

  constructor(options: OpenAiServerOptions) {
    this.#options = options;
  }

  async exchange({ path, body, signal }: Exchange): Promise<Reply> {
    signal?.throwIfAborted();
    // Not AbortSignal.any: what it makes of a signal that lives on is slow to be collected.
    const breakOff = new AbortController();
    const close = (): void => breakOff.abort();
    const timer = setTimeout(close, this.#options.timeoutMs);
    signal?.addEventListener('abort', close);
    try {
      return this.#withoutKey(await replyOf(await this.#fetched(path, body, breakOff.signal)));
    } catch (error) {
      signal?.throwIfAborted();
      return breakOff.signal.aborted ? this.#tooSlow() : this.#withoutKey(unreachable(error));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', close);
    }
  }

  #fetched(path: string, body: Body | undefined, signal: AbortSignal): Promise<Response> {
    const { url, apiKey } = this.#options;
    const headers = {
      accept: 'application/json',
      ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    // A redirect would make a GET of a POST, and is an answer like any other that is none.
    return fetch(`${url.replace(/\/+$/, '')}/${path}`, { ...sent, headers, signal, redirect: 'manual' });
  }

  #tooSlow(): Failure {
    return { status: 408, why: `did not answer within ${this.#options.timeoutMs / 1000} s` };
  }

  /** Servers like to quote what they refuse. */
  #withoutKey(reply: Reply): Reply {
    const { apiKey } = this.#options;
    return 'json' in reply || !apiKey ? reply : { ...reply, why: reply.why.replaceAll(apiKey, '***') };
  }
}

async function replyOf(response: Response): Promise<Reply> {
  const { ok, status } = response;
  const text = await response.text();
  const json = parsed(text);
  // What is neither an answer nor an error of HTTP comes from a bad gateway.
  if (!ok)
    return { status: status < 400 ? 502 : status, why: `answered HTTP ${status}${messageOf(json, text)}` };
  return json === undefined ? { status: 502, why: `answered what is no JSON${shown(text)}` } : { json };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `{"error": {"message": …}}` is OpenAI's way; others have it without the one, or in plain text. */
function messageOf(json: unknown, text: string): string {
  const outer = isBody(json) ? json : {};
  const { message } = isBody(outer['error']) ? outer['error'] : outer;
  return shown(typeof message === 'string' ? message : text);
}

function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line === '' ? '' : `: ${line.slice(0, SHOWN_CHARACTERS)}`;
}

/** Of a connection that fails, fetch tells no more than that it did; its cause tells why. */
function unreachable(error: unknown): Failure {
  const { message, cause } = error as Error;
  const { code, message: reason = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  return { status: 503, why: `could not be reached: ${reason || code || message}` };
}
