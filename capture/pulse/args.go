package pulse

import (
	"fmt"
	"strings"

	"beam/capture"
	"beam/capture/child"
)

// sinkName is the name of the only sink; its monitor is sinkName + ".monitor".
const sinkName = "beam"

// daemonConf replaces /etc/pulse/daemon.conf. Chrome plays at the server's
// default rate; with PulseAudio's own default, 44100, every sound would be
// resampled twice. Without a limit to its time, a realtime thread that catches
// up after a stall is not killed.
var daemonConf = fmt.Sprintf("default-sample-format = s16le\ndefault-sample-rate = %[1]d\n"+
	"alternate-sample-rate = %[1]d\ndefault-sample-channels = %[2]d\nflat-volumes = no\nrlimit-rttime = -1\n",
	capture.SampleRate, capture.Channels)

// args returns the arguments of a daemon of the given major version that
// listens on socket.
func args(major int, socket string) []string {
	sink := fmt.Sprintf("module-null-sink sink_name=%s format=s16le rate=%d channels=%d channel_map=front-left,front-right",
		sinkName, capture.SampleRate, capture.Channels)
	// Without rewinds the sink never renders far ahead, so that no burst comes
	// after connecting, and the monitor needs no delay queue, which the timing
	// info would leave out. PulseAudio knows the argument since 15.
	if major >= 15 {
		sink += " norewinds=1"
	}
	return []string{
		"-n", // not /etc/pulse/default.pa
		"--daemonize=no", "--fail=yes", "--use-pid-file=no",
		"--exit-idle-time=-1", "--disallow-exit=yes", "--disallow-module-loading=yes",
		// Shared memory would leave segments behind after a kill.
		"--disable-shm=yes",
		// A sink that is late renders silence for what the browser couldn't send
		// in time. Where it isn't allowed the priority it goes on without: the
		// environment keeps it from asking RealtimeKit over D-Bus.
		"--high-priority=yes", "--realtime=yes",
		// The limiter kills the daemon when the machine is busy.
		"--no-cpu-limit=yes",
		"--log-target=stderr", "--log-level=error",
		// Whoever can enter the folder may connect; nobody but the owner can.
		"-L", "module-native-protocol-unix auth-anonymous=1 auth-cookie-enabled=0 socket=" + socket,
		"-L", sink,
	}
}

// environment returns the daemon's environment: everything it could write or
// talk to points into folder.
func environment(folder string) []string {
	return child.Server.Environment(
		"HOME="+folder,
		"LC_ALL=C",
		"XDG_RUNTIME_DIR="+folder, "XDG_CONFIG_HOME="+folder, "XDG_CACHE_HOME="+folder,
		"PULSE_RUNTIME_PATH="+folder+"/run", "PULSE_STATE_PATH="+folder+"/state",
		"PULSE_CONFIG="+folder+"/daemon.conf", "PULSE_CLIENTCONFIG=/dev/null",
		"TMPDIR="+folder,
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "DBUS_SYSTEM_BUS_ADDRESS=disabled:",
	)
}

// complaints returns the lines that PulseAudio marked as errors, joined; else
// the last line.
func complaints(lines []string) string {
	var found []string
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "E: [pulseaudio] "); ok {
			found = append(found, rest)
		}
	}
	if len(found) == 0 {
		found = lines[max(0, len(lines)-1):]
	}
	return strings.TrimSpace(strings.Join(found, "; "))
}
