import { lockDirectory } from './directory-lock.ts';
import type { CallListener } from './faults/call-log.ts';
import type { FaultPlan } from './faults/plan.ts';
import type { AccessReport } from './iam/authorization.ts';
import { type ServiceOptions, startServices } from './services.ts';
import { Started } from './started.ts';
import type { Assembly } from './template/assembly.ts';
import { deploy } from './template/deploy.ts';
import { permissionsOf } from './template/permissions.ts';
import { type Account, resolveStack } from './template/resources.ts';

export interface LocalAwsOptions extends ServiceOptions {
  readonly assembly: Assembly;
  /** Where its state lies and survives it. One process at a time. */
  readonly directory: string;
  /** Whether everybody may do only what the template's policies allow, as on AWS; true by default. */
  readonly enforceIam?: boolean;
  /**
   * A directory for a file that says, when this is closed, which of the policies' grants were made use of. By default that of
   * the variable LOCAL_AWS_ACCESS_REPORTS, so that it can be asked of a whole test suite.
   */
  readonly accessReports?: string;
}

export interface LocalAws {
  readonly outputs: Readonly<Record<string, string>>;
  /** The environment for any AWS SDK or the AWS CLI to talk to it. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the functions wrote, a file each. */
  readonly logDirectory: string;
  /** Replaces the plan of what goes wrong; all counting begins anew. */
  setFaults(plan: FaultPlan | undefined): void;
  /** Tells of every call of a function from now on, numbered from 1, or of none any more. */
  tellCalls(listener: CallListener | undefined): void;
  /** Which of the policies' grants were made use of so far, and what was denied. */
  accessReport(): AccessReport;
  close(): Promise<void>;
}

const account: Account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };

/** Starts the services on loopback and in them what a synthesized template describes, from the template alone. */
export async function startLocalAws(given: LocalAwsOptions): Promise<LocalAws> {
  const { assembly, directory, enforceIam = true, ...options } = given;
  const { accessReports = process.env['LOCAL_AWS_ACCESS_REPORTS'] } = given;
  const stack = resolveStack(assembly, account);
  const started = new Started();
  try {
    started.add({ close: (await lockDirectory(directory)).release });
    const services = await startServices(account, directory, options, started);
    const { access } = services;
    if (enforceIam) access.enforce(permissionsOf(stack));
    await deploy(stack, assembly, services);
    services.resume();
    const credentials = { AWS_ACCESS_KEY_ID: 'LOCALUSER', AWS_SECRET_ACCESS_KEY: 'local' };
    return {
      outputs: stack.outputs,
      environment: { ...services.environment, ...credentials },
      logDirectory: services.logDirectory,
      setFaults: services.setFaults,
      tellCalls: (listener) => services.gate.tellCalls(listener),
      accessReport: () => access.report(),
      close: async () => {
        await started.close();
        if (accessReports !== undefined) await access.writeReport(accessReports);
      },
    };
  } catch (error) {
    await started.close();
    throw error;
  }
}
