/** A rule that EventBridge would not accept, under the name that its API gives the error. */
export class EventsError extends Error {
  constructor(name: 'InvalidEventPatternException' | 'ValidationException', message: string) {
    super(message);
    this.name = name;
  }
}

export function invalidPattern(path: string, reason: string): EventsError {
  const where = path === '' ? 'the event pattern' : `"${path}" in the event pattern`;
  return new EventsError('InvalidEventPatternException', `Cannot use ${where}: ${reason}.`);
}

export function invalidRule(rule: string, reason: string): EventsError {
  return new EventsError('ValidationException', `Cannot put rule "${rule}": ${reason}.`);
}
