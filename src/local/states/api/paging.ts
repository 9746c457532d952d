import { ApiError } from './api-error.ts';
import { between, type Constraints, longAtMost } from './constraints.ts';

interface PageRequest {
  readonly maxResults?: number;
  readonly nextToken?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextToken?: string;
}

const MOST = 1000;

/** Of the requests that are answered in pages. */
export const PAGE: Constraints = { maxResults: between(0, MOST), nextToken: longAtMost(1024) };

/** The page after the item whose key the token names, so that items added meanwhile neither repeat nor hide others. */
export function pageOf<T>(all: readonly T[], keyOf: (item: T) => string, request: PageRequest): Page<T> {
  const { maxResults, nextToken } = request;
  const size = maxResults || 100;
  const start = nextToken === undefined ? 0 : after(all, keyOf, nextToken);
  const items = all.slice(start, start + size);
  const last = items.at(-1);
  const more = start + size < all.length && last !== undefined;
  return { items, ...(more && { nextToken: Buffer.from(keyOf(last)).toString('base64') }) };
}

function after<T>(all: readonly T[], keyOf: (item: T) => string, token: string): number {
  const key = Buffer.from(token, 'base64').toString();
  const index = all.findIndex((item) => keyOf(item) === key);
  if (index < 0) throw new ApiError('InvalidToken', `Invalid Token: '${token}'`);
  return index + 1;
}
