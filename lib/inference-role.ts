import { Aws } from 'aws-cdk-lib';
import { Grant, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { prefixes } from '../src/batch/keys.ts';
import { permittedModels } from '../src/models/catalog.ts';
import { acknowledge, wildcard } from './acknowledge.ts';
import type { DataBucket, Grantee } from './data-bucket.ts';

const arn = (region: string, account: string, resource: string) =>
  `arn:${Aws.PARTITION}:bedrock:${region}:${account}:${resource}`;

const jobArn = arn(Aws.REGION, Aws.ACCOUNT_ID, 'model-invocation-job/*');
const models = permittedModels();
const ownModels = models
  .filter(({ profiles }) => profiles === 'none')
  .map(({ foundationModel }) => arn(Aws.REGION, '', `foundation-model/${foundationModel}`));
/** A profile sends a record to any of its Regions, so the model behind it is allowed in each. */
const profiledModels = models
  .filter(({ profiles }) => profiles !== 'none')
  .flatMap(({ foundationModel }) => [
    arn('*', '', `foundation-model/${foundationModel}`),
    arn(Aws.REGION, Aws.ACCOUNT_ID, `inference-profile/*.${foundationModel}`),
  ]);

/** cdk-nag writes pseudo parameters as `<AWS::Region>`. */
const nagArn = (region: string, account: string, resource: string) =>
  wildcard(`arn:<AWS::Partition>:bedrock:${region}:${account}:${resource}`);
const jobFinding = nagArn('<AWS::Region>', '<AWS::AccountId>', 'model-invocation-job/*');
const modelFindings = models.flatMap(({ foundationModel }) => [
  nagArn('*', '', `foundation-model/${foundationModel}`),
  nagArn('<AWS::Region>', '<AWS::AccountId>', `inference-profile/*.${foundationModel}`),
]);

/** The role that Bedrock takes on to read a job's records, ask the model and write the answers. */
export class InferenceRole extends Construct {
  readonly #role: Role;

  constructor(scope: Construct, id: string, { data }: { readonly data: DataBucket }) {
    super(scope, id);
    this.#role = new Role(this, 'Role', {
      description: 'Amazon Bedrock batch inference jobs of this stack',
      assumedBy: new ServicePrincipal('bedrock.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnEquals: { 'aws:SourceArn': jobArn },
        },
      }),
    });
    // As wide as AWS documents the role: what Bedrock's validation asks for besides is not written down, and shows only as failed jobs.
    data.grantRead(this.#role, prefixes.jobInputs, prefixes.jobOutputs);
    data.grantPut(this.#role, prefixes.jobOutputs);
    data.grantListAll(this.#role);
    // For profiles alone: Bedrock asks a model that is named by itself without the role.
    Grant.addToPrincipal({
      grantee: this.#role,
      actions: ['bedrock:InvokeModel'],
      resourceArns: [...profiledModels],
    });
    acknowledgeModels(this.#role);
  }

  get roleArn(): string {
    return this.#role.roleArn;
  }

  /** Submitting jobs that run under this role. */
  grantSubmit(grantee: Grantee): void {
    const resourceArns = [jobArn, ...ownModels, ...profiledModels];
    Grant.addToPrincipal({ grantee, actions: ['bedrock:CreateModelInvocationJob'], resourceArns });
    acknowledgeModels(grantee);
    Grant.addToPrincipal({
      grantee,
      actions: ['iam:PassRole'],
      resourceArns: [this.#role.roleArn],
      conditions: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
    });
  }

  /** Asking the models themselves. */
  grantInvoke(grantee: Grantee): void {
    const resourceArns = [...ownModels, ...profiledModels];
    Grant.addToPrincipal({ grantee, actions: ['bedrock:InvokeModel'], resourceArns });
    acknowledgeModels(grantee);
  }

  /** Stopping a job, whose ARN may have to be found by its name first. */
  grantStop(grantee: Grantee): void {
    Grant.addToPrincipal({ grantee, actions: ['bedrock:StopModelInvocationJob'], resourceArns: [jobArn] });
    Grant.addToPrincipal({ grantee, actions: ['bedrock:ListModelInvocationJobs'], resourceArns: ['*'] });
    acknowledge(grantee, 'Listing jobs knows no resources.', wildcard('*'));
    this.grantWatch(grantee);
  }

  grantWatch(grantee: Grantee): void {
    Grant.addToPrincipal({ grantee, actions: ['bedrock:GetModelInvocationJob'], resourceArns: [jobArn] });
    acknowledge(grantee, 'Bedrock gives jobs their ids; account and Region are fixed.', jobFinding);
  }
}

function acknowledgeModels(grantee: Grantee): void {
  const reason =
    'A family of the catalog is allowed with its later versions, in each Region that its profiles reach.';
  acknowledge(grantee, reason, ...modelFindings);
}
