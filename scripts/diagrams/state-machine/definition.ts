import { functionName, type Template, withReferences } from '../template.ts';

export interface StateScope {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export interface State {
  readonly Type: string;
  readonly Next?: string;
  readonly End?: boolean;
  readonly Default?: string;
  readonly Resource?: string;
  readonly Arguments?: Readonly<Record<string, unknown>>;
  readonly Choices?: readonly { readonly Condition?: string; readonly Next: string }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly MaxConcurrency?: number | string;
  readonly ItemProcessor?: StateScope & { readonly ProcessorConfig?: { readonly Mode?: string } };
  readonly ItemReader?: S3Access & { readonly ReaderConfig?: { readonly InputType?: string } };
  readonly ResultWriter?: S3Access;
  readonly Branches?: readonly StateScope[];
}

interface S3Access {
  readonly Arguments?: { readonly Key?: string; readonly Prefix?: string };
}

const STATE_MACHINE = 'AWS::StepFunctions::StateMachine';

/** The definition of the template's one state machine, with functions by their short names. */
export function readDefinition(template: Template): StateScope {
  const machines = Object.values(template.Resources).filter(({ Type }) => Type === STATE_MACHINE);
  const [machine] = machines;
  if (machine === undefined || machines.length > 1) {
    throw new Error(`Cannot draw the state machine: the template must have one, got ${machines.length}.`);
  }
  const text = withReferences(machine.Properties?.['DefinitionString']) as string;
  return JSON.parse(
    text.replace(/\$\{([A-Za-z0-9]+)(\.Arn)?\}/g, (reference, logicalId: string) => {
      const resource = template.Resources[logicalId];
      return resource?.Type === 'AWS::Lambda::Function' ? functionName(logicalId, resource) : reference;
    }),
  ) as StateScope;
}
