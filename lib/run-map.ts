import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import {
  DistributedMap,
  type IChainable,
  OutputType,
  ResultWriterV2,
  S3JsonLItemReader,
  StateMachineType,
  Transformation,
  WriterConfig,
} from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { DataBucket } from './data-bucket.ts';

export interface MapProps {
  readonly manifestKey: string;
  readonly reportPrefix: string;
  readonly itemName: string;
  readonly maxConcurrency: number;
  readonly child: IChainable;
  readonly toleratedFailurePercentage: number;
  readonly assign: Readonly<Record<string, string>>;
}

/** A Distributed Map over a manifest of the run, which leaves a report of each of its executions. */
export function mapOver(
  scope: Construct,
  id: string,
  { bucket }: DataBucket,
  props: MapProps,
): DistributedMap {
  const map = DistributedMap.jsonata(scope, id, {
    label: id,
    mapExecutionType: StateMachineType.STANDARD,
    itemReader: new RunsManifestReader({ bucket, key: props.manifestKey }),
    itemSelector: { run: '{% $run %}', [props.itemName]: '{% $states.context.Map.Item.Value %}' },
    maxConcurrency: props.maxConcurrency,
    toleratedFailurePercentage: props.toleratedFailurePercentage,
    resultWriterV2: new RunsResultWriter({
      bucket,
      prefix: props.reportPrefix,
      writerConfig: new WriterConfig({
        transformation: Transformation.COMPACT,
        outputType: OutputType.JSONL,
      }),
    }),
    assign: props.assign,
  });
  return map.itemProcessor(props.child);
}

// CDK's own grants for reader and writer are the whole bucket, the user's tables included; this stack's are the prefix of the runs.

class RunsManifestReader extends S3JsonLItemReader {
  override providePolicyStatements(): PolicyStatement[] {
    return [];
  }
}

class RunsResultWriter extends ResultWriterV2 {
  override providePolicyStatements(): PolicyStatement[] {
    return [];
  }
}
