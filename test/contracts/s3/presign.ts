import type { S3Client } from '@aws-sdk/client-s3';
import type { HttpRequest, RequestPresigner } from '@smithy/types';

interface Presignable {
  readonly middlewareStack: S3Client['middlewareStack'];
}

interface PresignOptions {
  readonly expiresIn?: number;
  readonly signingDate?: Date;
}

/** The URL of the request that the SDK would send, signed by the SDK; nothing is sent. */
export async function presign(
  client: S3Client,
  command: unknown,
  { expiresIn = 900, signingDate = new Date() }: PresignOptions = {},
): Promise<string> {
  const signer = await (client.config as unknown as Signing).signer({
    ...{ schemeId: 'aws.auth#sigv4', name: 'sigv4', properties: {} },
    ...{ signingName: 's3', signingRegion: await client.config.region() },
  });
  let url = '';
  (command as Presignable).middlewareStack.add(
    () =>
      async ({ request }) => {
        url = urlOf(await signer.presign(request as HttpRequest, { expiresIn, signingDate }));
        return { response: {}, output: { $metadata: {} } } as never;
      },
    { step: 'build', priority: 'low', name: 'presign' },
  );
  await client.send(command as Parameters<S3Client['send']>[0]);
  return url;
}

interface Signing {
  signer(scheme: object): Promise<RequestPresigner>;
}

function urlOf({ protocol, hostname, port, path, query = {} }: HttpRequest): string {
  const url = new URL(`${protocol}//${hostname}`);
  if (port !== undefined) url.port = String(port);
  url.pathname = path;
  for (const [name, value] of Object.entries(query)) url.searchParams.append(name, String(value));
  return url.href;
}
