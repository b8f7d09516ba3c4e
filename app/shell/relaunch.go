package shell

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
)

// relaunch runs a command once this process has ended.
func relaunch(command ...string) error {
	script := `pid=$1; shift; while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done; exec "$@"`
	cmd := exec.Command("/bin/sh", append([]string{"-c", script, "sh", strconv.Itoa(os.Getpid())}, command...)...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("shell: relaunch: %w", err)
	}
	return cmd.Process.Release()
}

// program is the path of this program.
func program() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("shell: this program: %w", err)
	}
	return exe, nil
}
