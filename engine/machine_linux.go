package engine

import "golang.org/x/sys/unix"

// MachineMemory is the memory of this machine in bytes, 0 where it does not say.
func MachineMemory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}
