import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { SqsError } from './errors.ts';

export interface QueueDefinition {
  readonly name: string;
  readonly arn: string;
  /** How long a received message stays hidden, unless it is deleted. */
  readonly visibilityTimeoutSeconds?: number;
  readonly retentionSeconds?: number;
}

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue: string;
}

export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

export interface Message {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly sentTime: number;
  receiptHandle: string | undefined;
  firstReceiveTime: number | undefined;
  receiveCount: number;
  visibleFrom: number;
}

/** SQS takes no larger message. */
const MAX_MESSAGE_BYTES = 1024 ** 2;
/** What a queue keeps of them in this process; a stack's queues are for what failed, so they stay nearly empty. */
const MAX_QUEUE_BYTES = 64 * 1024 ** 2;

/** A standard queue, in memory. */
export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly createdTime: number;
  readonly visibilityTimeoutSeconds: number;
  readonly retentionSeconds: number;
  readonly #clock: Clock;
  readonly #messages = new Map<string, Message>();
  #bytes = 0;

  constructor(definition: QueueDefinition, clock: Clock) {
    this.name = definition.name;
    this.arn = definition.arn;
    // SQS's own defaults: half a minute, and four days.
    this.visibilityTimeoutSeconds = definition.visibilityTimeoutSeconds ?? 30;
    this.retentionSeconds = definition.retentionSeconds ?? 4 * 24 * 3600;
    this.createdTime = clock.now();
    this.#clock = clock;
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
    if (this.#bytes + bytes > MAX_QUEUE_BYTES) {
      throw new SqsError('UnsupportedOperation', `The local queue ${this.name} holds no more than 64 MB.`);
    }
    const now = this.#clock.now();
    const unread = {
      receiptHandle: undefined,
      firstReceiveTime: undefined,
      receiveCount: 0,
      visibleFrom: now,
    };
    const message: Message = { id: randomUUID(), body, attributes, sentTime: now, ...unread };
    this.#messages.set(message.id, message);
    this.#bytes += bytes;
    return message;
  }

  /** Up to `most` messages that are visible, the oldest first; they are hidden from now on. */
  receive(most: number, visibilityTimeoutSeconds = this.visibilityTimeoutSeconds): readonly Message[] {
    this.#forgetOld();
    const now = this.#clock.now();
    const found = [...this.#messages.values()].filter(({ visibleFrom }) => visibleFrom <= now).slice(0, most);
    for (const message of found) {
      message.receiptHandle = randomUUID();
      message.firstReceiveTime ??= now;
      message.receiveCount += 1;
      message.visibleFrom = now + visibilityTimeoutSeconds * 1000;
    }
    // Later receives change the messages; what was given stays as it was.
    return found.map((message) => ({ ...message }));
  }

  /** Deleting twice is no error, as on SQS. */
  delete(receiptHandle: string): void {
    for (const message of this.#messages.values()) {
      if (message.receiptHandle === receiptHandle) this.#remove(message);
    }
  }

  counts(): { readonly visible: number; readonly hidden: number } {
    this.#forgetOld();
    const now = this.#clock.now();
    const hidden = [...this.#messages.values()].filter(({ visibleFrom }) => visibleFrom > now).length;
    return { visible: this.#messages.size - hidden, hidden };
  }

  #forgetOld(): void {
    const oldest = this.#clock.now() - this.retentionSeconds * 1000;
    for (const message of this.#messages.values()) {
      if (message.sentTime >= oldest) return;
      this.#remove(message);
    }
  }

  #remove(message: Message): void {
    this.#messages.delete(message.id);
    this.#bytes -= Buffer.byteLength(message.body);
  }
}
