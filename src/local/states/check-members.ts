/** The members of an object that is known; null for what may be anything. */
interface Members {
  readonly [name: string]: Members | null;
}

/** Page "Accessing execution data from the Context object in Step Functions". */
const CONTEXT: Members = {
  Execution: {
    ...{ Id: null, Input: null, Name: null, RoleArn: null, StartTime: null },
    ...{ RedriveCount: null, RedriveTime: null },
  },
  State: { EnteredTime: null, Name: null, RetryCount: null },
  StateMachine: { Id: null, Name: null },
  Task: { Token: null },
  Map: { Item: { Index: null, Value: null, Key: null, Source: null } },
};

/** What `lambda:invoke` gives of a function that does not answer by a token. */
const INVOCATION: Members = {
  ...{ ExecutedVersion: null, Payload: null, StatusCode: null, LogResult: null, FunctionError: null },
  ...{ SdkHttpMetadata: null, SdkResponseMetadata: null },
};

/** The path up to the first name that is none of a member of `$states`. */
export function unknownMember(path: readonly string[], ofInvocation: boolean): string | undefined {
  let members: Members | null | undefined = {
    input: null,
    result: ofInvocation ? INVOCATION : null,
    errorOutput: { Error: null, Cause: null },
    context: CONTEXT,
  };
  for (const [index, name] of path.entries()) {
    if (members === null) return undefined;
    if (!Object.hasOwn(members, name)) return ['$states', ...path.slice(0, index + 1)].join('.');
    members = members[name] ?? null;
  }
  return undefined;
}
