import { lines } from '../data/lines.ts';
import type { ObjectStore } from './collaborators.ts';

/** A small object's JSON. @throws SyntaxError where it is none */
export async function readJson(objects: ObjectStore, key: string): Promise<unknown> {
  let text = '';
  for await (const line of lines(objects.read(key))) text += line;
  return JSON.parse(text);
}
