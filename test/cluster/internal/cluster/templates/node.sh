# Mounts the node's own directories under the usual paths, in a separate mount namespace.
# They are not visible on the machine, and disappear when the node ends.
# The kernel settings are copies, for a kubelet would change the machine's.
set -eu
mount --make-rshared /
mkdir -p /run/containerd /var/lib/cni /var/lib/kubelet /var/log/pods /var/log/containers
mount -t tmpfs -o mode=0711 node /run/containerd
mount -t tmpfs -o mode=0755 node /var/lib/cni
mount --bind "{{.Dir}}/kubelet" /var/lib/kubelet
mount --bind "{{.Dir}}/podlogs" /var/log/pods
mount -t tmpfs -o mode=0755 node /var/log/containers
setting() {
	[ -e "/proc/sys/$1" ] || return 0
	echo "$2" >"{{.Dir}}/sysctl/${1##*/}"
	mount --bind "{{.Dir}}/sysctl/${1##*/}" "/proc/sys/$1"
}
setting vm/overcommit_memory 1
setting vm/panic_on_oom 0
setting kernel/panic 10
setting kernel/panic_on_oops 1
setting kernel/keys/root_maxkeys 1000000
setting kernel/keys/root_maxbytes 25000000
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
exec "{{.Pause}}"
