import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { BedrockBatchStack } from '../lib/stack.ts';
import { STACK_NAME } from './stack-name.ts';

const app = new App();
new BedrockBatchStack(app, STACK_NAME, {
  description: 'Adds a column to tables with Amazon Bedrock batch inference',
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
