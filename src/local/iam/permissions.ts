export interface NamedPolicy {
  readonly name: string;
  /** The JSON of the policy. */
  readonly document: unknown;
}

export interface RoleDefinition {
  readonly arn: string;
  readonly name: string;
  /** Who may assume it. */
  readonly trust: unknown;
  readonly policies: readonly NamedPolicy[];
}

/** A state machine, and the role that its executions run as. */
export interface MachineRole {
  readonly arn: string;
  readonly roleArn: string;
  /** Those of the Distributed Maps in it, each of which is a machine of its own. */
  readonly labels: readonly string[];
}

/** What a role must be allowed already when something is created that runs as it. */
export interface CreationNeed {
  /** The name or ARN of what is created. */
  readonly created: string;
  readonly roleArn: string;
  readonly session: string;
  readonly action: string;
  readonly resource: string;
  /** What AWS says where it is not allowed. */
  readonly refusal: string;
}

/** Everything that decides in a stack who may do what. */
export interface Permissions {
  readonly roles: readonly RoleDefinition[];
  /** ARNs of roles by the names of the functions that run as them. */
  readonly functionRoles: ReadonlyMap<string, string>;
  /** Policies of buckets, queues and functions, with the ARNs of those. */
  readonly resourcePolicies: readonly { readonly resource: string; readonly policy: NamedPolicy }[];
  readonly stateMachines: readonly MachineRole[];
  readonly creationNeeds: readonly CreationNeed[];
}
