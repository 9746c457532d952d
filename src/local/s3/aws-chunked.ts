import { S3Error } from './errors.ts';

type State = 'size' | 'data' | 'data end' | 'trailer' | 'done';

const LONGEST_LINE = 16 * 1024;

/**
 * Takes the framing off an aws-chunked body, fed in pieces cut anywhere:
 * `hex-size[;chunk-signature=…]\r\n data \r\n` … `0[;…]\r\n` `name:value\r\n`* `\r\n`.
 * Payload comes back as slices of the input, so nothing is copied. Chunk signatures are not checked.
 */
export class AwsChunkedDecoder {
  readonly trailers: Record<string, string> = {};
  #state: State = 'size';
  #line = '';
  #left = 0;

  push(input: Buffer): Buffer[] {
    const payload: Buffer[] = [];
    let at = 0;
    while (at < input.length) {
      at = this.#state === 'data' ? this.#takeData(input, at, payload) : this.#takeLine(input, at);
    }
    return payload;
  }

  /** Call after the last piece: a body that stops early is an error, never a shorter object. */
  end(): void {
    if (this.#state !== 'done') throw new S3Error('IncompleteBody');
  }

  #takeData(input: Buffer, at: number, payload: Buffer[]): number {
    const until = Math.min(at + this.#left, input.length);
    payload.push(input.subarray(at, until));
    this.#left -= until - at;
    if (this.#left === 0) this.#state = 'data end';
    return until;
  }

  #takeLine(input: Buffer, at: number): number {
    const newline = input.indexOf(0x0a, at);
    const until = newline < 0 ? input.length : newline + 1;
    this.#line += input.toString('latin1', at, until);
    if (this.#line.length > LONGEST_LINE) throw new S3Error('InvalidChunkSizeError');
    if (newline >= 0) this.#endLine();
    return until;
  }

  #endLine(): void {
    const line = this.#line;
    this.#line = '';
    if (!line.endsWith('\r\n')) throw new S3Error('InvalidChunkSizeError');
    this.#readLine(line.slice(0, -2));
  }

  #readLine(line: string): void {
    if (this.#state === 'size') this.#readSize(line);
    else if (this.#state === 'trailer') this.#readTrailer(line);
    else if (this.#state === 'data end' && line === '') this.#state = 'size';
    else throw new S3Error('InvalidChunkSizeError');
  }

  #readSize(line: string): void {
    const size = /^([0-9a-f]{1,12})(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw new S3Error('InvalidChunkSizeError');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'data';
  }

  #readTrailer(line: string): void {
    if (line === '') {
      this.#state = 'done';
      return;
    }
    const colon = line.indexOf(':');
    if (colon < 1) throw new S3Error('MalformedTrailerError');
    this.trailers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
}
