package token

// build/setup/tokenizers.sh leaves libtokenizers.a there, so that a plain go build finds it.

// #cgo LDFLAGS: -L${SRCDIR}/../../build/lib
import "C"
