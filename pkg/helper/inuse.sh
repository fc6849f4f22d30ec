nonce=$1 socket=$2 proc=$3
say() { printf 'kubectl-batch %s %s\n' "$nonce" "$*"; }
for table in tcp tcp6; do
	[ -r "$proc/net/$table" ] || continue
	known=yes
	while read -r _ _ _ state _; do
		[ "$state" != 01 ] || used=yes
	done <"$proc/net/$table"
done
for p in "$proc"/[0-9]*; do
	[ "$p" != "$proc/1" ] && [ "$p" != "$proc/$$" ] && [ -e "$p/exe" ] || continue
	while read -r key value _; do
		[ "$key$value" != PPid:0 ] || used=yes
	done <"$p/status"
done 2>/dev/null
if [ -n "$used" ] || [ -z "$known" ]; then
	say used
elif [ -S "$socket" ]; then
	say idle serving
else
	say idle empty
fi
