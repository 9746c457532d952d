import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const MIB = 1024 * 1024;
const SIZE = 128 * MIB;
/** What streams and the garbage of them take; the object does not fit in. */
const MOST_GROWTH = 96 * MIB;

const onLinux = existsSync('/proc/self/status') ? test : test.skip;

onLinux("an object of 128 MiB is never held in memory (by Linux's count of it)", async () => {
  const directory = await mkdtemp(join(tmpdir(), 's3-memory-'));
  const server = spawn(process.execPath, ['--import', 'tsx', 'bench/s3-process.ts', directory]);
  const ended = once(server, 'exit');
  const [url] = (await once(server.stdout, 'data')) as [Buffer];
  const peak = () =>
    Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]) * 1024;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new S3Client({ endpoint: url.toString().trim(), region: 'us-east-1', credentials });
  try {
    await client.send(new PutObjectCommand({ Bucket: 'bench', Key: 'small', Body: 'x' }));
    const before = peak();
    const put = { Bucket: 'bench', Key: 'put', Body: zeros(), ContentLength: SIZE };
    await client.send(new PutObjectCommand(put));
    expect(await sizeOf(client, 'put')).toBe(SIZE);
    expect(peak() - before).toBeLessThan(MOST_GROWTH);
  } finally {
    client.destroy();
    server.stdin.end();
    await ended;
    await rm(directory, { recursive: true });
  }
});

const zeros = () =>
  Readable.from(
    Array.from({ length: SIZE / MIB }, () => Buffer.alloc(MIB)),
    { objectMode: false },
  );

async function sizeOf(client: S3Client, Key: string): Promise<number> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket: 'bench', Key }));
  let size = 0;
  for await (const chunk of Body as Readable) size += (chunk as Buffer).length;
  return size;
}
