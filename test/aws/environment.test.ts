import { numberVariable, requiredNumber, requiredVariable } from '../../src/aws/environment.ts';

test('reads what the stack set', () => {
  expect(requiredVariable('A', { A: 'x' })).toBe('x');
  expect(numberVariable('A', { A: '250' })).toBe(250);
  expect(numberVariable('A', { A: '0' })).toBe(0);
  expect(requiredNumber('A', { A: '24' })).toBe(24);
  expect(requiredNumber('A', { A: '0' })).toBe(0);
});

test.each([{}, { A: '' }])(
  'with %j a required variable is an error, and a number is absent',
  (environment) => {
    const sentence = 'Cannot start the function: the environment variable A must be set.';
    expect(() => requiredVariable('A', environment)).toThrow(sentence);
    expect(() => requiredNumber('A', environment)).toThrow(sentence);
    expect(numberVariable('A', environment)).toBeUndefined();
  },
);

test.each(['1.5', '-1', '1e3', ' 1', 'NaN', '0x1'])('refuses %j as a number', (value) => {
  const sentence = `Cannot start the function: the environment variable A must be a whole number, got ${value}.`;
  expect(() => numberVariable('A', { A: value })).toThrow(sentence);
  expect(() => requiredNumber('A', { A: value })).toThrow(sentence);
});
