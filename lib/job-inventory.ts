import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

/** The ledger of jobs, one item a job, written before the job is submitted. */
export class JobInventory extends Construct {
  readonly #table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.#table = new Table(this, 'Jobs', {
      partitionKey: { name: 'job_name', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expires_at',
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.#table.addGlobalSecondaryIndex({
      indexName: 'byExecution',
      partitionKey: { name: 'execution_arn', type: AttributeType.STRING },
      sortKey: { name: 'job_name', type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
  }

  get tableName(): string {
    return this.#table.tableName;
  }

  grantLedger(grantee: IGrantable): void {
    this.#grant(grantee, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
  }

  grantAdvance(grantee: IGrantable): void {
    this.#grant(grantee, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
  }

  /** Finding the jobs of an execution. */
  grantFind(grantee: IGrantable): void {
    const resourceArns = [`${this.#table.tableArn}/index/byExecution`];
    Grant.addToPrincipal({ grantee, actions: ['dynamodb:Query'], resourceArns });
  }

  #grant(grantee: IGrantable, ...actions: string[]): void {
    Grant.addToPrincipal({ grantee, actions, resourceArns: [this.#table.tableArn] });
  }
}
