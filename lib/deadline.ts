import { Duration } from 'aws-cdk-lib';

const END = '$toMillis($states.input.run.deadline_at)';

/** The time for jobs of a run, `deadline_at`, as the states see it. */
export const deadline = {
  /** JSONata of a member of a payload: whether it is over. Nothing for a run without a deadline. */
  told: `$exists($states.input.run.deadline_at) ? {"past_deadline": $millis() >= ${END}} : {}`,

  /**
   * JSONata of the seconds for which a job is waited for. A function that began just before the end may still submit its job, so it is
   * given its own time in any case; a job that is stopped sooner could be submitted afterwards.
   */
  secondsLeft(longest: Duration, functionTimeout = Duration.minutes(15)): string {
    const least = functionTimeout.toSeconds() + 30;
    const left = `$ceil((${END} - $millis()) / 1000)`;
    const most = longest.toSeconds();
    return `{% $exists($states.input.run.deadline_at) ? $min([${most}, $max([${least}, ${left}])]) : ${most} %}`;
  },
} as const;
