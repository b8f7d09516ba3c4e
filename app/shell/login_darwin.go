package shell

/*
#cgo LDFLAGS: -framework ServiceManagement
*/
import "C"

import (
	"fmt"
	"unsafe"

	"github.com/progrium/darwinkit/macos/foundation"
	"github.com/progrium/darwinkit/objc"
)

// SMAppServiceStatus of ServiceManagement/SMAppService.h.
const (
	loginEnabled  = 1
	loginApproval = 2
)

// loginItem is SMAppService.mainAppService, which macOS has since version 13.
func loginItem() (item objc.Object, ok bool) {
	class := objc.GetClass("SMAppService")
	if class.Ptr() == nil {
		return item, false
	}
	item = objc.Call[objc.Object](class, objc.Sel("mainAppService"))
	return item, !item.IsNil()
}

func (*mac) AtLogin() (on bool) {
	onMain(func() {
		if item, ok := loginItem(); ok {
			on = objc.Call[int](item, objc.Sel("status")) == loginEnabled
		}
	})
	return on
}

func (*mac) SetAtLogin(on bool) (err error) {
	onMain(func() {
		item, ok := loginItem()
		if !ok {
			err = ErrNoLogin
			return
		}
		change := "unregisterAndReturnError:"
		if on {
			change = "registerAndReturnError:"
		}
		var why unsafe.Pointer
		done := objc.Call[bool](item, objc.Sel(change), unsafe.Pointer(&why))
		switch {
		case on && objc.Call[int](item, objc.Sel("status")) == loginApproval:
			err = ErrLoginApproval
		case !done && why != nil:
			err = fmt.Errorf("shell: login: %s", foundation.ErrorFrom(why).LocalizedDescription())
		case !done:
			err = ErrNoLogin
		}
	})
	return err
}
