package shell

import (
	"net/url"
	"os"
	"path/filepath"
	"unsafe"

	"github.com/progrium/darwinkit/macos/appkit"
	"github.com/progrium/darwinkit/objc"
)

// maxServiceFile is what the app takes of a picture, 64 MB, and one more, so that a longer one is refused with its sentence.
const maxServiceFile = 64<<20 + 1

// serviceProvider is sent askAboutPicture:userData:error: by the Services menu; Info.plist names it under NSServices.
type serviceProvider struct {
	objc.Object `objc:"NSObject"`
}

// received gets the pictures; the provider's method is called by Objective-C and has no other way to it.
var received func(name string, data []byte)

// AskAboutPictureUserDataError has the name that darwinkit makes of the selector. The last two are NSString * and NSString **.
func (serviceProvider) AskAboutPictureUserDataError(board appkit.Pasteboard, _, _ unsafe.Pointer) {
	u, err := url.Parse(board.StringForType("public.file-url")) // NSPasteboardTypeFileURL
	if err != nil || u.Scheme != "file" || received == nil {
		return
	}
	info, err := os.Stat(u.Path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxServiceFile {
		return
	}
	if data, err := os.ReadFile(u.Path); err == nil {
		go received(filepath.Base(u.Path), data)
	}
}

// Receive registers the app with the Services menu.
func (*mac) Receive(open func(name string, data []byte)) {
	onMain(func() {
		received = open
		class := objc.NewClass[serviceProvider](objc.Sel("askAboutPicture:userData:error:"))
		objc.RegisterClass(class)
		provider := class.New()
		objc.Retain(&provider)
		appkit.Application_SharedApplication().SetServicesProvider(provider)
	})
}
