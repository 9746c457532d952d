import type { Evaluation } from './evaluate.ts';
import type { Patterns, PolicyKind, Statement } from './policy.ts';

/** One action on one resource that a policy allows, as the policy writes them. */
export interface Grant {
  readonly kind: PolicyKind;
  /** The name of the role, or the ARN of the resource, that has the policy. */
  readonly owner: string;
  readonly policy: string;
  readonly action: string;
  readonly resource: string;
  readonly condition: string | undefined;
  /** How often it was what allowed something. */
  readonly uses: number;
}

/** Counts what is made use of; where two grants allow the same, the one that stands first is. */
export class GrantCounter {
  readonly #owners = new Map<Statement, string>();
  readonly #uses = new Map<Statement, Map<string, number>>();

  /** The statements whose grants are listed. */
  list(owner: string, statements: readonly Statement[]): void {
    for (const statement of statements) if (statement.effect === 'Allow') this.#owners.set(statement, owner);
  }

  count({ statement, action, resource }: Evaluation): void {
    if (statement === undefined) return;
    const uses = this.#uses.get(statement) ?? new Map<string, number>();
    const name = `${action} ${resource}`;
    uses.set(name, (uses.get(name) ?? 0) + 1);
    this.#uses.set(statement, uses);
  }

  grants(): readonly Grant[] {
    return [...this.#owners].flatMap(([statement, owner]) => this.#grantsOf(statement, owner));
  }

  #grantsOf(statement: Statement, owner: string): readonly Grant[] {
    const { kind, policy, conditionText: condition } = statement;
    return textsOf(statement.actions).flatMap((action) =>
      textsOf(statement.resources).map((resource) => {
        const uses = this.#uses.get(statement)?.get(`${action} ${resource}`) ?? 0;
        return { kind, owner, policy, action, resource, condition, uses };
      }),
    );
  }
}

/** A negated element is one grant, whatever it leaves out; a trust policy has no resource. */
function textsOf({ patterns, negated }: Patterns): readonly string[] {
  return negated ? [patterns[0]?.text ?? ''] : patterns.map(({ text }) => text);
}
