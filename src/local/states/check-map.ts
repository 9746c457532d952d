import {
  checkNames,
  checkNumber,
  checkOneOf,
  type Fields,
  isExpression,
  isFields,
  objectOf,
  type Report,
  type Surroundings,
} from './check-fields.ts';
import { checkBatcher, checkReader, checkWriter } from './check-map-data.ts';

const DISTRIBUTED_ONLY = [
  ...['Label', 'ItemReader', 'ItemBatcher', 'ResultWriter'],
  ...['ToleratedFailureCount', 'ToleratedFailurePercentage'],
];
const MODES = ['INLINE', 'DISTRIBUTED'];

/** The machine of the items, which the caller checks, and what is around it. */
interface Processor {
  readonly processor: unknown;
  readonly inner: Surroundings;
}

export function checkMap(state: Fields, where: string, around: Surroundings): Processor {
  const { report } = around;
  const processor = objectOf(state['ItemProcessor'], `ItemProcessor of ${where}`, report);
  const config = objectOf(processor['ProcessorConfig'] ?? {}, `ProcessorConfig of ${where}`, report);
  const { Mode: mode = 'INLINE' } = config;
  checkOneOf(mode, MODES, `the processor's Mode of ${where}`, report);
  checkNames(config, ['Mode', 'ExecutionType'], `ProcessorConfig of ${where}`, report);
  checkItems(state, where, report);
  checkNumber(state['MaxConcurrency'], { least: 0, expression: true }, `MaxConcurrency of ${where}`, report);
  if (mode === 'DISTRIBUTED') {
    checkExecutionType(config['ExecutionType'], where, around);
    checkDistributed(state, where, report);
  } else checkInline(state, where, report);
  // Children of a distributed map do not see outer variables, so they may reuse their names.
  const inner = mode === 'DISTRIBUTED' ? { ...around, outerVariables: new Set<string>() } : around;
  return { processor, inner };
}

function checkItems({ Items: items }: Fields, where: string, report: Report): void {
  if (items === undefined || Array.isArray(items) || isFields(items) || isExpression(items)) return;
  report(`Items of ${where}`, 'be a list, an object or an expression', items);
}

function checkInline(state: Fields, where: string, report: Report): void {
  for (const field of DISTRIBUTED_ONLY.filter((name) => state[name] !== undefined)) {
    report(`the processor's Mode of ${where}`, `be DISTRIBUTED for ${field}`, 'INLINE');
  }
}

/** Express children answer the same; what the server's operations tell of executions, they would not have. */
function checkExecutionType(type: unknown, where: string, { anyResource, report }: Surroundings): void {
  if (type === 'STANDARD' || (anyResource && type === 'EXPRESS')) return;
  const rule = anyResource ? 'be STANDARD or EXPRESS' : 'be STANDARD';
  report(`the processor's ExecutionType of ${where}`, rule, type ?? 'nothing');
}

function checkDistributed(state: Fields, where: string, report: Report): void {
  checkLabel(state['Label'], where, report);
  const failures = { least: 0, expression: true };
  const { ToleratedFailureCount: count, ToleratedFailurePercentage: percentage } = state;
  checkNumber(count, failures, `ToleratedFailureCount of ${where}`, report);
  const percent = { ...failures, most: 100, whole: false };
  checkNumber(percentage, percent, `ToleratedFailurePercentage of ${where}`, report);
  if (state['ItemReader'] !== undefined) checkReader(state, where, report);
  if (state['ResultWriter'] !== undefined) checkWriter(state, where, report);
  if (state['ItemBatcher'] !== undefined) checkBatcher(state, where, report);
}

function checkLabel(label: unknown, where: string, report: Report): void {
  if (label === undefined || /^[^\s\p{Cc}?*<>{}[\]:;,\\|^~$#%&`"]{1,40}$/u.test(String(label))) return;
  report(`Label of ${where}`, 'be 1 to 40 characters without space, bracket or wildcard', label);
}
