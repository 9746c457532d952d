import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, type Size } from 'aws-cdk-lib';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat, SourceMapMode } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge, wildcard } from './acknowledge.ts';

export interface BatchFunctionProps {
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeout: Duration;
  readonly memoryMb: number;
  /** Room in /tmp; 512 MB where it is absent. */
  readonly temporaryStorage?: Size;
  /** Where events go on which the function failed for good. */
  readonly deadLetterQueue?: IQueue;
}

const project = fileURLToPath(new URL('..', import.meta.url));

/** A function of `lambda/{name}.ts`, bundled whole: the SDK too, for its version is part of what was tested. */
export class BatchFunction extends NodejsFunction {
  constructor(scope: Construct, name: string, props: BatchFunctionProps) {
    super(scope, constructIdOf(name), {
      entry: `${project}lambda/${name}.ts`,
      projectRoot: project,
      depsLockFilePath: `${project}package-lock.json`,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: props.timeout,
      memorySize: props.memoryMb,
      ...(props.temporaryStorage === undefined ? {} : { ephemeralStorageSize: props.temporaryStorage }),
      ...(props.deadLetterQueue === undefined ? {} : { deadLetterQueue: props.deadLetterQueue }),
      tracing: Tracing.ACTIVE,
      environment: {
        ...props.environment,
        NODE_OPTIONS: '--enable-source-maps',
        POWERTOOLS_SERVICE_NAME: name,
      },
      bundling: {
        format: OutputFormat.ESM,
        minify: true,
        sourceMap: true,
        sourceMapMode: SourceMapMode.DEFAULT,
        sourcesContent: false,
        target: 'node24',
        mainFields: ['module', 'main'],
        externalModules: [],
        // Some dependencies are CommonJS and call `require` for Node's own modules.
        banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
      logGroup: new LogGroup(scope, `${constructIdOf(name)}Logs`, {
        retention: RetentionDays.THREE_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    acknowledge(this, 'X-Ray has no resources to name in a policy.', wildcard('*'));
    acknowledge(
      this,
      "AWS's own policy for functions: it allows writing logs, and nothing else.",
      basicExecutionRole,
    );
  }

  /** The function as it is deployed, and no version of it: nothing here calls one. */
  override get resourceArnsForGrantInvoke(): string[] {
    return [this.functionArn];
  }
}

const basicExecutionRole =
  'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]';

const constructIdOf = (name: string) =>
  name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
