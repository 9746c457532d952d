import type { ServerResponse } from 'node:http';
import { sendError } from '../http/error-answer.ts';

/**
 * Makes S3's answer that something is missing one that it is forbidden, where there is a `denial`. That a bucket is missing
 * is said to everybody.
 */
export function hideMissing(
  method: string | undefined,
  response: ServerResponse,
  denial: () => string | undefined,
): void {
  const writeHead = response.writeHead.bind(response) as (status: number, headers: object) => ServerResponse;
  const end = response.end.bind(response);
  const hooked = {
    writeHead: (status: number, headers: object): ServerResponse => {
      const message = status === 404 ? denial() : undefined;
      if (message === undefined) return writeHead(status, headers);
      const answer = (body?: unknown): ServerResponse => {
        Object.assign(response, { writeHead, end });
        if (String(body).includes('<Code>NoSuchBucket</Code>')) return writeHead(status, headers).end(body);
        sendError('s3', method, response, { status: 403, code: 'AccessDenied', message });
        return response;
      };
      return Object.assign(response, { end: answer });
    },
  };
  Object.assign(response, hooked);
}
