import { type ItemReader, type ReaderConfig, S3_LIST_OBJECTS } from '../definition.ts';
import { evaluateAs, evaluateCount, type Visit } from '../visit.ts';
import type { S3Source } from './distributed-plan.ts';
import { DELIMITERS, type ItemFormat, type ItemsSource } from './item-format.ts';
import { textIn } from './text-in.ts';

const ARGUMENTS = 'ItemReader/Arguments';

/** What an ItemReader reads, and how much of it. */
export async function planReader(reader: ItemReader, visit: Visit): Promise<S3Source> {
  const { ReaderConfig = {} } = reader;
  const source = await sourceOf(reader, ReaderConfig, visit);
  const field = 'ItemReader/ReaderConfig/MaxItems';
  return { ...source, maxItems: await evaluateCount(visit, field, ReaderConfig.MaxItems, 1) };
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
    ...{ operation: 'getObject', bucket, key: given('Key'), format: formatOf(config) },
    ...(args['VersionId'] !== undefined && { versionId: given('VersionId') }),
  };
}

function formatOf(config: ReaderConfig): ItemFormat {
  const { InputType: type = 'JSON', CSVDelimiter = 'COMMA', CSVHeaderLocation, CSVHeaders = [] } = config;
  if (type !== 'CSV') return { type };
  const headers = CSVHeaderLocation === 'GIVEN' ? CSVHeaders : undefined;
  return { type, delimiter: DELIMITERS[CSVDelimiter], headers };
}
