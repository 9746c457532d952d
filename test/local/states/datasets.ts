import { Readable } from 'node:stream';
import { parseItems } from '../../../src/local/states/map/item-parsers.ts';
import { listedItem } from '../../../src/local/states/map/listed-item.ts';
import type { ItemsRequest, ReadItems } from '../../../src/local/states/options.ts';

const LastModified = new Date('2026-01-01T00:00:00.900Z');

/** Objects in memory, by `bucket/key`. */
export function datasetReader(datasets: Readonly<Record<string, string>>): ReadItems {
  return (request) => (request.operation === 'getObject' ? read(datasets, request) : list(datasets, request));
}

function read(
  datasets: Readonly<Record<string, string>>,
  request: ItemsRequest & { operation: 'getObject' },
) {
  const text = datasets[`${request.bucket}/${request.key}`];
  if (text === undefined) throw new Error('The specified key does not exist.');
  return parseItems(Readable.from([Buffer.from(text)]), request.format);
}

async function* list(
  datasets: Readonly<Record<string, string>>,
  { bucket, prefix }: ItemsRequest & { operation: 'listObjectsV2' },
): AsyncGenerator<object> {
  for (const [path, text] of Object.entries(datasets).sort()) {
    if (!path.startsWith(`${bucket}/${prefix}`)) continue;
    const Key = path.slice(bucket.length + 1);
    yield listedItem({ ETag: '"e"', Key, LastModified, Size: Buffer.byteLength(text) });
  }
}
