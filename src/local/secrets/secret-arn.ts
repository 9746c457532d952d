/** Where secrets lie. */
interface SecretPlace {
  readonly region: string;
  readonly account: string;
}

/** Six characters of AWS's own end a secret's ARN. */
const SUFFIX = '-locall';

/** The whole ARN of a secret, by whatever a request names it. */
export function secretArn(place: SecretPlace, id: string): string {
  return arnOf(place, secretName(place, id));
}

/** A caller may name a secret, or give its ARN, whole or without what AWS put at its end. */
export function secretName(place: SecretPlace, id: string): string {
  const start = arnOf(place, '').slice(0, -SUFFIX.length);
  if (!id.startsWith(start)) return id;
  const name = id.slice(start.length);
  return name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : name;
}

function arnOf({ region, account }: SecretPlace, name: string): string {
  return `arn:aws:secretsmanager:${region}:${account}:secret:${name}${SUFFIX}`;
}
