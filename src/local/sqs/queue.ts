import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { SqsError } from './errors.ts';
import type { Message, MessageAttributes } from './message.ts';
import { MessageStore } from './message-store.ts';

export interface QueueDefinition {
  readonly name: string;
  readonly arn: string;
  /** How long a received message stays hidden, unless it is deleted. */
  readonly visibilityTimeoutSeconds?: number;
  readonly retentionSeconds?: number;
}

/** SQS takes no larger message. */
const MAX_MESSAGE_BYTES = 1024 ** 2;
/** What a queue keeps of them in this process; a stack's queues are for what failed, so they stay nearly empty. */
const MAX_QUEUE_BYTES = 64 * 1024 ** 2;

export interface QueueOptions {
  readonly clock: Clock;
  /** The log in which its messages survive the process; without one they live as long as the queue. */
  readonly path?: string | undefined;
}

/** A standard queue. */
export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly visibilityTimeoutSeconds: number;
  readonly retentionSeconds: number;
  readonly #clock: Clock;
  readonly #messages: MessageStore;

  constructor(definition: QueueDefinition, { clock, path }: QueueOptions) {
    this.name = definition.name;
    this.arn = definition.arn;
    // SQS's own defaults: half a minute, and four days.
    this.visibilityTimeoutSeconds = definition.visibilityTimeoutSeconds ?? 30;
    this.retentionSeconds = definition.retentionSeconds ?? 4 * 24 * 3600;
    this.#clock = clock;
    this.#messages = new MessageStore(clock.now(), path);
  }

  get createdTime(): number {
    return this.#messages.createdTime;
  }

  /** @throws SqsError for a message that SQS would not take, or when this process has no room for it. */
  send(body: string, attributes: MessageAttributes = {}): Message {
    if (body === '')
      throw new SqsError('MissingRequiredParameterException', 'The request must contain a message body.');
    const bytes = Buffer.byteLength(body);
    if (bytes > MAX_MESSAGE_BYTES) {
      const rule = `Message must be shorter than ${MAX_MESSAGE_BYTES} bytes.`;
      throw new SqsError(
        'InvalidParameterValueException',
        `One or more parameters are invalid. Reason: ${rule}`,
      );
    }
    this.#forgetOld();
    if (this.#messages.bytes + bytes > MAX_QUEUE_BYTES) {
      throw new SqsError('UnsupportedOperation', `The local queue ${this.name} holds no more than 64 MB.`);
    }
    const now = this.#clock.now();
    const unread = { receiveCount: 0, visibleFrom: now };
    const message: Message = { id: randomUUID(), body, attributes, sentTime: now, ...unread };
    this.#messages.add(message);
    return message;
  }

  /** Up to `most` messages that are visible, the oldest first; they are hidden from now on. */
  receive(most: number, visibilityTimeoutSeconds = this.visibilityTimeoutSeconds): readonly Message[] {
    this.#forgetOld();
    const now = this.#clock.now();
    const found = [...this.#messages.all()].filter(({ visibleFrom }) => visibleFrom <= now).slice(0, most);
    return found.map((message) =>
      this.#messages.receive(message.id, {
        receiptHandle: randomUUID(),
        firstReceiveTime: message.firstReceiveTime ?? now,
        receiveCount: message.receiveCount + 1,
        visibleFrom: now + visibilityTimeoutSeconds * 1000,
      }),
    );
  }

  /** Deleting twice is no error, as on SQS. */
  delete(receiptHandle: string): void {
    for (const message of this.#messages.all()) {
      if (message.receiptHandle === receiptHandle) this.#messages.delete(message.id);
    }
  }

  counts(): { readonly visible: number; readonly hidden: number } {
    this.#forgetOld();
    const now = this.#clock.now();
    const all = [...this.#messages.all()];
    const hidden = all.filter(({ visibleFrom }) => visibleFrom > now).length;
    return { visible: all.length - hidden, hidden };
  }

  close(): void {
    this.#messages.close();
  }

  #forgetOld(): void {
    const oldest = this.#clock.now() - this.retentionSeconds * 1000;
    for (const message of this.#messages.all()) {
      if (message.sentTime >= oldest) return;
      this.#messages.delete(message.id);
    }
  }
}
