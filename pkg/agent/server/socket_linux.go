package server

import (
	"net"

	"golang.org/x/sys/unix"
)

// unsent is how many bytes may wait in the kernel for the network to take them,
// besides those that are on their way.
const unsent = 1 << 20

// keepShort bounds what vanishes in conn's buffer: megabytes that left at once
// say nothing about the link, and are too late to be compressed. A kernel that
// cannot do it does without.
func keepShort(conn net.Conn) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
	})
}
