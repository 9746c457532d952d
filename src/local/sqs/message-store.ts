import { AppendLog, readLog } from '../append-log.ts';
import type { Message } from './message.ts';

type Receipt = Pick<Message, 'receiveCount' | 'visibleFrom'> &
  Required<Pick<Message, 'receiptHandle' | 'firstReceiveTime'>>;

type Entry =
  | { readonly created: number }
  | { readonly sent: Message }
  | { readonly received: string; readonly receipt: Receipt }
  | { readonly deleted: string };

/** A queue's messages, the oldest first. With a path each change is in its log before anybody is told of it. */
export class MessageStore {
  readonly #messages = new Map<string, Message>();
  readonly #log: AppendLog<Entry> | undefined;
  #createdTime: number;
  #bytes = 0;

  constructor(createdTime: number, path?: string) {
    this.#createdTime = createdTime;
    if (path === undefined) return;
    for (const entry of readLog(path)) this.#apply(entry as Entry);
    this.#log = new AppendLog(path, () => this.#snapshot());
  }

  get createdTime(): number {
    return this.#createdTime;
  }

  /** Of the bodies. */
  get bytes(): number {
    return this.#bytes;
  }

  all(): Iterable<Message> {
    return this.#messages.values();
  }

  add(message: Message): void {
    this.#change({ sent: message });
  }

  receive(id: string, receipt: Receipt): Message {
    this.#change({ received: id, receipt });
    return this.#get(id);
  }

  delete(id: string): void {
    this.#change({ deleted: id });
  }

  close(): void {
    this.#log?.close();
  }

  #change(entry: Entry): void {
    this.#log?.append(entry);
    this.#apply(entry);
  }

  #apply(entry: Entry): void {
    if ('created' in entry) this.#createdTime = entry.created;
    else if ('sent' in entry) this.#put(entry.sent);
    else if ('received' in entry) {
      this.#messages.set(entry.received, { ...this.#get(entry.received), ...entry.receipt });
    } else this.#remove(this.#get(entry.deleted));
  }

  #get(id: string): Message {
    const message = this.#messages.get(id);
    if (message === undefined) throw new Error(`There is no message ${id}.`);
    return message;
  }

  #put(message: Message): void {
    this.#messages.set(message.id, message);
    this.#bytes += Buffer.byteLength(message.body);
  }

  #remove(message: Message): void {
    this.#messages.delete(message.id);
    this.#bytes -= Buffer.byteLength(message.body);
  }

  *#snapshot(): Generator<Entry> {
    yield { created: this.#createdTime };
    for (const sent of this.#messages.values()) yield { sent };
  }
}
