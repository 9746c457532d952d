import { realClock } from '../src/local/clock.ts';
import { startS3 } from '../src/local/s3/server.ts';

/** The local S3 in a process of its own, as AWS's is; prints its address, and ends when its input does. */
async function main(directory: string): Promise<void> {
  const server = await startS3({ directory, clock: realClock });
  await server.createBucket('bench');
  console.log(server.url);
  process.stdin.resume().once('end', () => {
    server.close().catch((error: unknown) => console.error(error));
  });
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
