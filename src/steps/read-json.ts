import type { ObjectStore } from './collaborators.ts';

/** An object's JSON, which memory holds as a whole. @throws SyntaxError where it is none */
export async function readJson(objects: ObjectStore, key: string): Promise<unknown> {
  const parts: Uint8Array[] = [];
  for await (const part of objects.read(key)) parts.push(Uint8Array.from(part));
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}
