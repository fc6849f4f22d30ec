package localtree

import "golang.org/x/sys/windows"

func free(dir string) (uint64, bool) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, false
	}
	var bytes uint64
	err = windows.GetDiskFreeSpaceEx(name, &bytes, nil, nil)
	return bytes, err == nil
}

func freeInodes(string) (uint64, bool) { return 0, false }
