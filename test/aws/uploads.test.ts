import { randomBytes } from 'node:crypto';
import { ListPartsCommand, type S3Client } from '@aws-sdk/client-s3';
import { s3ObjectStore } from '../../src/aws/object-store.ts';
import type { UploadState } from '../../src/batch/manifest.ts';
import type { Piece } from '../../src/data/byte-source.ts';
import type { ObjectStore } from '../../src/steps/collaborators.ts';
import { collected, pieces } from '../data/memory-source.ts';
import { MemoryStore } from '../steps/fakes.ts';
import { type LocalS3, localS3 } from './local-services.ts';

const MiB = 1024 * 1024;
const sourceBytes = randomBytes(23 * MiB);
const put = (bytes: number) => Uint8Array.from(randomBytes(bytes));

let s3: LocalS3;
beforeAll(async () => {
  s3 = await localS3('bucket');
});
afterAll(() => s3.close());

const stores: readonly (readonly [string, () => ObjectStore])[] = [
  ['S3', () => s3ObjectStore(s3.client, 'bucket')],
  ['the fake of the step tests', () => new MemoryStore({ pieceBytes: 100_000, leastPartBytes: 5 * MiB })],
];

/** As it comes to another function. */
const sent = (state: UploadState | undefined) => JSON.parse(JSON.stringify(state)) as UploadState;

async function sourceIn(objects: ObjectStore, key: string) {
  await objects.write(key, pieces(sourceBytes, MiB));
  return objects.pin({ bucket: 'bucket', key });
}

const noSuchUpload = { name: 'NoSuchUpload' };

