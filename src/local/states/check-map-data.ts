import {
  checkNames,
  checkNumber,
  checkOneOf,
  type Fields,
  isExpression,
  isFields,
  objectOf,
  type Report,
} from './check-fields.ts';
import { S3_GET_OBJECT, S3_LIST_OBJECTS, S3_PUT_OBJECT } from './definition.ts';
import { pointerTokens } from './map/json-pointer.ts';

const INPUT_TYPES = ['JSON', 'JSONL', 'CSV'];
const CSV_FIELDS = ['CSVHeaderLocation', 'CSVHeaders', 'CSVDelimiter'];
const DELIMITERS = ['COMMA', 'PIPE', 'SEMICOLON', 'SPACE', 'TAB'];
const COUNT = { least: 1, expression: true };
/** 0 is as if it were not given. */
const MAX_ITEMS = { ...COUNT, least: 0 };

/** Page "ItemReader (Map)". */
export function checkReader(state: Fields, where: string, report: Report): void {
  const reader = objectOf(state['ItemReader'], `ItemReader of ${where}`, report);
  checkNames(reader, ['Resource', 'Arguments', 'ReaderConfig'], `ItemReader of ${where}`, report);
  if (state['Items'] !== undefined) report(where, 'have Items or ItemReader, not both');
  const config = objectOf(reader['ReaderConfig'] ?? {}, `ReaderConfig of ${where}`, report);
  const resource = String(reader['Resource']);
  if (S3_GET_OBJECT.test(resource)) checkObject(reader['Arguments'], config, where, report);
  else if (S3_LIST_OBJECTS.test(resource)) checkListing(reader['Arguments'], config, where, report);
  else {
    const rule = 'be arn:aws:states:::s3:getObject or arn:aws:states:::s3:listObjectsV2';
    report(`ItemReader's Resource of ${where}`, rule, reader['Resource']);
  }
  checkNumber(config['MaxItems'], MAX_ITEMS, `MaxItems of ${where}`, report);
}

function checkObject(given: unknown, config: Fields, where: string, report: Report): void {
  checkArguments(given, ['Bucket', 'Key'], ['VersionId'], `ItemReader of ${where}`, report);
  const { InputType: type = 'JSON' } = config;
  checkOneOf(type, INPUT_TYPES, `ItemReader's InputType of ${where}`, report);
  const own = type === 'CSV' ? CSV_FIELDS : type === 'JSON' ? ['ItemsPointer'] : [];
  checkNames(config, ['InputType', 'MaxItems', ...own], `ReaderConfig of ${where}`, report);
  if (type === 'CSV') checkCsv(config, `ReaderConfig of ${where}`, report);
  checkPointer(config['ItemsPointer'], where, report);
}

function checkPointer(pointer: unknown, where: string, report: Report): void {
  if (pointer === undefined || isExpression(pointer) || pointerTokens(pointer) !== undefined) return;
  report(`ItemsPointer of ${where}`, 'be a JSON pointer such as /data/items', pointer);
}

/** The listing itself is the dataset, so there is no type of its contents. */
function checkListing(given: unknown, config: Fields, where: string, report: Report): void {
  checkArguments(given, ['Bucket'], ['Prefix'], `ItemReader of ${where}`, report);
  checkNames(config, ['MaxItems'], `ReaderConfig of ${where}`, report);
}

function checkCsv(config: Fields, where: string, report: Report): void {
  const { CSVHeaderLocation: location, CSVHeaders: headers, CSVDelimiter: delimiter = 'COMMA' } = config;
  checkOneOf(location ?? 'FIRST_ROW', ['FIRST_ROW', 'GIVEN'], `CSVHeaderLocation of ${where}`, report);
  checkOneOf(delimiter, DELIMITERS, `CSVDelimiter of ${where}`, report);
  if (location === 'GIVEN') checkHeaders(headers, where, report);
  else if (headers !== undefined)
    report(`CSVHeaderLocation of ${where}`, 'be GIVEN for CSVHeaders', location);
}

function checkHeaders(headers: unknown, where: string, report: Report): void {
  const given = Array.isArray(headers) && headers.length > 0;
  if (given && headers.every((name) => typeof name === 'string')) return;
  report(`CSVHeaders of ${where}`, 'be a list of the names of columns', headers ?? 'nothing');
}

/** Page "ResultWriter (Map)". Without a Resource, what is formatted is the state's result. */
export function checkWriter(state: Fields, where: string, report: Report): void {
  const writer = objectOf(state['ResultWriter'], `ResultWriter of ${where}`, report);
  checkNames(writer, ['Resource', 'Arguments', 'WriterConfig'], `ResultWriter of ${where}`, report);
  const config = objectOf(writer['WriterConfig'] ?? {}, `WriterConfig of ${where}`, report);
  checkNames(config, ['OutputType', 'Transformation'], `WriterConfig of ${where}`, report);
  const { OutputType: type = 'JSON', Transformation: transformation = 'NONE' } = config;
  checkOneOf(transformation, ['NONE', 'COMPACT', 'FLATTEN'], `Transformation of ${where}`, report);
  if (writer['Resource'] === undefined) {
    checkOneOf(type, ['JSON'], `OutputType without a Resource of ${where}`, report);
    return;
  }
  checkOneOf(type, ['JSON', 'JSONL'], `OutputType of ${where}`, report);
  checkArguments(writer['Arguments'], ['Bucket'], ['Prefix'], `ResultWriter of ${where}`, report);
  if (S3_PUT_OBJECT.test(String(writer['Resource']))) return;
  report(`ResultWriter's Resource of ${where}`, 'be arn:aws:states:::s3:putObject', writer['Resource']);
}

/** Page "ItemBatcher (Map)". */
export function checkBatcher(state: Fields, where: string, report: Report): void {
  const place = `ItemBatcher of ${where}`;
  const batcher = objectOf(state['ItemBatcher'], place, report);
  checkNames(batcher, ['MaxItemsPerBatch', 'MaxInputBytesPerBatch', 'BatchInput'], place, report);
  const { MaxItemsPerBatch: items, MaxInputBytesPerBatch: bytes } = batcher;
  if (items === undefined && bytes === undefined) {
    report(place, 'have MaxItemsPerBatch or MaxInputBytesPerBatch');
  }
  checkNumber(items, COUNT, `MaxItemsPerBatch of ${where}`, report);
  checkNumber(bytes, { ...COUNT, most: 262_144 }, `MaxInputBytesPerBatch of ${where}`, report);
}

function checkArguments(
  given: unknown,
  required: readonly string[],
  optional: readonly string[],
  where: string,
  report: Report,
): void {
  if (isExpression(given)) return;
  if (!isFields(given)) {
    report(`Arguments of ${where}`, 'be an object or an expression', given ?? 'nothing');
    return;
  }
  checkNames(given, [...required, ...optional], `Arguments of ${where}`, report);
  for (const name of required.filter((one) => given[one] === undefined)) {
    report(`Arguments of ${where}`, `have a ${name}`);
  }
}
