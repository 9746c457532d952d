import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import { acknowledge, reference, wildcard } from './acknowledge.ts';

/** Who is given access: a function, a role, a state machine. */
export type Grantee = IGrantable & IConstruct;

const ownAccount = { StringEquals: { 'aws:ResourceAccount': Aws.ACCOUNT_ID } };

/** The user's tables, the runs' files and the answers; every access is logged to a bucket of its own. */
export class DataBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const closed = {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      // Answers were paid for: deleting the stack does not delete them.
      removalPolicy: RemovalPolicy.RETAIN,
      // What a killed function had begun to upload would be billed for ever.
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    };
    const serverAccessLogsBucket = new Bucket(this, 'AccessLogs', closed);
    this.bucket = new Bucket(this, 'Data', { ...closed, versioned: true, serverAccessLogsBucket });
  }

  get bucketName(): string {
    return this.bucket.bucketName;
  }

  /** Reading objects as they are now, and finding out which version that is. */
  grantRead(grantee: Grantee, ...prefixes: readonly string[]): void {
    this.#grantObjects(grantee, ['s3:GetObject'], prefixes);
  }

  /** Reading the versions that were found: S3 asks for this alone, then, and for the other alone where no version is named. */
  grantReadVersions(grantee: Grantee, ...prefixes: readonly string[]): void {
    this.#grantObjects(grantee, ['s3:GetObjectVersion'], prefixes);
  }

  /** Objects that are one request each. */
  grantPut(grantee: Grantee, ...prefixes: readonly string[]): void {
    this.#grantObjects(grantee, ['s3:PutObject'], prefixes);
  }

  /** Objects of any size: what breaks off in the middle is removed. */
  grantWrite(grantee: Grantee, ...prefixes: readonly string[]): void {
    this.#grantObjects(grantee, ['s3:PutObject', 's3:AbortMultipartUpload'], prefixes);
  }

  /** What AWS documents that a Distributed Map needs for its manifest and its reports. */
  grantMap(grantee: Grantee, ...prefixes: readonly string[]): void {
    this.grantRead(grantee, ...prefixes);
    this.#grantObjects(
      grantee,
      ['s3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
      prefixes,
    );
  }

  grantList(grantee: Grantee, ...prefixes: readonly string[]): void {
    const conditions = { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } };
    Grant.addToPrincipal({
      grantee,
      actions: ['s3:ListBucket'],
      resourceArns: [this.bucket.bucketArn],
      conditions,
    });
  }

  /** Listing without a prefix too, for a caller whose requests AWS does not document. */
  grantListAll(grantee: Grantee): void {
    const resourceArns = [this.bucket.bucketArn];
    Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns, conditions: ownAccount });
  }

  #grantObjects(grantee: Grantee, actions: string[], prefixes: readonly string[]): void {
    const resourceArns = prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`));
    Grant.addToPrincipal({ grantee, actions, resourceArns, conditions: ownAccount });
    const arn = reference(this.bucket.node.findChild('Resource'), 'Arn');
    const findings = prefixes.map((prefix) => wildcard(`${arn}/${prefix}*`));
    acknowledge(
      grantee,
      'The keys of a run hold its name; the grant is bound to prefixes of this step.',
      ...findings,
    );
  }
}
