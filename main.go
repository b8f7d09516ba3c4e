// Command sightglass answers questions about pictures with a vision-language model that runs on this machine. app/cli
// holds its commands; built with the tag desktop it also has a window.
package main

import (
	"os"

	"sightglass/app/cli"
)

const version = "0.1.0"

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Options{Version: version, Window: openWindow}))
}
