import type { IncomingMessage } from 'node:http';
import { accessKeyId, sessionToken } from '../http/listen.ts';
import { accessKeyOf } from '../lambda/access-key.ts';
import { LocalAwsError } from '../local-aws-error.ts';
import type { Permissions } from './permissions.ts';

/** Who sent a request: somebody who may do everything, nobody that is known, or a session of a role. */
export type Caller =
  | { readonly kind: 'unrestricted' | 'unsigned' | 'unknown' }
  | { readonly kind: 'role'; readonly roleArn: string; readonly session: string };

/** The services that act as roles: which one is in the session token of their credentials. */
const SERVICE_KEYS: readonly string[] = ['LOCALSTATES', 'LOCALBEDROCK'];

const UNRESTRICTED: Caller = { kind: 'unrestricted' };

/** Knows who calls by the access key. @throws LocalAwsError for functions that could not be told apart */
export class Callers {
  readonly #functions = new Map<string, Caller & { readonly kind: 'role' }>();

  constructor({ functionRoles }: Permissions) {
    for (const [name, roleArn] of functionRoles) {
      const key = accessKeyOf(name);
      const other = this.#functions.get(key);
      if (other !== undefined) {
        throw new LocalAwsError(
          `The local AWS cannot tell the functions ${other.session} and ${name} apart.`,
        );
      }
      this.#functions.set(key, { kind: 'role', roleArn, session: name });
    }
  }

  of(request: IncomingMessage): Caller {
    const key = accessKeyId(request);
    if (key === undefined) return { kind: 'unsigned' };
    if (SERVICE_KEYS.includes(key)) return serviceCaller(key, sessionToken(request));
    const known = this.#functions.get(key);
    if (known !== undefined) return known;
    return isReserved(key) ? { kind: 'unknown' } : UNRESTRICTED;
  }
}

/** A service without a role does its own housekeeping, of which AWS's would not tell anybody. */
function serviceCaller(key: string, roleArn: string | undefined): Caller {
  if (roleArn === undefined) return UNRESTRICTED;
  return { kind: 'role', roleArn, session: key === 'LOCALSTATES' ? 'states' : 'bedrock' };
}

/** Whoever else signs is the user, be it with keys of an account. */
function isReserved(key: string): boolean {
  return key.startsWith('LOCAL') && key !== 'LOCALUSER' && key !== 'LOCALCLOUDFORMATION';
}
