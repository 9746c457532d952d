import { type ItemReader, type ReaderConfig, S3_LIST_OBJECTS } from '../definition.ts';
import { evaluateAs, evaluateCount, queryError, type Visit } from '../visit.ts';
import type { S3Source } from './distributed-plan.ts';
import { DELIMITERS, type ItemFormat, type ItemsSource } from './item-format.ts';
import { pointerTokens } from './json-pointer.ts';
import { textIn } from './text-in.ts';

const ARGUMENTS = 'ItemReader/Arguments';

/** What an ItemReader reads, and how much of it. */
export async function planReader(reader: ItemReader, visit: Visit): Promise<S3Source> {
  const { ReaderConfig = {} } = reader;
  const source = await sourceOf(reader, ReaderConfig, visit);
  const field = 'ItemReader/ReaderConfig/MaxItems';
  const maxItems = await evaluateCount(visit, field, ReaderConfig.MaxItems, Number.NEGATIVE_INFINITY);
  return { ...source, maxItems: maxItems === 0 ? undefined : maxItems };
}

async function sourceOf(reader: ItemReader, config: ReaderConfig, visit: Visit): Promise<ItemsSource> {
  const args = await evaluateAs(visit, 'object', ARGUMENTS, reader.Arguments);
  const given = (member: string) => textIn(visit, args, ARGUMENTS, member);
  const bucket = given('Bucket');
  if (S3_LIST_OBJECTS.test(reader.Resource)) {
    const prefix = args['Prefix'] === undefined ? '' : given('Prefix');
    return { operation: 'listObjectsV2', bucket, prefix };
  }
  return {
    ...{ operation: 'getObject', bucket, key: given('Key'), format: await formatOf(config, visit) },
    ...(args['VersionId'] !== undefined && { versionId: given('VersionId') }),
  };
}

async function formatOf(config: ReaderConfig, visit: Visit): Promise<ItemFormat> {
  const { InputType: type = 'JSON', CSVDelimiter = 'COMMA', CSVHeaderLocation, CSVHeaders = [] } = config;
  if (type === 'JSON') return { type, ...(await pointerOf(config, visit)) };
  if (type !== 'CSV') return { type };
  const headers = CSVHeaderLocation === 'GIVEN' ? CSVHeaders : undefined;
  return { type, delimiter: DELIMITERS[CSVDelimiter], headers };
}

async function pointerOf({ ItemsPointer }: ReaderConfig, visit: Visit): Promise<{ pointer?: string }> {
  if (ItemsPointer === undefined) return {};
  const field = 'ItemReader/ReaderConfig/ItemsPointer';
  const pointer = await evaluateAs(visit, 'string', field, ItemsPointer);
  if (pointerTokens(pointer) !== undefined) return { pointer };
  throw queryError(visit, field, `The value of the field ${field} is no JSON pointer: ${pointer}`);
}
