#!/usr/bin/env bash
# Downloads the result tables of a job prefix, and each run's summary.
#   scripts/download_results.sh <bucket> <job-prefix> [destination]
# A prefix of the form <job-prefix>/<run-id> downloads that one run.
set -euo pipefail

if [[ $# -lt 2 || $# -gt 3 ]]; then
  echo "Usage: $0 <bucket> <job-prefix>[/<run-id>] [destination]" >&2
  exit 2
fi
bucket=$1
prefix=${2%/}
destination=${3:-results}

if ! command -v aws >/dev/null; then
  echo "Cannot download: the AWS CLI (aws) must be installed." >&2
  exit 1
fi

found=0
for folder in batch_output_csv batch_output_parquet batch_output_jsonl runs; do
  filter=()
  # Of a run's own files only the summary is for the user.
  [[ $folder == runs ]] && filter=(--exclude '*' --include '*summary.json')
  keys=$(aws s3api list-objects-v2 --bucket "$bucket" --prefix "$folder/$prefix/" --max-keys 1 --query 'length(Contents || `[]`)' --output text)
  if [[ $keys != 0 ]]; then
    aws s3 cp --recursive --only-show-errors "s3://$bucket/$folder/$prefix/" "$destination/$prefix/" ${filter[@]+"${filter[@]}"}
    found=1
  fi
done

if [[ $found -eq 0 ]]; then
  echo "Cannot download: s3://$bucket has no results of the job prefix $prefix." >&2
  exit 1
fi
find "$destination/$prefix" -type f | sort
