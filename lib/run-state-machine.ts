import { RemovalPolicy } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  DefinitionBody,
  LogLevel,
  QueryLanguage,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { prefixes } from '../src/batch/keys.ts';
import { acknowledge, reference, wildcard } from './acknowledge.ts';
import { stateMachineName } from './execution-grants.ts';
import { RunDefinition, type RunDefinitionProps } from './run-definition.ts';

/** The state machine that an execution runs a table through. */
export class RunStateMachine extends Construct {
  readonly #stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: RunDefinitionProps) {
    super(scope, id);
    this.#stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: stateMachineName(),
      stateMachineType: StateMachineType.STANDARD,
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody: DefinitionBody.fromChainable(new RunDefinition(this, props).chain()),
      tracingEnabled: true,
      logs: {
        level: LogLevel.ALL,
        destination: new LogGroup(this, 'Logs', {
          logGroupName: `/aws/vendedlogs/states/${stateMachineName()}`,
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    // The Distributed Maps read their manifests and write their reports as the state machine.
    props.data.grantMap(this.#stateMachine, prefixes.runs);
    this.#acknowledge();
  }

  #acknowledge(): void {
    const stateMachine = reference(this.#stateMachine.node.findChild('Resource')).slice(1, -1);
    const execution = `arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${stateMachine}"}]}]}`;
    const children = [':*', '/ProcessChunks:*', '/AssembleOutput:*'].map((names) =>
      wildcard(execution + names),
    );
    acknowledge(
      this,
      'A Distributed Map describes and stops its own child executions, which Step Functions names.',
      ...children,
    );
    acknowledge(this, 'X-Ray and the delivery of logs have no resources to name in a policy.', wildcard('*'));
  }

  get arn(): string {
    return this.#stateMachine.stateMachineArn;
  }

  get name(): string {
    return this.#stateMachine.stateMachineName;
  }
}
