package weights

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mapFile maps a file for reading. The mapping starts at a page; a file that another program shortens meanwhile is not guarded against.
func mapFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() == 0 || info.Size() > math.MaxInt {
		return nil, fmt.Errorf("weights: %q: want a file with tensors, file has %d bytes", filepath.Base(path), info.Size())
	}
	// Shared, because a GPU takes the pages of the file as they are; nobody may write to them either way.
	data, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("weights: %q: mapping %d bytes: %w", filepath.Base(path), info.Size(), err)
	}
	return data, nil
}

// allocate returns zeroed memory that starts at a page, as a mapped file does.
func allocate(bytes int) ([]byte, error) {
	data, err := unix.Mmap(-1, 0, max(bytes, 1), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, fmt.Errorf("weights: allocating %d bytes: %w", bytes, err)
	}
	return data, nil
}

func unmap(data []byte) error {
	if data == nil {
		return nil
	}
	return unix.Munmap(data)
}

// Forget gives the pages of a mapped tensor back, as after the only use of it. What is read later comes from the file again.
func (t Tensor) Forget() {
	if len(t.File) == 0 || len(t.Data) == 0 {
		return
	}
	page := uintptr(os.Getpagesize())
	file, data := uintptr(unsafe.Pointer(unsafe.SliceData(t.File))), uintptr(unsafe.Pointer(unsafe.SliceData(t.Data)))
	from := (data - file) / page * page
	unix.Madvise(t.File[from:data-file+uintptr(len(t.Data))], unix.MADV_DONTNEED) // advice: a machine that does not take it loses nothing
}
