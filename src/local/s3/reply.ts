import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import { renderXml, type XmlContent, type XmlElement } from './xml.ts';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is XML. A stream comes with its content-length. */
  readonly body?: string | Readable;
}

export function xmlReply(
  name: string,
  content: XmlContent,
  headers?: Readonly<Record<string, string>>,
): Reply {
  return { status: 200, headers, body: renderXml(name, content) };
}

export function errorReply(error: S3Error, request: S3Request | undefined): Reply {
  const content: XmlElement[] = [
    ['Code', error.code],
    ['Message', error.message],
    ['BucketName', request?.bucket || undefined],
    ['Key', request?.key || undefined],
    ...Object.entries(error.details),
  ];
  return { status: error.status, headers: error.headers, body: renderXml('Error', content, '') };
}

/** Anything unforeseen is an InternalError that tells its reason: the one who reads it is the one who can act. */
export function asS3Error(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new S3Error('InternalError', { message, cause: error });
}

export async function send(response: ServerResponse, method: string, reply: Reply): Promise<void> {
  const { status, body } = reply;
  const text = typeof body === 'string' ? body : '';
  response.writeHead(status, {
    server: 'AmazonS3',
    'x-amz-request-id': randomUUID(),
    ...(text ? { 'content-type': 'application/xml' } : {}),
    ...(status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(text) }),
    ...reply.headers,
  });
  if (method === 'HEAD' || typeof body !== 'object') response.end(method === 'HEAD' ? undefined : text);
  else await pipeline(body, response);
}