describe.each(stores)('an upload to %s', (_, open) => {
  let objects: ObjectStore;
  let key: string;
  beforeEach(() => {
    objects = open();
    key = `test-${randomBytes(6).toString('hex')}/object`;
  });
  const read = async () => Buffer.concat(await collected(objects.read(key)));

  const shapes: readonly [string, readonly (number | readonly [number, number])[]][] = [
    ['a table and its new columns', [[0, 20 * MiB], 3 * MiB, 100]],
    ['nothing', []],
    ['empty pieces', [0, 0]],
    ['bytes alone', [10, 9 * MiB, 7]],
    ['one piece of several parts', [17 * MiB + 1]],
    ['exactly one part', [8 * MiB]],
    ['a small range alone', [[5, 500]]],
    ['an empty range', [10, [7, 7]]],
    ['a range behind too few bytes for a part', [100, [0, 18 * MiB]]],
    ['ranges and bytes in turns', [[0, 6 * MiB], 10, [6 * MiB, 7 * MiB], 10, [7 * MiB, 23 * MiB], 10]],
    ['a range that its beginning leaves too small', [4 * MiB, [0, 5.5 * MiB], 1]],
  ];

  test.each(shapes)('is made of %s', async (_, shape) => {
    const object = await sourceIn(objects, `${key}-source`);
    const wanted = shape.map(
      (part): Piece => (typeof part === 'number' ? put(part) : { object, start: part[0], end: part[1] }),
    );
    const upload = objects.upload(key);
    for (const piece of wanted) await upload.add(piece);
    expect(await objects.exists(key)).toBe(false);
    await upload.complete();
    const expected = Buffer.concat(
      wanted.map((piece) => ('object' in piece ? sourceBytes.subarray(piece.start, piece.end) : piece)),
    );
    expect((await read()).equals(expected)).toBe(true);
  });

  test('is nothing before it is complete, and goes on wherever it was put down', async () => {
    const bytes = randomBytes(20 * MiB);
    await objects.write(`${key}-source`, 'x'.repeat(100));
    const object = await objects.pin({ bucket: 'bucket', key: `${key}-source` });
    let state: UploadState | undefined;
    for (const [from, to] of [
      [0, 6_000_000],
      [6_000_000, 12_500_000],
    ] as const) {
      const upload = objects.upload(key, state);
      for await (const piece of pieces(bytes.subarray(from, to), 700_001)) await upload.add(piece);
      state = sent(await upload.pause());
      expect(await objects.exists(key)).toBe(false);
    }
    const upload = objects.upload(key, state);
    await upload.add(bytes.subarray(12_500_000));
    await upload.add({ object, start: 10, end: 30 });
    await upload.complete();
    expect((await read()).equals(Buffer.concat([bytes, Buffer.from('x'.repeat(20))]))).toBe(true);
  });

  test('goes on twice from the same place, when the first time is lost', async () => {
    const [first, lost, second] = [put(6 * MiB), put(13 * MiB), put(6 * MiB)];
    const upload = objects.upload(key);
    await upload.add(first);
    const state = sent(await upload.pause());
    const dying = objects.upload(key, state);
    await dying.add(lost);
    expect((await dying.pause())?.parts.length).toBeGreaterThan(1);
    const again = objects.upload(key, state);
    await again.add(second);
    await again.complete();
    expect((await read()).equals(Buffer.concat([first, second]))).toBe(true);
  });

  test('goes on where it was put down, in the same hands too', async () => {
    const upload = objects.upload(key);
    await upload.add(put(6 * MiB));
    await upload.pause();
    await upload.add(Buffer.from('end'));
    await upload.complete();
    expect((await read()).subarray(6 * MiB).toString()).toBe('end');
  });

  test('is not put down with fewer bytes than S3 takes as a part', async () => {
    const upload = objects.upload(key);
    await upload.add(put(5 * MiB - 1));
    expect(await upload.pause()).toBeUndefined();
    await upload.add(put(1));
    expect(await upload.pause()).toMatchObject({ parts: [{ part: 1 }] });
    await upload.abort();
  });

  test.each([0, 1, 9 * MiB])('that was put down before its first byte ends with %d bytes', async (size) => {
    const state = sent(await objects.upload(key).pause());
    expect(state.parts).toEqual([]);
    const upload = objects.upload(key, state);
    await upload.add(put(size));
    await upload.complete();
    expect((await read()).length).toBe(size);
  });

  const ends = [
    ['completed', (upload: ReturnType<ObjectStore['upload']>) => upload.complete()],
    ['aborted', (upload: ReturnType<ObjectStore['upload']>) => upload.abort()],
  ] as const;

  test.each(ends)('that was %s is gone, for whoever holds it or takes it up', async (how, end) => {
    const object = await sourceIn(objects, `${key}-source`);
    const upload = objects.upload(key);
    await upload.add(put(6 * MiB));
    const state = sent(await upload.pause());
    await end(upload);
    expect(await objects.exists(key)).toBe(how === 'completed');
    await expect(upload.add(put(1))).rejects.toMatchObject(noSuchUpload);
    await expect(upload.pause()).rejects.toMatchObject(noSuchUpload);
    await expect(upload.complete()).rejects.toMatchObject(noSuchUpload);
    for (const piece of [put(5 * MiB), { object, start: 0, end: 10 * MiB }]) {
      const again = objects.upload(key, state);
      const goneOn = async () => {
        await again.add(piece);
        await again.pause();
      };
      await expect(goneOn()).rejects.toMatchObject(noSuchUpload);
      await again.abort();
    }
    await expect(objects.upload(key, state).complete()).rejects.toMatchObject(noSuchUpload);
  });

  test('of which nothing is there leaves nothing, when it is aborted', async () => {
    const upload = objects.upload(key);
    await upload.add(put(10));
    await upload.abort();
    expect(await objects.exists(key)).toBe(false);
    await expect(upload.complete()).rejects.toMatchObject(noSuchUpload);
  });

  test('is not made of an object that was replaced, and leaves no upload behind', async () => {
    const object = await sourceIn(objects, `${key}-source`);
    await objects.write(`${key}-source`, 'other');
    const upload = objects.upload(key);
    const copied = async () => {
      await upload.add({ object, start: 0, end: 10 * MiB });
      await upload.complete();
    };
    await expect(copied()).rejects.toMatchObject({ kind: 'SourceChanged' });
    await upload.abort();
    expect(await objects.exists(key)).toBe(false);
  });
});

