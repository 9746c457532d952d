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
  readonly receiptHandle?: string;
  readonly firstReceiveTime?: number;
  readonly receiveCount: number;
  readonly visibleFrom: number;
}
