//go:build !linux && !darwin && !windows

package localtree

func free(string) (uint64, bool) { return 0, false }

func freeInodes(string) (uint64, bool) { return 0, false }
