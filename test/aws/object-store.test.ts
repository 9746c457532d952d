import { randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
} from '@aws-sdk/client-s3';
import { s3ObjectStore } from '../../src/aws/object-store.ts';
import { BatchError } from '../../src/errors.ts';
import type { ObjectStore } from '../../src/steps/collaborators.ts';
import { collected, pieces, textOf } from '../data/memory-source.ts';
import { MemoryStore } from '../steps/fakes.ts';
import { type LocalS3, localS3 } from './local-services.ts';

let s3: LocalS3;
beforeAll(async () => {
  s3 = await localS3('bucket');
});
afterAll(() => s3.close());

const stores: readonly (readonly [string, () => ObjectStore])[] = [
  ['S3', () => s3ObjectStore(s3.client, 'bucket')],
  ['the fake of the step tests', () => new MemoryStore({ pieceBytes: 100_000 })],
];

describe.each(stores)('%s', (_, open) => {
  let objects: ObjectStore;
  let folder: string;
  const location = (name: string) => ({ bucket: 'bucket', key: `${folder}/${name}` });
  const write = (name: string, body: string) => objects.write(`${folder}/${name}`, body);
  beforeEach(() => {
    objects = open();
    folder = `test-${randomBytes(6).toString('hex')}`;
  });

  test('knows its bucket', () => {
    expect(objects.bucket).toBe('bucket');
  });

  test.each(['', 'text', 'é東🚀\u2028\r\n'])('gives back %j as it was written', async (text) => {
    await write('a b/é=1.txt', text);
    expect(await textOf(objects.read(`${folder}/a b/é=1.txt`))).toBe(text);
    expect((await objects.pin(location('a b/é=1.txt'))).bytes).toBe(Buffer.byteLength(text));
  });

  test.each([0, 1, 8 * 1024 * 1024, 17 * 1024 * 1024 + 1])(
    'gives back a stream of %d bytes',
    async (size) => {
      const bytes = randomBytes(size);
      await objects.write(`${folder}/large`, pieces(bytes, 700_001));
      const read = Buffer.concat(await collected(objects.read(`${folder}/large`)));
      expect(read.equals(bytes)).toBe(true);
    },
  );

  test('a stream with empty parts is written whole', async () => {
    async function* body() {
      for (const part of ['', 'a', '', '', 'b', '']) yield Buffer.from(part);
    }
    await objects.write(`${folder}/parts`, body());
    expect(await textOf(objects.read(`${folder}/parts`))).toBe('ab');
  });

  test('a later write takes the place of an earlier one', async () => {
    await write('a', 'first');
    await write('a', '2');
    expect(await textOf(objects.read(`${folder}/a`))).toBe('2');
  });

  test.each([100, 9 * 1024 * 1024])(
    'a stream that breaks after %d bytes leaves nothing, and its own error',
    async (size) => {
      const broken = new BatchError('InvalidInput', 'Cannot go on.');
      async function* body() {
        yield* pieces(Buffer.alloc(size), 1024 * 1024);
        throw broken;
      }
      await expect(objects.write(`${folder}/broken`, body())).rejects.toBe(broken);
      expect(await objects.exists(`${folder}/broken`)).toBe(false);
    },
  );

  test('exists tells a key from those that begin with it', async () => {
    await write('a/b', 'x');
    await write('a/bc', 'x');
    const found = ['a', 'a/', 'a/b', 'a/b/', 'a/bc', 'a/bcd', 'c'].map((name) =>
      objects.exists(`${folder}/${name}`),
    );
    expect(await Promise.all(found)).toEqual([false, false, true, false, true, false, false]);
  });

  test('lists every key below a prefix in order, and no other', async () => {
    for (const name of ['b/2', 'b/10', 'b/1/z', 'bb/1', 'a/1']) await write(name, 'x');
    expect(await collected(objects.list(`${folder}/b/`))).toEqual(
      ['1/z', '10', '2'].map((name) => `${folder}/b/${name}`),
    );
    expect(await collected(objects.list(`${folder}/none/`))).toEqual([]);
  });

  test('pins an object and reads any range of it', async () => {
    await write('p', '0123456789');
    const pinned = await objects.pin(location('p'));
    expect(pinned).toMatchObject({ ...location('p'), etag: expect.stringMatching(/^".+"$/), bytes: 10 });
    const source = objects.source(pinned);
    expect([source.name, source.byteLength]).toEqual([`s3://bucket/${folder}/p`, 10]);
    for (const [start, end, text] of [
      [0, undefined, '0123456789'],
      [3, undefined, '3456789'],
      [0, 1, '0'],
      [9, 10, '9'],
      [4, 4, ''],
      [10, undefined, ''],
      [0, 0, ''],
    ] as const) {
      const slice = await source.slice(start, end);
      expect(slice).toBeInstanceOf(ArrayBuffer);
      expect(Buffer.from(slice).toString()).toBe(text);
      expect(await textOf(source.stream(start, end))).toBe(text);
    }
  });

  test('an empty object is pinned and read', async () => {
    await write('empty', '');
    const source = objects.source(await objects.pin(location('empty')));
    expect([source.byteLength, (await source.slice(0)).byteLength, await textOf(source.stream(0))]).toEqual([
      0,
      0,
      '',
    ]);
  });

  test('an object written again with the same bytes is the one that was pinned', async () => {
    await write('p', 'same');
    const source = objects.source(await objects.pin(location('p')));
    await write('p', 'same');
    expect(await textOf(source.stream(0))).toBe('same');
  });

  test('an object that was replaced is SourceChanged, in a slice and in a stream', async () => {
    await write('p', 'before');
    const source = objects.source(await objects.pin(location('p')));
    await write('p', 'after!');
    await expect(source.slice(0, 2)).rejects.toMatchObject({ kind: 'SourceChanged' });
    await expect(textOf(source.stream(0))).rejects.toMatchObject({ kind: 'SourceChanged' });
  });

  test('a read may begin anywhere', async () => {
    await write('lines', '0123456789');
    expect(await textOf(objects.read(`${folder}/lines`, { from: 7 }))).toBe('789');
  });

  test('what is not there is NotFound', async () => {
    await expect(objects.pin(location('none'))).rejects.toMatchObject({ kind: 'NotFound' });
    await expect(textOf(objects.read(`${folder}/none`))).rejects.toMatchObject({ kind: 'NotFound' });
  });
});

