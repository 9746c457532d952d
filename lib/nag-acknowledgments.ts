import { type CfnElement, type Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { prefixes } from '../src/batch/keys.ts';
import { permittedModels } from '../src/models/catalog.ts';

const wildcard = (resource: string) => `AwsSolutions-IAM5[Resource::${resource}]`;
const bedrock = 'arn:<AWS::Partition>:bedrock';

/** The AwsSolutions findings that stay, each with the reason why it may. */
function findings(stack: Stack): readonly { readonly reason: string; readonly ids: readonly string[] }[] {
  const logicalId = (path: string) => logicalIdAt(stack, path);
  const dataArn = `<${logicalId('DataBucket/Data/Resource')}.Arn>`;
  const execution = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${logicalId('Run/StateMachine/Resource')}"}]}]}`;
  return [
    {
      reason:
        'A run writes and reads objects whose keys hold its name; each function is bound to the prefixes of its step.',
      ids: Object.values(prefixes).map((prefix) => wildcard(`${dataArn}/${prefix}*`)),
    },
    {
      reason:
        "CDK's ResultWriter grants the state machine, and nobody else, writing to the stack's own bucket.",
      ids: [wildcard(`arn:<AWS::Partition>:s3:::<${logicalId('DataBucket/Data/Resource')}>/*`)],
    },
    {
      reason: 'Jobs get their ids from Bedrock when they are submitted; the account and Region are fixed.',
      ids: [wildcard(`${bedrock}:<AWS::Region>:<AWS::AccountId>:model-invocation-job/*`)],
    },
    {
      reason:
        'A family of the catalog is allowed with its later versions, and an inference profile serves it from several Regions.',
      ids: permittedModels().flatMap(({ foundationModel }) => [
        wildcard(`${bedrock}:*::foundation-model/${foundationModel}`),
        wildcard(`${bedrock}:<AWS::Region>:<AWS::AccountId>:inference-profile/*.${foundationModel}`),
      ]),
    },
    {
      reason: 'CDK lets a state machine invoke any version of the functions that are its tasks.',
      ids: ['Preprocess', 'PrepareInput', 'RunJob', 'Postprocess', 'AssembleOutput', 'Summarize'].map(
        (name) => wildcard(`<${logicalId(`Steps/${name}/Resource`)}.Arn>:*`),
      ),
    },
    {
      reason:
        'A Distributed Map describes and stops its own child executions, whose names Step Functions chooses.',
      ids: [':*', '/ProcessChunks:*', '/AssembleOutput:*'].map((children) => wildcard(execution + children)),
    },
    {
      reason: 'X-Ray and the delivery of state machine logs have no resources to name in a policy.',
      ids: [wildcard('*')],
    },
    {
      reason: "AWS's own policy for functions: it allows writing logs, and nothing else.",
      ids: [
        'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      ],
    },
  ];
}

export function acknowledgeFindings(stack: Stack): void {
  for (const { reason, ids } of findings(stack)) {
    Validations.of(stack).acknowledge(...ids.map((id) => ({ id: `AwsSolutions::${id}`, reason })));
  }
}

function logicalIdAt(stack: Stack, path: string): string {
  const construct = path.split('/').reduce((node, id) => node.node.findChild(id), stack as IConstruct);
  return stack.resolve(stack.getLogicalId(construct as CfnElement));
}
