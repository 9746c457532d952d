import { release } from './codecs.ts';

/** Memory that several readers use, one after the other: what is large is there once, however many columns have it. */
export class SharedMemory {
  private bytes = new Uint8Array();
  private last: Promise<unknown> = Promise.resolve();

  /** Lends `length` bytes, of any content, until the work is done. */
  lend<T>(length: number, work: (memory: Uint8Array) => Promise<T>): Promise<T> {
    const turn = () => work(this.room(length));
    // A failure is its borrower's own, and the next one's turn comes all the same.
    const lent = this.last.then(turn, turn);
    this.last = lent;
    return lent;
  }

  private room(length: number): Uint8Array {
    if (this.bytes.length < length) {
      release(this.bytes);
      this.bytes = new Uint8Array(Math.ceil(length * 1.05));
    }
    return this.bytes.subarray(0, length);
  }
}
