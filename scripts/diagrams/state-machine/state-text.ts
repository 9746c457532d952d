import { shortened } from '../text-width.ts';
import type { State } from './definition.ts';

const EXPRESSION_LENGTH = 40;

/** What a state's box says below its name. */
export function stateLines(state: State): readonly string[] {
  if (state.Type === 'Task') return taskLines(state);
  if (state.Type === 'Map') return mapLines(state);
  return [state.Type];
}

function taskLines({ Resource = '', Arguments = {} }: State): readonly string[] {
  const service = /:states:::([^.]+)(\.waitForTaskToken)?/.exec(Resource);
  const called = typeof Arguments['FunctionName'] === 'string' ? Arguments['FunctionName'] : service?.[1];
  return [
    `Task · ${called ?? Resource}`,
    ...(service?.[2] === undefined ? [] : ['waits for its task token']),
  ];
}

function mapLines({ ItemProcessor, MaxConcurrency, ItemReader, ResultWriter }: State): readonly string[] {
  const kind = ItemProcessor?.ProcessorConfig?.Mode === 'DISTRIBUTED' ? 'Distributed Map' : 'Map';
  const format = ItemReader?.ReaderConfig?.InputType;
  const manifest = ItemReader?.Arguments?.Key;
  const reports = ResultWriter?.Arguments?.Prefix;
  const access = [
    manifest === undefined
      ? []
      : [`reads ${expression(manifest)}${format === undefined ? '' : ` (${format})`}`],
    reports === undefined ? [] : [`writes ${expression(reports)}`],
  ].flat();
  return [
    [kind, ...(MaxConcurrency === undefined ? [] : [`MaxConcurrency ${expression(MaxConcurrency)}`])].join(
      ' · ',
    ),
    ...(access.length === 0 ? [] : [access.join(', ')]),
  ];
}

/** `{% $run.chunks_key %}` → `$run.chunks_key` */
export function expression(value: unknown): string {
  return shortened(
    String(value)
      .replace(/^\{%\s*|\s*%\}$/g, '')
      .replace(/\s+/g, ' '),
    EXPRESSION_LENGTH,
  );
}
