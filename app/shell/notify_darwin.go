package shell

/*
#cgo LDFLAGS: -framework UserNotifications
#include <stdlib.h>
#include "notify_darwin.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

// Notify: macOS brings the app to the front when the notification is clicked, and the app shows its window then.
func (*mac) Notify(title, body string, _ func()) error {
	t, b := C.CString(title), C.CString(body)
	defer C.free(unsafe.Pointer(t))
	defer C.free(unsafe.Pointer(b))
	var status C.int
	onMain(func() { status = C.sg_notify(t, b) })
	if status != 0 {
		return errors.New("shell: notify: want an app in a bundle, found a bare program")
	}
	return nil
}
