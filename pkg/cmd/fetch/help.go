package fetch

const long = `
	Copy the results of a job to this machine.

	The volume that the job left its results on is mounted read-only in a
	short-lived helper pod, and the files are streamed from there; the job may be
	running, finished or deleted. PATH is as the job saw it (/results/model.pt) or
	relative to the volume; without one, all of the volume that run --results made
	is copied. The files land in --dir as they lie on the volume. What is there
	already and the same is kept; a file that no fetch wrote is never overwritten
	without --force. Of a tree with more than 1,000 levels of directories, or paths of
	more than 4,095 bytes, what lies beyond is left out, named, and the fetch fails.

	With -l or --unfetched the results of several jobs are copied, one after the
	other, each to --dir/JOB; one that fails does not keep the others from coming.
	Of an array each task has a folder of its own: a PATH is then that path in
	every task, or in those that --task names, and lands in --dir/TASK/PATH.

	A symbolic link that stays inside the results is recreated. One that leads to
	something that is not on the claim, such as /usr/bin/python3 in a Python
	environment, is skipped and named, as are pipes, sockets and device files: they
	have no content to copy, and the fetch is complete without them. --links=keep
	recreates such a link as it is. One that leads to files on the same claim which
	are not fetched, such as those of another task, makes the fetch fail. A PATH that
	is a link is followed.

	A complete fetch of a finished job is recorded, and purge --volumes deletes only
	results that were fetched. A fetch of a part of them (PATH, --task, --include,
	--exclude) is recorded only with --mark.

	--include and --exclude take globs with the meaning that they have in a
	.gitignore at the root of the volume: *.pt at any depth, /runs/*/model.pt from
	the root, logs/ for folders. What both match is left out.

	What is too big for an API server that everybody shares can pass through an S3
	bucket (--via), or end there, one object a file with a list of their SHA-256 (--to).
	The helper pod sends straight to the store, by requests that this machine signs:
	credentials and endpoint are those of the AWS CLI, and none of them enters the
	cluster. s3://BUCKET/PREFIX in place of JOB brings what --to put there, or what
	a --via left that was broken off, without the cluster. With several jobs --to
	takes a folder for each, PREFIX/JOB.

	With -o json the answer is one object: job, namespace, claim, dir (or to), files and bytes (what
	of the results is there now), planFiles and planBytes (what of it had to come;
	with --plan, what would), wireBytes, helperSeconds, transferSeconds,
	totalSeconds, transport, compression, verified, refused, skipped, unsettled,
	growing, and error where something failed; of several jobs, a list of these as items.`

const example = `
	# Copy all results of a job to ./train
	kubectl batch fetch train

	# One file, to a folder of your choice
	kubectl batch fetch train /results/model.pt -d ~/models

	# What would come, and how much, without the checkpoints
	kubectl batch fetch train --exclude='checkpoint-*/' --plan

	# Results on a claim of your own: say what to copy, / for all of it
	kubectl batch fetch evaluate /data/run7

	# From a claim whose job is gone
	kubectl batch fetch pvc/train-results

	# Through a bucket, where the API server is not for gigabytes
	kubectl batch fetch train --via=s3://team-bucket/fetches

	# Into a bucket, one object a file, for those who read them there
	kubectl batch fetch train --to=s3://team-bucket/train

	# From there to this machine, without the cluster
	kubectl batch fetch s3://team-bucket/train -d train

	# Of three tasks of an array, the metrics
	kubectl batch fetch sweep metrics.json --task=0,3-4

	# Everything of yours that is finished and not here yet, each to results/JOB
	kubectl batch fetch --unfetched -d results`
