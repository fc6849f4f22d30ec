nonce=$1 dir=$2 pid=$3 patience=$4
agent=$dir/batch-agent part=$dir/.part-$nonce
exec 3>&1 4>&2
trap '' PIPE
say() { printf 'kubectl-batch %s %s\n' "$nonce" "$*"; }
leave() {
	rm -f "$part"
	say "$@"
	exit 0
}
unpack=cat
for tool in 'gzip -dc' 'gunzip -c'; do
	got=$(printf '\037\213\010\000\000\000\000\000\000\003\253\000\000\203\026\334\214\001\000\000\000' | $tool 2>/dev/null)
	if [ "$got" = x ]; then
		unpack=$tool
		break
	fi
done
have=
if [ -x "$agent" ]; then have=$("$agent" check </dev/null 2>/dev/null); fi
how=gzip
[ "$unpack" != cat ] || how=raw
machine=$(uname -m) || leave cannot "$?"
say hello "$machine" "$how" $have
read -r how size sum || exit 0
if [ "$how" != keep ]; then
	[ "$how" = gzip ] || unpack=cat
	$unpack >"$part"
	got=$(wc -c <"$part")
	got=$((got + 0))
	say got "$got"
	[ "$got" = "$size" ] || leave short "$got"
	chmod 0755 "$part"
	got=$("$part" check </dev/null) || leave cannot "$?"
	say checked $got
	[ "$got" = "$size $sum" ] || leave wrong
	if ! [ -S "$dir/socket" ]; then
		mv -f "$part" "$agent" || leave cannot "$?"
	elif [ "$("$agent" check </dev/null)" != "$size $sum" ]; then
		leave other
	fi
fi
[ -S "$dir/socket" ] || kill -USR1 "$pid"
nap=0.05 naps=$((patience * 20))
while ! [ -S "$dir/socket" ]; do
	[ "$naps" -gt 0 ] || leave asleep
	naps=$((naps - 1))
	sleep "$nap" 2>/dev/null || nap=1 naps=$((naps / 20))
done
leave serving
