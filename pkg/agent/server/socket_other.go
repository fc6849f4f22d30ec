//go:build !linux

package server

import "net"

func keepShort(net.Conn) {}
