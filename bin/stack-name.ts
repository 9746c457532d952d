/** The one stack of the app. Apart from app.ts, so that the command line can know it without loading the CDK. */
export const STACK_NAME = 'BedrockBatch';
