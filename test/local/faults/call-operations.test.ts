import { operationOf, type ServiceName } from '../../../src/local/http/operation.ts';

const copy = { 'x-amz-copy-source': '/b/k' };

test.each<[string, string, Record<string, string>?]>([
  ['ListBuckets', 'GET /?x-id=ListBuckets'],
  ['CreateBucket', 'PUT /b'],
  ['CreateBucket', 'PUT /b/'],
  ['PutBucketVersioning', 'PUT /b?versioning'],
  ['HeadBucket', 'HEAD /b'],
  ['DeleteBucket', 'DELETE /b'],
  ['GetBucketVersioning', 'GET /b?versioning='],
  ['GetBucketLocation', 'GET /b?location'],
  ['ListObjectsV2', 'GET /b?list-type=2&prefix=runs%2F&max-keys=1000'],
  ['ListObjectsV2', 'GET /b/?list-type=2&continuation-token=a%3D'],
  ['ListObjects', 'GET /b?prefix=runs'],
  ['ListObjectVersions', 'GET /b?versions&prefix=runs'],
  ['ListMultipartUploads', 'GET /b?uploads'],
  ['DeleteObjects', 'POST /b?delete='],
  ['PutObject', 'PUT /b/a/k?x-id=PutObject'],
  ['PutObject', 'PUT /b/a?b=c'.replace('?', '%3F')],
  ['PutObject', 'PUT /b//'],
  ['CopyObject', 'PUT /b/k?x-id=CopyObject', copy],
  ['UploadPart', 'PUT /b/k?partNumber=1&uploadId=u&x-id=UploadPart'],
  ['UploadPartCopy', 'PUT /b/k?partNumber=1&uploadId=u', copy],
  ['GetObject', 'GET /b/k'],
  ['GetObject', 'GET /b/k?versionId=3'],
  ['HeadObject', 'HEAD /b/k'],
  ['ListParts', 'GET /b/k?uploadId=u&max-parts=10'],
  ['AbortMultipartUpload', 'DELETE /b/k?uploadId=u'],
  ['DeleteObject', 'DELETE /b/k?x-id=DeleteObject'],
  ['CreateMultipartUpload', 'POST /b/k?uploads='],
  ['CompleteMultipartUpload', 'POST /b/k?uploadId=u'],
  ['unknown', 'PUT /b?policy'],
  ['unknown', 'PUT /b/k?acl'],
  ['unknown', 'GET /b/k?tagging'],
  ['unknown', 'GET /b?list-type=3'],
  ['unknown', 'PUT /b/k?uploadId=u'],
  ['unknown', 'DELETE /b/k', copy],
  ['unknown', 'PATCH /b/k'],
  ['unknown', 'GET //k'],
  ['unknown', 'OPTIONS *'],
])('S3 %s is %s', (operation, request, headers = {}) => {
  const [method, url] = request.split(' ');
  expect(operationOf('s3', { method, url, headers })).toBe(operation);
});

const arn = 'arn:aws:bedrock:us-east-1:123456789012:model-invocation-job%2Fabc';

test.each<[ServiceName, string, string]>([
  ['bedrock', 'CreateModelInvocationJob', 'POST /model-invocation-job'],
  ['bedrock', 'ListModelInvocationJobs', 'GET /model-invocation-jobs?maxResults=10'],
  ['bedrock', 'GetModelInvocationJob', `GET /model-invocation-job/${arn}`],
  ['bedrock', 'StopModelInvocationJob', `POST /model-invocation-job/${arn}/stop`],
  ['bedrock', 'unknown', `DELETE /model-invocation-job/${arn}`],
  ['bedrock', 'unknown', 'POST /model/m/invoke'],
  ['bedrock-runtime', 'InvokeModel', 'POST /model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke'],
  ['bedrock-runtime', 'InvokeModelWithResponseStream', 'POST /model/m/invoke-with-response-stream'],
  ['bedrock-runtime', 'Converse', 'POST /model/m/converse'],
  ['bedrock-runtime', 'ConverseStream', 'POST /model/m/converse-stream'],
  ['bedrock-runtime', 'unknown', 'POST /model/a/b/invoke'],
])('%s %s is %s', (service, operation, request) => {
  const [method, url] = request.split(' ');
  expect(operationOf(service, { method, url, headers: {} })).toBe(operation);
});

test.each<[ServiceName, string | undefined, string]>([
  ['dynamodb', 'DynamoDB_20120810.UpdateItem', 'UpdateItem'],
  ['dynamodb', 'DynamoDB_20111205.UpdateItem', 'unknown'],
  ['states', 'AWSStepFunctions.SendTaskSuccess', 'SendTaskSuccess'],
  ['states', 'AmazonSQS.SendMessage', 'unknown'],
  ['sqs', 'AmazonSQS.SendMessage', 'SendMessage'],
  ['secretsmanager', 'secretsmanager.GetSecretValue', 'GetSecretValue'],
  ['secretsmanager', 'secretsmanager.a.b', 'unknown'],
  ['secretsmanager', 'secretsmanager', 'unknown'],
  ['sqs', undefined, 'unknown'],
])('%s with the target %s is %s', (service, target, operation) => {
  const headers = target === undefined ? {} : { 'x-amz-target': target };
  expect(operationOf(service, { method: 'POST', url: '/', headers })).toBe(operation);
});

test('a request without anything is unknown', () => {
  expect(operationOf('s3', { headers: {} })).toBe('unknown');
  expect(operationOf('bedrock', { headers: {} })).toBe('unknown');
});
