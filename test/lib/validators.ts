import { getLanguageService } from 'amazon-states-language-service';
import aslValidator from 'asl-validator';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { faultsIn } from '../../src/local/states/check-definition.ts';
import { oversightsIn } from '../../src/local/states/check-oversights.ts';
import { resolveStack } from '../../src/local/template/resources.ts';
import { synthesized } from '../setup/assembly.ts';
import { stackFaultsIn } from './stack-rules.ts';

/** The state machine's definition as it would be deployed. */
export async function definitionText(): Promise<string> {
  const account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };
  const { resources } = resolveStack(await synthesized(), account);
  const machine = resources.find(({ type }) => type === 'AWS::StepFunctions::StateMachine');
  return String(machine?.properties['DefinitionString']);
}

/** What each finds in the text of a definition; none knows all. */
export const validators = {
  'asl-validator': async (text: string) => {
    // It writes into what it is given.
    const { isValid, errorsText } = aslValidator(JSON.parse(text), { checkPaths: true, checkArn: true });
    return isValid ? [] : [errorsText('\n')];
  },
  'language service': async (text: string) => {
    const document = TextDocument.create('file://definition.asl.json', 'asl', 1, text);
    const service = getLanguageService({});
    const found = await service.doValidation(document, service.parseJSONDocument(document));
    return found.map(({ message }) => String(message));
  },
  own: async (text: string) => {
    const definition: unknown = JSON.parse(text);
    return [...faultsIn(definition), ...oversightsIn(definition), ...stackFaultsIn(definition)];
  },
} as const satisfies Record<string, (text: string) => Promise<readonly string[]>>;

export type Validator = keyof typeof validators;

export type Findings = Readonly<Partial<Record<Validator, readonly string[]>>>;

/** What those that are asked find; who finds nothing is left out. */
export async function findingsIn(
  text: string,
  asked = Object.keys(validators) as readonly Validator[],
): Promise<Findings> {
  const findings = await Promise.all(
    asked.map(async (name) => [name, await validators[name](text)] as const),
  );
  return Object.fromEntries(findings.filter(([, found]) => found.length > 0));
}
