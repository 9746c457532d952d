import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Random, uuidFrom } from '../random.ts';

/** What signs task tokens: the one in the directory, so that a token from before a restart is still good. */
export function tokenSecret(directory: string, random: Random): string {
  const file = join(directory, 'token-secret');
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = uuidFrom(random);
  mkdirSync(directory, { recursive: true });
  writeFileSync(`${file}.draft`, secret, { mode: 0o600 });
  renameSync(`${file}.draft`, file);
  return secret;
}
