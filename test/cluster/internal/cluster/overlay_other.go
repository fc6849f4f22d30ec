//go:build !linux

package cluster

func onOverlay(string) bool { return false }
