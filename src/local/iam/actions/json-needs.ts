import { secretArn } from '../../secrets/secret-arn.ts';
import {
  type ApiCall,
  type Need,
  type NeedsByOperation,
  type NeedsOf,
  type Place,
  regionalArn,
  textIn,
} from './need.ts';

/** Operations on one table have their own names as actions. */
export const DYNAMODB_NEEDS: NeedsByOperation = {
  ...onTable('GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'DescribeTable'),
  ...onTable('CreateTable', 'UpdateTable', 'DeleteTable', 'DescribeTimeToLive'),
  ...onIndex('Query', 'Scan'),
  BatchGetItem: onTables('dynamodb:BatchGetItem'),
  BatchWriteItem: onTables('dynamodb:BatchWriteItem'),
  ListTables: () => [{ action: 'dynamodb:ListTables', resources: ['*'] }],
};

export const SQS_NEEDS: NeedsByOperation = {
  ...onQueue('SendMessage', 'ReceiveMessage', 'DeleteMessage', 'ChangeMessageVisibility'),
  ...onQueue('GetQueueAttributes', 'GetQueueUrl', 'PurgeQueue'),
  SendMessageBatch: (call, place) => [{ action: 'sqs:SendMessage', resources: [queueArn(call, place)] }],
  DeleteMessageBatch: (call, place) => [{ action: 'sqs:DeleteMessage', resources: [queueArn(call, place)] }],
};

export const SECRETS_NEEDS: NeedsByOperation = {
  GetSecretValue: ({ body }, { account }) => [
    { action: 'secretsmanager:GetSecretValue', resources: [secretArn(account, textIn(body, 'SecretId'))] },
  ],
};

function byName(
  service: string,
  names: readonly string[],
  resource: (call: ApiCall, place: Place) => string,
) {
  const needs =
    (name: string): NeedsOf =>
    (call, place) => [{ action: `${service}:${name}`, resources: [resource(call, place)] }];
  return Object.fromEntries(names.map((name) => [name, needs(name)]));
}

function onTable(...names: readonly string[]): NeedsByOperation {
  return byName('dynamodb', names, ({ body }, place) => tableArn(textIn(body, 'TableName'), place));
}

/** Reading an index is a permission of its own. */
function onIndex(...names: readonly string[]): NeedsByOperation {
  return byName('dynamodb', names, ({ body }, place) => {
    const table = tableArn(textIn(body, 'TableName'), place);
    const index = textIn(body, 'IndexName');
    return index === '' ? table : `${table}/index/${index}`;
  });
}

function onTables(action: string): NeedsOf {
  return ({ body }, place) => {
    const names = Object.keys(Object(body['RequestItems']));
    return names.map((name): Need => ({ action, resources: [tableArn(name, place)] }));
  };
}

/** A table may be named by its ARN too. */
function tableArn(name: string, place: Place): string {
  return name.startsWith('arn:') ? name : regionalArn(place, 'dynamodb', `table/${name}`);
}

function onQueue(...names: readonly string[]): NeedsByOperation {
  return byName('sqs', names, queueArn);
}

function queueArn({ body }: ApiCall, place: Place): string {
  const url = textIn(body, 'QueueUrl');
  const name = textIn(body, 'QueueName') || url.slice(url.lastIndexOf('/') + 1);
  return regionalArn(place, 'sqs', name);
}
