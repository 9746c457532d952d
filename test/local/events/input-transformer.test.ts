import type { EventBridgeEvent } from '../../../src/local/events/event.ts';
import { compileTransformer } from '../../../src/local/events/input-transformer.ts';

const rule = { name: 'example', arn: 'arn:aws:events:us-east-2:123456789012:rule/example' };

/** The event of EventBridge's own page, with some more in its detail. */
const event: EventBridgeEvent = {
  version: '0',
  id: '7bf73129-1428-4cd3-a780-95db273d1602',
  'detail-type': 'EC2 Instance State-change Notification',
  source: 'aws.ec2',
  account: '123456789012',
  time: '2015-11-11T21:29:54Z',
  region: 'us-east-1',
  resources: ['arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111'],
  detail: { 'instance-id': 'i-0123456789', state: 'RUNNING', count: 0, nested: { a: 'x', b: [1, 'y'] } },
};
const { detail: _, ...withoutDetail } = event;
const inputPathsMap = {
  ...{ instance: '$.detail.instance-id', state: '$.detail.state', count: '$.detail.count' },
  ...{ nested: '$.detail.nested', first: '$.resources[0]', gone: '$.detail.gone', type: "$['detail-type']" },
};

const made = (inputTemplate: string): unknown =>
  compileTransformer({ inputPathsMap, inputTemplate }, 'Target0', rule)(event);

test.each<[string, unknown]>([
  ['"instance <instance> is in <state>"', 'instance i-0123456789 is in RUNNING'],
  [String.raw`"instance \"<instance>\" is in <state>"`, 'instance "i-0123456789" is in RUNNING'],
  ['{"instance": <instance>, "state": <state>}', { instance: 'i-0123456789', state: 'RUNNING' }],
  [
    '{"instance": <instance>, "state": [9, <state>, true], "Transformed": "Yes"}',
    { instance: 'i-0123456789', state: [9, 'RUNNING', true], Transformed: 'Yes' },
  ],
  [
    '{"ruleArn": <aws.events.rule-arn>, "ruleName": <aws.events.rule-name>, "originalEvent": <aws.events.event>}',
    { ruleArn: rule.arn, ruleName: rule.name, originalEvent: withoutDetail },
  ],
  ['"<aws.events.rule-name> triggered"', 'example triggered'],
  ['{"all": <aws.events.event.json>}', { all: event }],
  ['{"at": "<aws.events.event.ingestion-time>"}', { at: '2015-11-11T21:29:54Z' }],
  ['{"nested": <nested>, "n": <count>}', { nested: { a: 'x', b: [1, 'y'] }, n: 0 }],
  ['"Detail is <nested>, <count>"', 'Detail is {a:x,b:[1,y]}, 0'],
  ['{"gone": <gone>, "text": "<gone>!"}', { gone: null, text: '!' }],
  ['[<first>, <type>]', [event.resources[0], event['detail-type']]],
  ['{"less": "1 < 2", "more": "2 > 1"}', { less: '1 < 2', more: '2 > 1' }],
  ['"nothing"', 'nothing'],
  ['<nested>', { a: 'x', b: [1, 'y'] }],
])('%s', (template, expected) => {
  expect(made(template)).toEqual(expected);
});

test.each([
  ['instance <instance> is in <state>', 'must be JSON'],
  ['"one"\n"two"', 'must be JSON'],
  ['{<instance>: 1}', 'must be JSON'],
  ['', 'must be JSON'],
  ['{"<instance>": 1}', 'may not have a variable as a key'],
  ['{"a": {"x <state> y": 1}}', 'may not have a variable as a key'],
  ['{"a": <b>}', 'names <b>, which InputPathsMap does not define'],
  ['"all: <aws.events.event>"', 'may have <aws.events.event> as a value only, not in a text'],
  ['"all: <aws.events.event.json>"', 'may have <aws.events.event.json> as a value only'],
  [`"${'a'.repeat(8191)}"`, 'may have 8192 characters, got 8193'],
])('%s is refused', (template, reason) => {
  expect(() => made(template)).toThrow(
    expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining(reason) }),
  );
});

test.each<[string, Readonly<Record<string, string>>, string]>([
  ['a reserved variable', { 'aws.events.rule-arn': '$.id' }, 'may not define aws.events.rule-arn'],
  ['a path that is none', { a: '$..id' }, 'a JSON path must be such as'],
  [
    'more than a hundred',
    Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`v${i}`, '$.id'])),
    'may have 100 variables, got 101',
  ],
])('%s is refused', (_, paths, reason) => {
  const transformer = { inputPathsMap: paths, inputTemplate: '1' };
  expect(() => compileTransformer(transformer, 'Target0', rule)).toThrow(reason);
});

test('values are put in as they are, so that quotes can make something that is no JSON', () => {
  const quoted = { ...event, detail: { state: 'a "b"' } };
  const make = compileTransformer({ inputPathsMap, inputTemplate: '"<state>"' }, 'Target0', rule);
  expect(() => make(quoted)).toThrow(SyntaxError);
  const asValue = compileTransformer({ inputPathsMap, inputTemplate: '{"a":<state>}' }, 'Target0', rule);
  expect(asValue(quoted)).toEqual({ a: 'a "b"' });
});
