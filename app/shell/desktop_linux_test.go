package shell

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

func TestAtLogin(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	path := filepath.Join(config, "autostart", "sightglass.desktop")
	d := new(linux)
	set := func(on bool) {
		t.Helper()
		if err := d.SetAtLogin(on); err != nil {
			t.Fatal(err)
		}
		if d.AtLogin() != on {
			t.Errorf("after setting it to %v it is %v", on, d.AtLogin())
		}
	}
	if d.AtLogin() {
		t.Error("it starts at login before anybody asked for it")
	}
	set(true)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	entry, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(entry), "\nExec=\""+exe+"\" --hidden\n") {
		t.Errorf("got %q, %v", entry, err)
	}
	if err := os.WriteFile(path, append(entry, "Hidden=true\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if d.AtLogin() {
		t.Error("an entry that the desktop's settings turned off counts as on")
	}
	set(true)
	set(false)
	if _, err := os.Stat(path); err == nil {
		t.Error("the entry is still there")
	}
	set(false)
}

func TestAutostartEntry(t *testing.T) {
	got := autostartEntry("/opt/my $app/100% \"new\" `x` \\y/sightglass")
	want := `Exec="/opt/my \\$app/100%% \\"new\\" \\` + "`x\\\\`" + ` \\\\y/sightglass" --hidden`
	if !strings.Contains(got, "\n"+want+"\n") {
		t.Errorf("got %s, want %s", got, want)
	}
}

// bar is the desktop's notification server.
type bar struct{ shown chan []any }

func (b *bar) Notify(app string, replaces uint32, icon, title, body string, actions []string, hints map[string]dbus.Variant, wait int32) (uint32, *dbus.Error) {
	b.shown <- []any{app, title, body, strings.Join(actions, "=")}
	return 7, nil
}

func TestNotify(t *testing.T) {
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, daemon, "--session", "--nofork", "--print-address")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cancel()
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))

	d := new(linux)
	if err := d.Notify("nobody", "hears it", func() {}); err == nil {
		t.Error("a desktop without notifications is no error")
	}
	server, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	b := &bar{make(chan []any, 1)}
	if err := server.Export(b, noticesPath, noticesName); err != nil {
		t.Fatal(err)
	}
	if _, err := server.RequestName(noticesName, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	opened := make(chan struct{}, 1)
	if err := d.Notify("Your answer is ready", "<b>1 & 2</b>", func() { opened <- struct{}{} }); err != nil {
		t.Fatal(err)
	}
	if got, want := <-b.shown, []any{"Sightglass", "Your answer is ready", "&lt;b&gt;1 &amp; 2&lt;/b&gt;", "default=Open"}; !equal(got, want) {
		t.Errorf("shown %q, want %q", got, want)
	}
	for _, s := range []struct {
		name string
		args []any
	}{{"ActionInvoked", []any{"no number"}}, {"ActionInvoked", []any{uint32(8), "default"}}, {"ActionInvoked", []any{uint32(7), "default"}},
		{"NotificationClosed", []any{uint32(7), uint32(2)}}} {
		if err := server.Emit(noticesPath, noticesName+"."+s.name, s.args...); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-opened:
	case <-ctx.Done():
		t.Fatal("a click opens nothing")
	}
}

func equal(a, b []any) bool {
	for i := range b {
		if len(a) != len(b) || a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestMenuIcon(t *testing.T) {
	idle, busy := Menu{}.icon(), Menu{Busy: true}.icon()
	if bytes.Equal(idle, busy) || len(idle) == 0 || len(busy) == 0 {
		t.Error("want an icon at rest and another while it answers")
	}
}
