import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

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
    };
    const serverAccessLogsBucket = new Bucket(this, 'AccessLogs', closed);
    this.bucket = new Bucket(this, 'Data', { ...closed, versioned: true, serverAccessLogsBucket });
  }

  get bucketName(): string {
    return this.bucket.bucketName;
  }

  grantRead(grantee: IGrantable, ...prefixes: readonly string[]): void {
    this.#grantObjects(grantee, ['s3:GetObject', 's3:GetObjectVersion'], prefixes);
  }

  grantWrite(grantee: IGrantable, ...prefixes: readonly string[]): void {
    this.#grantObjects(grantee, ['s3:PutObject', 's3:AbortMultipartUpload'], prefixes);
  }

  grantList(grantee: IGrantable, ...prefixes: readonly string[]): void {
    Grant.addToPrincipal({
      grantee,
      actions: ['s3:ListBucket'],
      resourceArns: [this.bucket.bucketArn],
      conditions: { StringLike: { 's3:prefix': prefixes.map((prefix) => `${prefix}*`) } },
    });
  }

  #grantObjects(grantee: IGrantable, actions: string[], prefixes: readonly string[]): void {
    const resourceArns = prefixes.map((prefix) => this.bucket.arnForObjects(`${prefix}*`));
    Grant.addToPrincipal({ grantee, actions, resourceArns, conditions: ownAccount });
  }
}

const ownAccount = { StringEquals: { 'aws:ResourceAccount': Aws.ACCOUNT_ID } };
