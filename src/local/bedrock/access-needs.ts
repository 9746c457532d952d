import { foundationModelOf } from '../../models/catalog.ts';
import {
  type ApiCall,
  type Need,
  type NeedsByOperation,
  type NeedsOf,
  type Place,
  regionalArn,
  segmentsOf,
  textIn,
} from '../iam/actions/need.ts';

const JOB = 'model-invocation-job';

export const BEDROCK_NEEDS: NeedsByOperation = {
  CreateModelInvocationJob: createJob,
  GetModelInvocationJob: onJob('bedrock:GetModelInvocationJob'),
  StopModelInvocationJob: onJob('bedrock:StopModelInvocationJob'),
  ListModelInvocationJobs: () => [{ action: 'bedrock:ListModelInvocationJobs', resources: ['*'] }],
};

export const BEDROCK_RUNTIME_NEEDS: NeedsByOperation = {
  InvokeModel: invoke('bedrock:InvokeModel'),
  Converse: invoke('bedrock:InvokeModel'),
  InvokeModelWithResponseStream: invoke('bedrock:InvokeModelWithResponseStream'),
  ConverseStream: invoke('bedrock:InvokeModelWithResponseStream'),
};

/**
 * A job that is not there yet has the ARN of any; its role is handed on to Bedrock. AWS documents the models among what is asked
 * about, but not whether a profile stands for its models then: so both are needed here.
 */
function createJob({ body }: ApiCall, place: Place): readonly Need[] {
  const action = 'bedrock:CreateModelInvocationJob';
  return [
    ...modelNeeds(action, textIn(body, 'modelId'), place),
    { action, resources: [regionalArn(place, 'bedrock', `${JOB}/*`)] },
    {
      action: 'iam:PassRole',
      resources: [textIn(body, 'roleArn')],
      context: { 'iam:PassedToService': 'bedrock.amazonaws.com' },
    },
    ...(Array.isArray(body['tags'])
      ? [{ action: 'bedrock:TagResource', resources: [regionalArn(place, 'bedrock', `${JOB}/*`)] }]
      : []),
  ];
}

/** By its ARN, or the id at the ARN's end. */
function onJob(action: string): NeedsOf {
  return ({ url }, place) => {
    const [, identifier = ''] = segmentsOf(url);
    const arn = identifier.startsWith('arn:')
      ? identifier
      : regionalArn(place, 'bedrock', `${JOB}/${identifier}`);
    return [{ action, resources: [arn] }];
  };
}

function invoke(action: string): NeedsOf {
  return ({ url }, place) => modelNeeds(action, segmentsOf(url)[1] ?? '', place);
}

/**
 * Who calls a model through an inference profile needs the profile, and the model in every Region that the profile may
 * send the call to (page "Prerequisites for inference profiles").
 */
export function modelNeeds(action: string, modelId: string, place: Place): readonly Need[] {
  const { id, profile } = foundationModelOf(modelId);
  const named: Need = { action, resources: [modelArn(modelId, place)] };
  if (!profile) return [named];
  const context = { 'bedrock:InferenceProfileArn': modelArn(modelId, place) };
  const models = regionsOf(modelId, place).map((region) => ({
    action,
    resources: [foundationModelArn(place, region, id)],
    context,
  }));
  return [named, ...models];
}

function modelArn(modelId: string, place: Place): string {
  if (modelId.startsWith('arn:')) return modelId;
  if (foundationModelOf(modelId).profile)
    return regionalArn(place, 'bedrock', `inference-profile/${modelId}`);
  return foundationModelArn(place, place.account.region, modelId);
}

function foundationModelArn({ account: { partition } }: Place, region: string, id: string): string {
  return `arn:${partition}:bedrock:${region}::foundation-model/${id}`;
}

/** Where the profiles of a geography may send a call; of a model's own profile it may be fewer. */
const REGIONS: Readonly<Record<string, readonly string[]>> = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  'us-gov': ['us-gov-east-1', 'us-gov-west-1'],
  ca: ['ca-central-1', 'ca-west-1'],
  eu: ['eu-central-1', 'eu-north-1', 'eu-south-1', 'eu-south-2', 'eu-west-1', 'eu-west-3'],
  apac: [
    'ap-northeast-1',
    'ap-northeast-2',
    'ap-northeast-3',
    'ap-south-1',
    'ap-south-2',
    'ap-southeast-1',
    'ap-southeast-2',
  ],
  jp: ['ap-northeast-1', 'ap-northeast-3'],
  au: ['ap-southeast-2', 'ap-southeast-4'],
};

/** A global profile's model has an ARN without a Region, besides that of the Region it is called from. */
function regionsOf(modelId: string, { account: { region } }: Place): readonly string[] {
  const name = modelId.slice(modelId.lastIndexOf('/') + 1);
  const geography = name.slice(0, name.indexOf('.'));
  return REGIONS[geography] ?? [region, ''];
}
