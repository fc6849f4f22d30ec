package server

import (
	"net"

	"golang.org/x/sys/unix"
)

// unsent is how many unsent bytes the kernel may buffer for a connection, besides those
// in transit.
const unsent = 1 << 20

// keepShort limits the bytes in conn's send buffer. The time of writing to a large buffer
// says nothing about the link, and its content can no longer be compressed better. Kernels
// without this option ignore it.
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
