#!/usr/bin/env node
// Starts the command line as it is written, in TypeScript.
import { register } from 'tsx/esm/api';

// The SDK warns that it will leave Node 20 one day; the functions run on Node 24, so the user can do nothing about it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
register();
await import('./bedrock-batch.ts');
