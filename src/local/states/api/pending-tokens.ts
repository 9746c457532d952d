import type { Clock } from '../../clock.ts';
import type { ExecutionStore } from '../journal/execution-store.ts';
import { type Cursor, innerOf, type TaskAttempt } from '../progress/cursor.ts';
import type { Path } from '../progress/notes.ts';
import type { TaskTokens } from '../task-tokens.ts';

/** Opens the waits for callbacks that were open when the process ended; each is taken over by the task that goes on. */
export function expectAnswers(store: ExecutionStore, tokens: TaskTokens, clock: Clock): void {
  for (const record of store.list()) {
    if (record.status !== 'RUNNING') continue;
    for (const { attempt, path } of openTasks(record.progress().cursor, [])) {
      const { token, beat, scheduledTime } = attempt;
      tokens.expect({
        token,
        beat: beat ?? scheduledTime,
        onAnswer: (answer) => store.note(record, clock.now(), { kind: 'answer', answer }, path),
        onBeat: (at) => store.note(record, clock.now(), { kind: 'beat', at }, path),
      });
    }
  }
}

interface OpenTask {
  readonly attempt: TaskAttempt & { readonly token: string };
  readonly path: Path;
}

function* openTasks(cursor: Cursor, path: Path): Generator<OpenTask> {
  for (const [index, inner] of innerOf(cursor) ?? []) yield* openTasks(inner, [...path, index]);
  if (cursor.position.at !== 'STATE') return;
  const { attempt, failure } = cursor.position.visit;
  if (attempt?.kind !== 'task' || failure || attempt.result || attempt.answer) return;
  const { token } = attempt;
  if (token !== undefined) yield { attempt: { ...attempt, token }, path };
}
