import { checkNames, type Fields, objectOf, type Surroundings } from './check-fields.ts';
import { S3_GET_OBJECT, S3_PUT_OBJECT } from './definition.ts';
import { InvalidDefinition } from './errors.ts';

/** Given rather than imported, for machines hold maps and maps hold machines. */
type CheckMachine = (definition: unknown, where: string, around: Surroundings) => void;

const DISTRIBUTED_ONLY = [
  ...['Label', 'ItemReader', 'ItemBatcher', 'ResultWriter'],
  ...['ToleratedFailureCount', 'ToleratedFailurePercentage'],
];

export function checkMap(
  state: Fields,
  where: string,
  around: Surroundings,
  checkMachine: CheckMachine,
): void {
  const processor = objectOf(state['ItemProcessor'], `ItemProcessor of ${where}`);
  const { Mode = 'INLINE', ExecutionType } = objectOf(processor['ProcessorConfig'] ?? {}, where);
  if (Mode !== 'INLINE' && Mode !== 'DISTRIBUTED') {
    throw new InvalidDefinition(`the processor's Mode of ${where}`, 'be INLINE or DISTRIBUTED', Mode);
  }
  if (Mode === 'DISTRIBUTED') checkDistributed(state, ExecutionType, where);
  else checkInline(state, where);
  // Children of a distributed map do not see outer variables, so they may reuse their names.
  const inner = Mode === 'DISTRIBUTED' ? { ...around, outerVariables: new Set<string>() } : around;
  checkMachine(processor, `ItemProcessor of ${where}`, inner);
}

function checkInline(state: Fields, where: string): void {
  const field = DISTRIBUTED_ONLY.find((name) => state[name] !== undefined);
  if (field !== undefined)
    throw new InvalidDefinition(`the processor's Mode of ${where}`, `be DISTRIBUTED for ${field}`, 'INLINE');
}

function checkDistributed(state: Fields, executionType: unknown, where: string): void {
  if (executionType !== 'STANDARD') {
    throw new InvalidDefinition(
      `the processor's ExecutionType of ${where}`,
      'be STANDARD',
      executionType ?? 'nothing',
    );
  }
  const { Label } = state;
  if (Label !== undefined && !/^[^\s?*<>{}[\]:;,\\|^~$#%&`"]{1,40}$/.test(String(Label))) {
    throw new InvalidDefinition(
      `Label of ${where}`,
      'be 1 to 40 characters without space, bracket or wildcard',
      Label,
    );
  }
  if (state['ItemReader'] !== undefined) checkReader(state, where);
  if (state['ResultWriter'] !== undefined) checkWriter(state, where);
  if (state['ItemBatcher'] !== undefined) checkBatcher(state, where);
}

function checkReader(state: Fields, where: string): void {
  const reader = only(state, 'ItemReader', ['Resource', 'Arguments', 'ReaderConfig'], where);
  if (state['Items'] !== undefined) throw new InvalidDefinition(where, 'have Items or ItemReader, not both');
  if (!S3_GET_OBJECT.test(String(reader['Resource']))) {
    throw new InvalidDefinition(
      `ItemReader's Resource of ${where}`,
      'be arn:aws:states:::s3:getObject',
      reader['Resource'],
    );
  }
  const config = only(
    { ReaderConfig: reader['ReaderConfig'] ?? {} },
    'ReaderConfig',
    ['InputType', 'MaxItems'],
    where,
  );
  oneOf(config['InputType'] ?? 'JSON', ['JSON', 'JSONL'], `ItemReader's InputType of ${where}`);
}

function checkWriter(state: Fields, where: string): void {
  const writer = only(state, 'ResultWriter', ['Resource', 'Arguments', 'WriterConfig'], where);
  const given = { WriterConfig: writer['WriterConfig'] ?? {} };
  const config = only(given, 'WriterConfig', ['OutputType', 'Transformation'], where);
  oneOf(config['Transformation'] ?? 'NONE', ['NONE', 'COMPACT', 'FLATTEN'], `Transformation of ${where}`);
  if (writer['Resource'] === undefined) {
    oneOf(config['OutputType'] ?? 'JSON', ['JSON'], `OutputType without a Resource of ${where}`);
    return;
  }
  oneOf(config['OutputType'] ?? 'JSON', ['JSON', 'JSONL'], `OutputType of ${where}`);
  if (!S3_PUT_OBJECT.test(String(writer['Resource']))) {
    throw new InvalidDefinition(
      `ResultWriter's Resource of ${where}`,
      'be arn:aws:states:::s3:putObject',
      writer['Resource'],
    );
  }
}

function checkBatcher(state: Fields, where: string): void {
  const known = ['MaxItemsPerBatch', 'MaxInputBytesPerBatch', 'BatchInput'];
  const batcher = only(state, 'ItemBatcher', known, where);
  if (batcher['MaxItemsPerBatch'] === undefined && batcher['MaxInputBytesPerBatch'] === undefined) {
    throw new InvalidDefinition(`ItemBatcher of ${where}`, 'have MaxItemsPerBatch or MaxInputBytesPerBatch');
  }
}

function only(parent: Fields, field: string, known: readonly string[], where: string): Fields {
  const fields = objectOf(parent[field], `${field} of ${where}`);
  checkNames(fields, known, `${field} of ${where}`);
  return fields;
}

function oneOf(value: unknown, values: readonly string[], what: string): void {
  if (!values.includes(String(value)))
    throw new InvalidDefinition(what, `be one of ${values.join(', ')}`, value);
}
