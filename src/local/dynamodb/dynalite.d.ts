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

/** How dynalite holds writes against their conditions. */
declare module 'dynalite/db/index.js' {
  /** As DynamoDB writes items on the wire. */
  export type Item = Readonly<Record<string, unknown>>;

  export interface ConditionalWrite {
    readonly ReturnValuesOnConditionCheckFailure?: string;
  }

  export interface ConditionalFailure extends Error {
    readonly body: { readonly __type: string; readonly message: string; Item?: Item };
  }

  const db: {
    checkConditional(data: ConditionalWrite, item: Item | undefined): ConditionalFailure | null | undefined;
  };
  export default db;
}

/** The parameters that dynalite knows of an operation; it drops all others. */
declare module 'dynalite/validations/*.js' {
  const validations: { readonly types: Record<string, object> };
  export default validations;
}
