declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    readonly path?: string;
    readonly createTableMs?: number;
    readonly updateTableMs?: number;
    readonly deleteTableMs?: number;
  }

  export default function dynalite(options: Options): Server;
}
