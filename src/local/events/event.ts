/** An event as rules and targets see it. */
export interface EventBridgeEvent {
  readonly version: string;
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What a service puts; the bus fills in the rest. */
export type PutEvent = Pick<EventBridgeEvent, 'detail-type' | 'source' | 'detail'> &
  Partial<EventBridgeEvent>;
