//go:build desktop

package main

import "sightglass/app/window"

var openWindow = window.Run
