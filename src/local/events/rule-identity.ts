export interface RuleIdentity {
  readonly name: string;
  readonly arn: string;
}
