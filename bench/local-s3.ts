import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { bundled, quietSdk } from './processes.ts';

/** What the local S3 may have resident at most, however large an object is. */
const MOST_MB = 200;
const MIB = 1024 * 1024;
const Bucket = 'bench';

interface Written {
  readonly key: string;
  /** SHA-256 of the bytes that were sent. */
  readonly hash: string;
}

/** An object of 1 GiB (or as many MiB as are given) goes into the local S3 and comes back, in one request and in parts. */
async function main(mebibytes: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-local-s3-'));
  try {
    const { node, s3 } = await bundled(directory, process.execPath);
    const server = spawn(node, [s3, join(directory, 's3')], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(server, 'exit');
    const [url] = (await once(server.stdout, 'data')) as [Buffer];
    const peak = watchMemory(server);
    try {
      await transfers(url.toString().trim(), mebibytes);
      judge(peak());
    } finally {
      server.stdin.end();
      await ended;
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function transfers(endpoint: string, mebibytes: number): Promise<void> {
  const credentials = { accessKeyId: 'BENCH', secretAccessKey: 'local' };
  const client = new S3Client({ endpoint, region: 'us-east-1', credentials });
  const ContentLength = mebibytes * MIB;
  const put = (Key: string, Body: Readable) =>
    client.send(new PutObjectCommand({ Bucket, Key, Body, ContentLength }));
  const upload = (Key: string, Body: Readable) =>
    new Upload({ client, params: { Bucket, Key, Body }, partSize: 16 * MIB, queueSize: 4 }).done();
  for (const [name, write] of [
    ['one request, checksum in a trailer', put],
    ['lib-storage, 4 parts of 16 MiB at a time', upload],
  ] as const) {
    const written = await timed(`put, ${name}`, mebibytes, () => writtenBy(name, mebibytes, write));
    await timed(`get, ${name}`, mebibytes, () => assertSame(client, written));
  }
  client.destroy();
}

async function timed<T>(name: string, mebibytes: number, run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  const seconds = (performance.now() - start) / 1000;
  const rate = Math.round((mebibytes * MIB) / 1e6 / seconds);
  console.log(`${name.padEnd(48)} ${seconds.toFixed(1).padStart(6)} s ${String(rate).padStart(6)} MB/s`);
  return result;
}

async function writtenBy(
  key: string,
  mebibytes: number,
  write: (key: string, body: Readable) => Promise<unknown>,
): Promise<Written> {
  const hash = createHash('sha256');
  await write(key, Readable.from(blocks(mebibytes, hash), { objectMode: false, highWaterMark: MIB }));
  return { key, hash: hash.digest('hex') };
}

/** Each block is another one, so that one in the wrong place is noticed. */
function* blocks(count: number, hash: ReturnType<typeof createHash>): Generator<Buffer> {
  const random = randomBytes(MIB);
  for (let number = 0; number < count; number += 1) {
    const block = Buffer.from(random);
    block.writeUInt32LE(number);
    hash.update(block);
    yield block;
  }
}

async function assertSame(client: S3Client, { key: Key, hash }: Written): Promise<void> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
  const found = createHash('sha256');
  for await (const chunk of Body as Readable) found.update(chunk as Buffer);
  if (found.digest('hex') !== hash) throw new Error(`What came back of ${Key} is not what was sent.`);
}

/** The peak of a process's resident memory in MB, to be asked while it lives. Only Linux keeps it; others are looked at now and then. */
function watchMemory({ pid }: ChildProcess): () => number {
  const status = `/proc/${pid}/status`;
  if (existsSync(status)) {
    return () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(status, 'utf8'))?.[1]) * 1024e-6;
  }
  let most = 0;
  const look = () => {
    const kilobytes = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
    most = Math.max(most, Number(kilobytes) * 1024e-6);
    return most;
  };
  setInterval(look, 200).unref();
  return look;
}

function judge(peakMb: number): void {
  const within = peakMb <= MOST_MB;
  console.log(
    `peak memory of the local S3: ${Math.round(peakMb)} MB (at most ${MOST_MB} MB: ${within ? 'ok' : 'MISSED'})`,
  );
  if (!within) process.exitCode = 1;
}

Object.assign(process.env, quietSdk);
main(Number(process.argv[2] ?? 1024)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
