package fetch

const long = `
	Copy the results of a job to the local machine.

	fetch creates a short-lived helper pod that mounts the results claim read-only,
	and copies the files from there. The job may be running, finished or deleted.
	Files on an emptyDir volume can be copied only while their pod runs. To resume an
	interrupted fetch, run the same command again. If fetch is killed, the helper pod ends
	by itself within two minutes, and the next fetch or purge deletes it.

	PATH is a file or directory, either as the job saw it (/results/model.pt) or
	relative to the volume (model.pt). Without PATH, fetch copies the whole results
	claim that run --results created. If the job uses another claim, PATH is required;
	/ selects the whole claim. With pvc/NAME, the default is the whole claim. If PATH
	is a symbolic link, fetch follows it.

	The destination is the directory --dir (default ./JOB). Files keep the relative
	paths that they have on the volume. Files that are already present with the same
	size and time are skipped; --checksum compares their content. A local file that fetch
	did not write, or that was changed since, is overwritten only with --force. Entries more than 1,000 directories deep and paths
	longer than 4,095 bytes are not copied: fetch reports them and fails.

	Symbolic links to files inside the results are recreated. A link to a file that is
	not on the claim, such as /usr/bin/python3 in a Python environment, is skipped;
	--links=keep recreates it unchanged. A link to a file on the same claim that is not
	fetched, such as a file of another task, makes the fetch fail. Pipes, sockets and
	device files are skipped, because they have no content to copy. fetch reports every
	skipped entry; the fetch is complete without them.

	-l, --unfetched and the other selection flags fetch several jobs, one after the
	other, each to --dir/JOB (with -A: --dir/NAMESPACE/JOB). If the fetch of one job
	fails, the others are still fetched.

	Each task of an array job has its own directory on the claim. fetch looks for PATH
	in the directory of every task, or of the tasks that --task selects, and writes
	it to --dir/TASK/PATH.

	--include and --exclude accept globs in the syntax of a .gitignore file at the root
	of the volume: *.pt matches at any depth, /runs/*/model.pt from the root, and logs/
	matches directories. A file that matches both is not copied.

	After a complete fetch of a finished job, also with --to, the results are marked as
	fetched. purge --volumes deletes only results that are marked as fetched. After a
	fetch of a part of the results (PATH, --task, --include or --exclude), they are marked
	as fetched only with --mark; purge --volumes then deletes the rest as well.

	If another job uses the claim now, the files can be those of the other job: fetch
	fails, unless --anyway is set.

	If large transfers through the API server are not acceptable, use an S3 bucket:
	--via transfers the files through the bucket, and --to stores them there, one
	object per file, with a list of their SHA-256 sums. With several jobs, --to stores
	each job below PREFIX/JOB. The helper pod sends the files directly to the S3 store,
	with requests that the local machine has signed. Credentials and endpoint are those
	of the AWS CLI; the credentials never enter the cluster.

	s3://BUCKET/PREFIX in place of JOB downloads what --to stored there, or what an
	interrupted --via left there, without access to the cluster.

	-o json prints one object with these fields: job, namespace, claim, dir (or to),
	files and bytes (at the destination after the fetch), planFiles and planBytes
	(missing or outdated there before the fetch), wireBytes, helperSeconds,
	transferSeconds, totalSeconds, transport, compression, verified, refused, skipped,
	unsettled, growing, and error if the fetch failed. With several jobs, it prints one
	object whose field items is a list of these objects.`

const example = `
	# Copy all results of a job to ./train
	kubectl batch fetch train

	# Copy one file to another directory
	kubectl batch fetch train /results/model.pt -d ~/models

	# Show what would be copied without the checkpoints, and how much
	kubectl batch fetch train --exclude='checkpoint-*/' --plan

	# Copy a directory from a claim that run did not create
	kubectl batch fetch evaluate /data/run7

	# Copy the results from a claim whose job was deleted
	kubectl batch fetch pvc/train-results

	# Transfer through an S3 bucket instead of the API server
	kubectl batch fetch train --via=s3://team-bucket/fetches

	# Store the results in an S3 bucket, one object per file
	kubectl batch fetch train --to=s3://team-bucket/train

	# Download them from the bucket, without access to the cluster
	kubectl batch fetch s3://team-bucket/train -d train

	# Copy metrics.json of tasks 0, 3 and 4 of an array job
	kubectl batch fetch sweep metrics.json --task=0,3-4

	# Copy the results of all your finished jobs that you have not fetched, each to results/JOB
	kubectl batch fetch --unfetched -d results`
