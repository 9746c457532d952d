import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { LocalAwsError } from '../../local-aws-error.ts';
import { checkDefinition } from '../check-definition.ts';
import { hashOf } from '../journal/hash.ts';
import type { StateMachine } from './executions.ts';

export interface StateMachineRequest {
  readonly name: string;
  readonly definition: unknown;
  /** The definition as it was written, where it was given as text. */
  readonly text?: string;
  readonly roleArn: string;
}

export interface StateMachinesOptions {
  readonly region: string;
  readonly account: string;
  readonly clock: Clock;
  readonly directory: string;
}

/**
 * The state machines by ARN. Those of a template are there once it is deployed, at every start; what was created through
 * the API has a file, for nobody would create it again.
 */
export class StateMachines {
  readonly #options: StateMachinesOptions;
  readonly #folder: string;
  readonly #machines = new Map<string, StateMachine>();

  constructor(options: StateMachinesOptions) {
    this.#options = options;
    this.#folder = join(options.directory, 'machines');
    mkdirSync(this.#folder, { recursive: true });
    for (const file of readdirSync(this.#folder).filter((name) => name.endsWith('.json'))) this.#load(file);
  }

  get(arn: string): StateMachine | undefined {
    return this.#machines.get(arn);
  }

  named(name: string): StateMachine | undefined {
    return this.get(this.#arnOf(name));
  }

  has(arn: string): boolean {
    return this.#machines.has(arn);
  }

  values(): IterableIterator<StateMachine> {
    return this.#machines.values();
  }

  /** Takes the place of one of the same name. @throws InvalidDefinition for what AWS would refuse or does not run here */
  deploy(request: StateMachineRequest): StateMachine {
    const machine = this.#machineOf(request, this.#options.clock.now());
    this.#machines.set(machine.arn, machine);
    return machine;
  }

  /** One that is there at the next start too. @throws InvalidDefinition */
  create(request: StateMachineRequest): StateMachine {
    const machine = this.#machineOf(request, this.#options.clock.now());
    const draft = `${this.#fileOf(machine)}.draft`;
    const { createdTime } = machine;
    writeFileSync(draft, JSON.stringify({ ...request, createdTime }));
    renameSync(draft, this.#fileOf(machine));
    this.#machines.set(machine.arn, machine);
    return machine;
  }

  delete(machine: StateMachine): void {
    rmSync(this.#fileOf(machine), { force: true });
    this.#machines.delete(machine.arn);
  }

  #load(file: string): void {
    const path = join(this.#folder, file);
    const { createdTime, ...request } = JSON.parse(readFileSync(path, 'utf8'));
    try {
      const machine = this.#machineOf(request as StateMachineRequest, Number(createdTime));
      this.#machines.set(machine.arn, machine);
    } catch (cause) {
      const why = (cause as Error).message;
      throw new LocalAwsError(`Cannot start Step Functions with the machine in ${path}: ${why}`, { cause });
    }
  }

  #machineOf(request: StateMachineRequest, createdTime: number): StateMachine {
    const { name, roleArn, definition, text = JSON.stringify(definition) } = request;
    const checked = checkDefinition(definition);
    return { arn: this.#arnOf(name), name, roleArn, definition: checked, text, createdTime };
  }

  #arnOf(name: string): string {
    const { region, account } = this.#options;
    return `arn:aws:states:${region}:${account}:stateMachine:${name}`;
  }

  /** Names differ in what file systems take for the same. */
  #fileOf({ name }: StateMachine): string {
    return join(this.#folder, `${hashOf(name)}.json`);
  }
}