describe('on S3 alone', () => {
  type Middle = (command: string, input: Record<string, unknown>) => Promise<void> | void;

  /** Before every request that is sent meanwhile. */
  async function watched<T>(client: S3Client, before: Middle, act: () => Promise<T>): Promise<T> {
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          await before(String(commandName), args.input as Record<string, unknown>);
          return next(args);
        },
      { step: 'initialize', name: 'watch' },
    );
    try {
      return await act();
    } finally {
      client.middlewareStack.remove('watch');
    }
  }

  test.each([
    ['a large one', [[0, 20 * MiB], 100], 1],
    ['one behind a few bytes', [100, [0, 18 * MiB]], 1],
    ['some of several', [[0, 6 * MiB], 10, [6 * MiB, 7 * MiB], 10, [7 * MiB, 23 * MiB], 10], 2],
    ['no small one', [[5, 500]], 0],
    ['none that its beginning leaves too small', [4 * MiB, [0, 5.5 * MiB], 1], 0],
  ] as readonly [string, readonly (number | [number, number])[], number][])(
    'of ranges S3 copies itself %s',
    async (_, shape, copies) => {
      const objects = s3ObjectStore(s3.client, 'bucket');
      const object = await sourceIn(objects, 'copies/source');
      const commands: string[] = [];
      const write = async () => {
        const upload = objects.upload('copies/target');
        for (const part of shape)
          await upload.add(typeof part === 'number' ? put(part) : { object, start: part[0], end: part[1] });
        await upload.complete();
      };
      await watched(s3.client, (command) => void commands.push(command), write);
      expect(commands.filter((command) => command === 'UploadPartCopyCommand')).toHaveLength(copies);
    },
  );

  test('an upload without a part is aborted before its object is put', async () => {
    const objects = s3ObjectStore(s3.client, 'bucket');
    const state = sent(await objects.upload('empty').pause());
    const commands: string[] = [];
    await watched(
      s3.client,
      (command) => void commands.push(command),
      () => objects.upload('empty', state).complete(),
    );
    expect(commands).toEqual(['AbortMultipartUploadCommand', 'PutObjectCommand']);
  });

  describe.each(['bytes', 'copies'])('a part of %s that fails while others are under way', (kind) => {
    const failure = Object.assign(new Error('part 2 failed'), { $fault: 'client' });
    let uploadId = '';
    const failing: Middle = async (_, { PartNumber, UploadId }) => {
      if (UploadId !== undefined) uploadId = String(UploadId);
      if (PartNumber === 2) throw failure;
      // The others are still under way when it fails, and when the upload is aborted.
      if (typeof PartNumber === 'number') await new Promise((resolve) => setTimeout(resolve, 20));
    };

    test('is told by the next call and every one behind it, and the upload can be aborted', async () => {
      const objects = s3ObjectStore(s3.client, 'bucket');
      const object = await sourceIn(objects, `failing/source-${kind}`);
      const key = `failing/${kind}`;
      await watched(s3.client, failing, async () => {
        const upload = objects.upload(key);
        const part = kind === 'bytes' ? put(8 * MiB) : { object, start: 0, end: 6 * MiB };
        await upload.add(part);
        // Part 2 may fail before this returns, or behind it.
        await upload.add(part).catch((error: unknown) => expect(error).toBe(failure));
        await new Promise((resolve) => setTimeout(resolve, 5));
        await expect(upload.add(put(1))).rejects.toBe(failure);
        await expect(upload.pause()).rejects.toBe(failure);
        await expect(upload.complete()).rejects.toBe(failure);
        await upload.abort();
      });
      expect(await objects.exists(key)).toBe(false);
      const listed = s3.client.send(new ListPartsCommand({ Bucket: 'bucket', Key: key, UploadId: uploadId }));
      await expect(listed).rejects.toMatchObject(noSuchUpload);
    });
  });

  test('a write of a body with a part that fails throws that failure', async () => {
    const objects = s3ObjectStore(s3.client, 'bucket');
    const commands: string[] = [];
    const failing: Middle = (command, { PartNumber }) => {
      commands.push(command);
      if (PartNumber === 2) throw new Error('part 2 failed');
    };
    const write = () => objects.write('failing/write', pieces(put(30 * MiB), MiB));
    await expect(watched(s3.client, failing, write)).rejects.toThrow('part 2 failed');
    expect(commands.at(-1)).toBe('AbortMultipartUploadCommand');
  });
});
