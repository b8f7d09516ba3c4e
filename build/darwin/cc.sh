#!/bin/sh
# clang and lld for macOS on arm64, with the stand-in SDK that sdk.sh made in the folder $SDK.
exec clang-19 -target arm64-apple-macos13 -mlinker-version=711 -Qunused-arguments -Werror=objc-method-access \
  -Werror=incompatible-pointer-types -Werror=implicit-function-declaration \
  -isystem "$SDK/libc" -isystem "$SDK/include" -fuse-ld=lld-19 -L"$SDK/lib" -F"$SDK/Frameworks" -Wl,--error-limit=0 "$@"
