/**
 * The context keys that requests to the local AWS have, or are known not to have. A policy that names any other one is
 * refused when it is read: whether it holds could only be guessed.
 */
const KNOWN_KEYS = [
  ...['aws:PrincipalArn', 'aws:PrincipalAccount', 'aws:PrincipalType', 'aws:PrincipalIsAWSService'],
  ...['aws:PrincipalServiceName', 'aws:SourceAccount', 'aws:SourceArn', 'aws:ResourceAccount'],
  ...['aws:RequestedRegion', 'aws:SecureTransport', 'aws:CurrentTime', 'aws:EpochTime'],
  ...['s3:prefix', 's3:delimiter', 's3:max-keys', 's3:VersionId'],
  ...['iam:PassedToService', 'bedrock:InferenceProfileArn'],
  // Of users and of clients with a second factor: no role's request has them.
  ...['aws:username', 'aws:MultiFactorAuthPresent'],
].map((key) => key.toLowerCase());

export type ContextValue = string | readonly string[];

/** What a request is known by, by lower-case key: IAM does not look at the case of keys. */
export type Context = ReadonlyMap<string, ContextValue>;

/** Members that are undefined are keys that the request does not have. */
export type ContextValues = Readonly<Record<string, ContextValue | undefined>>;

export function contextOf(...given: readonly ContextValues[]): Context {
  const context = new Map<string, ContextValue>();
  for (const values of given) {
    for (const [key, value] of Object.entries(values)) {
      if (value !== undefined) context.set(key.toLowerCase(), value);
    }
  }
  return context;
}

export function isKnownKey(key: string): boolean {
  return KNOWN_KEYS.includes(key.toLowerCase());
}