describe('on S3 alone', () => {
  const objects = () => s3ObjectStore(s3.client, 'bucket');

  test('lists more keys than one page holds', async () => {
    const keys = ['1', '2', '3', '4', '5'].map((name) => `pages/${name}`);
    for (const key of keys) await objects().write(key, '');
    s3.client.middlewareStack.add(
      (next) => (args) => next({ ...args, input: { ...args.input, MaxKeys: 2 } }),
      {
        name: 'twoAPage',
      },
    );
    const send = jest.spyOn(s3.client, 'send');
    expect(await collected(objects().list('pages/'))).toEqual(keys);
    expect(send).toHaveBeenCalledTimes(3);
    send.mockRestore();
    s3.client.middlewareStack.remove('twoAPage');
  });

  test('an upload that broke is aborted, so that no parts are paid for', async () => {
    async function* body() {
      yield* pieces(Buffer.alloc(20 * 1024 * 1024), 1024 * 1024);
      throw new Error('broken');
    }
    const send = jest.spyOn(s3.client, 'send');
    await expect(objects().write('parts/broken', body())).rejects.toThrow('broken');
    const commands = send.mock.calls.map(([command]) => command.constructor.name);
    send.mockRestore();
    expect(commands).toContain(CreateMultipartUploadCommand.name);
    expect(commands.at(-1)).toBe(AbortMultipartUploadCommand.name);
  });

  test('a reader that stops early gives its connection back', async () => {
    await objects().write('stopped', pieces(Buffer.alloc(2 * 1024 * 1024), 1024 * 1024));
    const source = objects().source(await objects().pin({ bucket: 'bucket', key: 'stopped' }));
    // More readers than the SDK has connections: one that kept its own would make the last ones wait for ever.
    for (let i = 0; i < 60; i++) for await (const _ of source.stream(0)) break;
    expect((await source.slice(0, 3)).byteLength).toBe(3);
  });

  test('refusals name the object, and keep their cause', async () => {
    const error = await objects()
      .pin({ bucket: 'bucket', key: 'no/such.csv' })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      kind: 'NotFound',
      message: 'Cannot read s3://bucket/no/such.csv: there is no such object.',
      cause: { $metadata: { httpStatusCode: 404 } },
    });
    await objects().write('changed.csv', 'a');
    const source = objects().source(await objects().pin({ bucket: 'bucket', key: 'changed.csv' }));
    await objects().write('changed.csv', 'b');
    await expect(source.slice(0)).rejects.toMatchObject({
      message:
        'Cannot go on with s3://bucket/changed.csv: the object must stay as it was when the run began, and it was replaced.',
      cause: { $metadata: { httpStatusCode: 412 } },
    });
  });

  test('a bucket that may not be read is NotFound, any other fault is passed on', async () => {
    const send = jest.spyOn(s3.client, 'send') as jest.SpyInstance;
    const fault = (httpStatusCode: number) =>
      Object.assign(new Error('S3'), { $metadata: { httpStatusCode } });
    const pin = () => objects().pin({ bucket: 'bucket', key: 'k' });
    send.mockRejectedValueOnce(fault(403));
    await expect(pin()).rejects.toMatchObject({
      kind: 'NotFound',
      message: 'Cannot read s3://bucket/k: there is no such object, or it may not be read.',
    });
    const slow = fault(503);
    send.mockRejectedValueOnce(slow);
    await expect(pin()).rejects.toBe(slow);
    send.mockRestore();
  });

  test('asks S3 itself to hold the object to its pin', async () => {
    await objects().write('guarded', 'x');
    const pinned = await objects().pin({ bucket: 'bucket', key: 'guarded' });
    const send = jest.spyOn(s3.client, 'send');
    await objects().source(pinned).slice(0);
    const commands = send.mock.calls.map(([command]) => command);
    send.mockRestore();
    expect(commands).toHaveLength(1);
    expect(commands[0]).toBeInstanceOf(GetObjectCommand);
    expect(commands[0]?.input).toMatchObject({ IfMatch: pinned.etag, Range: 'bytes=0-0' });
  });
});

test.each([
  [0.5, 10],
  [3, 9.5],
])(
  'a range of %d to %d, which S3 takes for none, is an error and not the whole object',
  async (start, end) => {
    const objects = s3ObjectStore(s3.client, 'bucket');
    await objects.write('ranges', 'x'.repeat(100));
    const source = objects.source(await objects.pin({ bucket: 'bucket', key: 'ranges' }));
    await expect(source.slice(start, end)).rejects.toThrow('S3 did not answer with the bytes');
  },
);

test('a range that goes past the end of the object ends with it', async () => {
  const objects = s3ObjectStore(s3.client, 'bucket');
  await objects.write('ranges', '0123456789');
  const source = objects.source(await objects.pin({ bucket: 'bucket', key: 'ranges' }));
  expect(Buffer.from(await source.slice(7, 50)).toString()).toBe('789');
  expect((await source.slice(10, 50)).byteLength).toBe(0);
});
