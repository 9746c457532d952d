export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly ref: string;
  readonly arn: string | undefined;
  /** With every intrinsic function resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
}
