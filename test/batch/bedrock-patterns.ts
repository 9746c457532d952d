/** What Bedrock's own service model demands of the strings that a job is submitted with. */
export const bedrockPatterns = {
  jobName: /^[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9+\-.]){0,63}$/,
  clientRequestToken: /^[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}$/,
  s3Uri: /^s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:\/[-!_*'().a-z0-9A-Z]+(?:\/[-!_*'().a-z0-9A-Z]+)*)?\/?$/,
} as const;

export const LONGEST_JOB_NAME = 63;
export const LONGEST_S3_URI = 1024;
