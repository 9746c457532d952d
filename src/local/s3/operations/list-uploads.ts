import { type Reply, xmlReply } from '../reply.ts';
import type { S3Request } from '../request.ts';
import { compareKeys } from '../sorted-keys.ts';
import type { Store } from '../store.ts';
import type { Upload } from '../uploads.ts';
import type { XmlElement } from '../xml.ts';
import { countParameter, encoderFor, MOST_KEYS } from './list.ts';

/** The uploads under way, by key and the time of their beginning. */
export function listMultipartUploads(store: Store, { bucket: name, query }: S3Request): Reply {
  const { uploads } = store.bucket(name);
  const encode = encoderFor(query);
  const given = (parameter: string): string => query.get(parameter) ?? '';
  const [prefix, keyMarker, idMarker] = [given('prefix'), given('key-marker'), given('upload-id-marker')];
  const most = countParameter(query, 'max-uploads', MOST_KEYS);
  const found = behind([...uploads.open()].sort(compareUploads), keyMarker, idMarker).filter(({ key }) =>
    key.startsWith(prefix),
  );
  const page = found.slice(0, most);
  const last = page.length < found.length ? page.at(-1) : undefined;
  return xmlReply('ListMultipartUploadsResult', [
    ['Bucket', name],
    ['Prefix', encode(prefix)],
    ['KeyMarker', encode(keyMarker)],
    ['UploadIdMarker', idMarker],
    ['NextKeyMarker', last && encode(last.key)],
    ['NextUploadIdMarker', last?.id],
    ['MaxUploads', most],
    ['IsTruncated', last !== undefined],
    ['EncodingType', query.get('encoding-type') ?? undefined],
    ...page.map((upload): XmlElement => ['Upload', elementsOf(upload, encode(upload.key))]),
  ]);
}

function compareUploads(a: Upload, b: Upload): number {
  return compareKeys(a.key, b.key) || a.begun - b.begun || compareKeys(a.id, b.id);
}

/** An id counts only with a key; without one all uploads of the key are behind. */
function behind(sorted: readonly Upload[], keyMarker: string, idMarker: string): readonly Upload[] {
  if (keyMarker === '') return sorted;
  const at = sorted.findIndex(({ key, id }) => key === keyMarker && id === idMarker);
  return at < 0 ? sorted.filter(({ key }) => compareKeys(key, keyMarker) > 0) : sorted.slice(at + 1);
}

function elementsOf({ id, begun, algorithm, type }: Upload, key: string): XmlElement[] {
  return [
    ['Key', key],
    ['UploadId', id],
    ['Initiated', new Date(begun).toISOString()],
    ['StorageClass', 'STANDARD'],
    ['ChecksumAlgorithm', algorithm?.toUpperCase()],
    ['ChecksumType', algorithm && type],
  ];
}
