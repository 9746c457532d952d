import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { SettingError } from '../lib/settings.ts';
import { BedrockBatchStack } from '../lib/stack.ts';
import { definitionFaults } from './definition-faults.ts';
import { STACK_NAME } from './stack-name.ts';

const app = new App();
try {
  const stack = new BedrockBatchStack(app, STACK_NAME, {
    description: 'Adds a column to tables with Amazon Bedrock batch inference',
  });
  stack.node.addValidation({ validate: () => [...definitionFaults(stack)] });
} catch (error) {
  if (!(error instanceof SettingError)) throw error;
  console.error(error.message);
  process.exit(1);
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
