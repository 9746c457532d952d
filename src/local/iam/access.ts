import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { modelNeeds } from '../bedrock/access-needs.ts';
import type { Clock } from '../clock.ts';
import type { Intercept } from '../http/listen.ts';
import type { ServiceName } from '../http/operation.ts';
import type { Account } from '../template/resources.ts';
import type { AccessDenied } from './access-denied.ts';
import { type AccessReport, Authorization } from './authorization.ts';
import { Guard } from './guard.ts';
import type { Permissions } from './permissions.ts';
import { assertRunnable } from './runnable.ts';

interface Enforced {
  readonly authorization: Authorization;
  readonly guard: Guard;
}

/** A batch inference job, as far as its role is concerned. */
interface JobOfRole {
  readonly arn: string;
  readonly request: { readonly roleArn: string; readonly modelId: string };
}

/**
 * What a deployed stack allows: to who sends requests, and to the services that call each other. Until a stack's permissions
 * are enforced everything is allowed.
 */
export class Access {
  readonly #account: Account;
  readonly #clock: Clock;
  #enforced: Enforced | undefined;

  constructor(account: Account, clock: Clock) {
    this.#account = account;
    this.#clock = clock;
  }

  /** @throws LocalAwsError for permissions that cannot be decided by */
  enforce(permissions: Permissions): void {
    const account = this.#account;
    const authorization = new Authorization({ account, clock: this.#clock, permissions });
    assertRunnable(authorization, account);
    this.#enforced = { authorization, guard: new Guard(authorization, account) };
  }

  before(service: ServiceName): Intercept {
    return (handler) => {
      let current: Enforced | undefined;
      let guarded: RequestListener = handler;
      return (request, response) => {
        if (current !== this.#enforced) {
          current = this.#enforced;
          guarded = current?.guard.before(service)(handler) ?? handler;
        }
        guarded(request, response);
      };
    };
  }

  /** @throws AccessDenied where the role of a state machine may not invoke the function */
  assertInvocation(roleArn: string, nameOrArn: string): void {
    const { partition, region, account } = this.#account;
    const arn = `arn:${partition}:lambda:${region}:${account}:function:${nameOrArn}`;
    this.#assertRole(roleArn, 'lambda:InvokeFunction', nameOrArn.startsWith('arn:') ? nameOrArn : arn);
  }

  /** @throws AccessDenied where the role of a state machine may not start children of a Distributed Map */
  assertMapRun(roleArn: string, stateMachineArn: string): void {
    this.#assertRole(roleArn, 'states:StartExecution', stateMachineArn);
  }

  /** @throws AccessDenied where the role may not redrive executions of the machine that a Distributed Map's children are of */
  assertRedrive(roleArn: string, mapMachineArn: string): void {
    const children = `${mapMachineArn.replace(':stateMachine:', ':execution:')}:*`;
    this.#assertRole(roleArn, 'states:RedriveExecution', children);
  }

  /** @throws AccessDenied where a function does not let EventBridge invoke it for the rule */
  assertDelivery(ruleArn: string, functionArn: string): void {
    this.#assertEvents(ruleArn, 'lambda:InvokeFunction', functionArn);
  }

  /** @throws AccessDenied where a queue does not take the dead letters of the rule */
  assertDeadLetter(ruleArn: string, queueArn: string): void {
    this.#assertEvents(ruleArn, 'sqs:SendMessage', queueArn);
  }

  /** @throws AccessDenied where the role of a function may not send what the function failed at to the queue */
  assertFailureSent(functionName: string, queueArn: string): void {
    const roleArn = this.#enforced?.authorization.permissions.functionRoles.get(functionName);
    this.#assertRole(roleArn ?? '', 'sqs:SendMessage', queueArn, functionName);
  }

  /** @throws AccessDenied where Bedrock may not become the job's role, or the role may not call the model's profile */
  assertJob({ arn, request: { roleArn, modelId } }: JobOfRole): void {
    const authorization = this.#enforced?.authorization;
    if (authorization === undefined) return;
    const bedrock = { service: 'bedrock.amazonaws.com', sourceArn: arn };
    assertNone(authorization.denialOfAssuming(bedrock, roleArn));
    const place = { account: this.#account, stateMachines: [] };
    const needs = modelNeeds('bedrock:InvokeModel', modelId, place);
    // A model that is called by itself is Bedrock's own business (page "Create a custom service role for batch inference").
    if (needs.length === 1) return;
    for (const need of needs) assertNone(authorization.denialOf(roleArn, 'bedrock', need));
  }

  /** What was made use of so far; nothing where nothing is enforced. */
  report(): AccessReport {
    return this.#enforced?.authorization.report() ?? { grants: [], denied: [] };
  }

  /** A file of its own for each local AWS, so that those of a whole test suite can be put together. */
  async writeReport(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `${randomUUID()}.json`), JSON.stringify(this.report()));
  }

  #assertRole(roleArn: string, action: string, resource: string, session = 'states'): void {
    assertNone(this.#enforced?.authorization.denialOf(roleArn, session, { action, resources: [resource] }));
  }

  #assertEvents(sourceArn: string, action: string, resource: string): void {
    const events = { service: 'events.amazonaws.com', sourceArn };
    assertNone(this.#enforced?.authorization.denialOfService(events, action, resource));
  }
}

function assertNone(denial: AccessDenied | undefined): void {
  if (denial !== undefined) throw denial;
}
