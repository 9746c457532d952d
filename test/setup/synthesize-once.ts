import { synthesize } from '../../bin/synthesize.ts';

/** The assembly that all tests of the stack read. CDK_ASSEMBLY names one that is there already. */
export default async function synthesizeOnce(): Promise<void> {
  if (process.env['CDK_ASSEMBLY']) return;
  await synthesize('cdk.out');
  process.env['CDK_ASSEMBLY'] = 'cdk.out';
}
