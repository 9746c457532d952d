import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { sendError } from '../http/error-answer.ts';
import type { Intercept } from '../http/listen.ts';
import { operationOf, type ServiceName } from '../http/operation.ts';
import { peekBody } from '../http/peek-body.ts';
import type { Account } from '../template/resources.ts';
import type { ApiCall, Need, Place } from './actions/need.ts';
import { needsBody, needsOfCall } from './actions/needs-of-call.ts';
import { listingNeed } from './actions/s3-needs.ts';
import type { Authorization } from './authorization.ts';
import { type Caller, Callers } from './callers.ts';
import { hideMissing } from './hide-missing.ts';

interface Arrival {
  readonly service: ServiceName;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly handler: RequestListener;
}

type RoleCaller = Extract<Caller, { readonly kind: 'role' }>;

/** Lets requests through to a service that their callers are allowed, and answers the others as the service would. */
export class Guard {
  readonly #authorization: Authorization;
  readonly #callers: Callers;
  readonly #place: Place;

  constructor(authorization: Authorization, account: Account) {
    this.#authorization = authorization;
    this.#callers = new Callers(authorization.permissions);
    const machines = authorization.permissions.stateMachines.flatMap(({ arn, labels }) => [
      arn,
      ...labels.map((label) => `${arn}/${label}`),
    ]);
    this.#place = { account, stateMachines: machines };
  }

  before(service: ServiceName): Intercept {
    return (handler) => (request, response) => {
      const caller = this.#callers.of(request);
      if (caller.kind === 'unrestricted') handler(request, response);
      else if (caller.kind === 'role') void this.#admit({ service, request, response, handler }, caller);
      else refuseStranger({ service, request, response, handler }, caller.kind);
    };
  }

  async #admit(arrival: Arrival, caller: RoleCaller): Promise<void> {
    const { service, request, response, handler } = arrival;
    const operation = operationOf(service, request);
    const peeked = needsBody(service, operation) ? await peekBody(request) : undefined;
    if (request.destroyed && peeked === undefined) return;
    const { url = '', headers } = request;
    const call: ApiCall = { operation, url, headers, body: members(peeked) };
    const refusal = this.#refusal(service, call, caller);
    if (refusal !== undefined) return deny(arrival, refusal);
    const listing = service === 's3' ? listingNeed(call, this.#place) : undefined;
    if (listing !== undefined) this.#hideMissing(arrival, listing, caller);
    handler(request, response);
  }

  #refusal(service: ServiceName, call: ApiCall, { roleArn, session }: RoleCaller): string | undefined {
    if (!this.#authorization.knows(roleArn))
      return `The local AWS does not know the role ${roleArn} of ${session}.`;
    const needs = needsOfCall(service, call, this.#place);
    if (needs === undefined || needs.length === 0) {
      return `The local AWS does not know what ${session} must be allowed for ${call.operation} of ${service}.`;
    }
    for (const need of needs) {
      const denial = this.#authorization.denialOf(roleArn, session, need);
      if (denial !== undefined) return denial.message;
    }
    return undefined;
  }

  /** What a listing would be needed for is asked only where something is missing. */
  #hideMissing({ request, response }: Arrival, need: Need, { roleArn, session }: RoleCaller): void {
    hideMissing(
      request.method,
      response,
      () => this.#authorization.denialOf(roleArn, session, need)?.message,
    );
  }
}

/** A body that is none the service refuses; meanwhile it names no resource that could be allowed. */
function members(body: Buffer | undefined): ApiCall['body'] {
  try {
    return Object(JSON.parse(body?.toString() || '{}'));
  } catch {
    return {};
  }
}

interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** How each service says that something is not allowed. */
const REFUSALS: Readonly<Record<ServiceName, Refusal>> = {
  s3: { status: 403, code: 'AccessDenied' },
  dynamodb: { status: 400, code: 'AccessDeniedException' },
  states: { status: 400, code: 'AccessDeniedException' },
  sqs: { status: 403, code: 'AccessDenied' },
  secretsmanager: { status: 400, code: 'AccessDeniedException' },
  bedrock: { status: 403, code: 'AccessDeniedException' },
  'bedrock-runtime': { status: 403, code: 'AccessDeniedException' },
};

function deny({ service, request, response }: Arrival, message: string, code?: string): void {
  const refusal = REFUSALS[service];
  sendError(service, request.method, response, { ...refusal, message, ...(code !== undefined && { code }) });
  // Read away, so that the connection can be used again.
  request.resume();
}

function refuseStranger(arrival: Arrival, kind: 'unsigned' | 'unknown'): void {
  if (kind === 'unsigned') deny(arrival, 'Missing Authentication Token', 'MissingAuthenticationToken');
  else deny(arrival, 'The security token included in the request is invalid.', 'InvalidClientTokenId');
}
