package shell

import (
	"net/url"
	"unsafe"

	"github.com/progrium/darwinkit/macos/appkit"
	"github.com/progrium/darwinkit/objc"
)

// serviceProvider is sent askAboutPicture:userData:error: by the Services menu; Info.plist names it under NSServices.
type serviceProvider struct {
	objc.Object `objc:"NSObject"`
}

// received gets the pictures' paths; the provider's method is called by Objective-C and has no other way to it.
var received func(path string)

// AskAboutPictureUserDataError has the name that darwinkit makes of the selector. The last two are NSString * and NSString **.
func (serviceProvider) AskAboutPictureUserDataError(board appkit.Pasteboard, _, _ unsafe.Pointer) {
	u, err := url.Parse(board.StringForType("public.file-url")) // NSPasteboardTypeFileURL
	if err != nil || u.Scheme != "file" || received == nil {
		return
	}
	go received(u.Path)
}

// Receive registers the app with the Services menu.
func (*mac) Receive(open func(path string)) {
	onMain(func() {
		received = open
		class := objc.NewClass[serviceProvider](objc.Sel("askAboutPicture:userData:error:"))
		objc.RegisterClass(class)
		provider := class.New()
		objc.Retain(&provider)
		appkit.Application_SharedApplication().SetServicesProvider(provider)
	})
}
