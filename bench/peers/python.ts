import { execFileSync } from 'node:child_process';
import type { MeasuredElsewhere } from '../measure.ts';

export class NotInstalled extends Error {}

/** Memory and time of the interpreter, which Node would not see. */
const OWN_USE = `
import json as _json, resource as _resource, sys as _sys
_use = _resource.getrusage(_resource.RUSAGE_SELF)
_kilobyte = 1024 if _sys.platform == 'darwin' else 1
print(_json.dumps({'peakMb': _use.ru_maxrss / 1024 / _kilobyte, 'cpuSeconds': _use.ru_utime + _use.ru_stime}))
`;

/** PYTHON names an interpreter that has pandas. */
export function python(script: string, ...args: readonly string[]): MeasuredElsewhere {
  const interpreter = process.env['PYTHON'] ?? 'python3';
  try {
    execFileSync(interpreter, ['-c', 'import pandas'], { stdio: 'ignore' });
  } catch {
    throw new NotInstalled('Python with pandas is not there (PYTHON names another interpreter).');
  }
  const output = execFileSync(interpreter, ['-c', script + OWN_USE, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return JSON.parse(output.toString()) as MeasuredElsewhere;
}

export const pandasPrepare = `
import json, sys, pandas
before, behind = json.loads(sys.argv[4])
with open(sys.argv[2], 'w') as out:
    for i, row in enumerate(pandas.read_csv(sys.argv[1]).to_dict('records')):
        text = before + str(row[sys.argv[3]]) + behind
        body = {'anthropic_version': 'bedrock-2023-05-31', 'max_tokens': 1024, 'messages': [{'role': 'user', 'content': [{'type': 'text', 'text': text}]}]}
        out.write(json.dumps({'recordId': 'R%010d' % i, 'modelInput': body}) + '\\n')
`;

export const pandasJoin = `
import json, sys, pandas
table = pandas.read_csv(sys.argv[1])
table['record_id'] = ['R%010d' % i for i in range(len(table))]
with open(sys.argv[2]) as lines:
    found = [(r['recordId'], r['modelOutput']['content'][0]['text']) for r in map(json.loads, lines)]
table.merge(pandas.DataFrame(found, columns=['record_id', 'response']), how='left').to_csv(sys.argv[3], index=False)
`;

/** Without Parquet, which needs a library more: the joined table is made, and not written. */
export const pandasVectors = `
import json, sys, pandas
table = pandas.read_csv(sys.argv[1])
table['record_id'] = ['R%010d' % i for i in range(len(table))]
with open(sys.argv[2]) as lines:
    found = [(r['recordId'], r['modelOutput']['embedding']) for r in map(json.loads, lines)]
table.merge(pandas.DataFrame(found, columns=['record_id', 'embedding']), how='left')
`;
