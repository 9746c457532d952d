/** The access key id that a function signs with. It says who is calling; nothing on loopback checks the secret. */
export function accessKeyOf(functionName: string): string {
  return `LOCAL${functionName.replace(/[^A-Za-z0-9]/g, '')}`;
}
