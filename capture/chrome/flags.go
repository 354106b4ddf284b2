package chrome

import (
	"fmt"
	"os"
	"strings"

	"beam/capture/child"
)

// machine is what the flags depend on beside the options.
type machine struct {
	root      bool   // running as root, where Chrome's sandbox refuses to work
	unboxed   bool   // NoSandboxVariable is set
	sharedMem uint64 // free bytes in /dev/shm
}

// NoSandboxVariable is the environment variable that, set to anything but
// nothing or 0, starts Chrome without its sandbox: for containers whose seccomp
// profile allows no user namespaces. Chrome then has nothing but the container
// between a page that breaks out of its renderer and Beam with its credentials.
// It is never given up silently: without the variable Chrome refuses to start.
const NoSandboxVariable = "BEAM_CHROME_NO_SANDBOX"

// smallSharedMem is the free room in /dev/shm below which Chrome is told to
// put its shared memory into files of its temporary folder: with Docker's
// default of 64 MB the page crashes as soon as a few videos play. Where there
// is room, /dev/shm is better, because pages of files get written to the disk.
const smallSharedMem = 512 << 20

// arguments returns the command line of the browser.
func arguments(o Options, f folders, t trust, m machine) []string {
	args := []string{
		"--remote-debugging-pipe",
		"--user-data-dir=" + f.profile,
		fmt.Sprintf("--window-size=%d,%d", o.Size.Width, o.Size.Height),
		"--window-position=0,0",
		"--force-device-scale-factor=1",
		"--force-color-profile=srgb",
		"--hide-scrollbars",

		// The plain software compositor, and SwiftShader for what a page draws
		// with WebGL, loaded when the first one does: with SwiftShader's GL as
		// the compositor a page of four videos costs 1.9 cores at 8 pictures a
		// second. Measured beside --disable-gpu --disable-software-rasterizer,
		// which has no WebGL: 0.22 and 0.23 cores for four videos at 30 pictures
		// a second, headless and in a window. The GPU thread inside the browser
		// process saves 5 %.
		"--disable-gpu-compositing",
		"--use-gl=angle",
		"--use-angle=swiftshader-webgl",
		"--enable-unsafe-swiftshader",
		"--in-process-gpu",

		// Nobody clicks, so nothing may wait for a click or for a visible,
		// focused window.
		"--autoplay-policy=no-user-gesture-required",
		"--disable-background-timer-throttling",
		"--disable-backgrounding-occluded-windows",
		"--disable-renderer-backgrounding",
		"--disable-hang-monitor",
		"--deny-permission-prompts",
		"--disable-prompt-on-repost",

		// Nothing but the page in the picture. --test-type hides the bar
		// that warns of --no-sandbox.
		"--test-type",
		"--no-first-run",
		"--no-default-browser-check",
		"--disable-infobars",
		"--hide-crash-restore-bubble",
		"--noerrdialogs",
		"--disable-search-engine-choice-screen",
		"--disable-extensions",
		"--disable-default-apps",
		// Windows that stay on top of the page.
		"--disable-blink-features=PictureInPictureAPI,DocumentPictureInPictureAPI",

		// Nothing but the page on the network.
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-domain-reliability",
		"--disable-field-trial-config",
		"--disable-sync",
		"--disable-quic",
		"--no-pings",
		"--metrics-recording-only",

		"--disable-breakpad",
		"--password-store=basic",

		// Frames of other sites stay in the page's process: a script for
		// new documents reaches only the frames of its own process, and a
		// room is often a frame in somebody's page. The price is in
		// docs/security.md: a frame that breaks its renderer reads what the
		// page was given, cookies and headers included.
		"--disable-site-isolation-trials",

		"--disable-features=" + strings.Join([]string{
			"IsolateOrigins",
			"SitePerProcess",
			"Translate",
			"CalculateNativeWinOcclusion",
			"IntensiveWakeUpThrottling",
			"MediaRouter",
			"PreloadTopChromeWebUI",
			"OptimizationHints",
			"OptimizationGuideModelDownloading",
			"GlobalMediaControls",
			"AutofillServerCommunication",
			"InterestFeedContentSuggestions",
			"HttpsUpgrades",
			"HttpsFirstBalancedModeAutoEnable",
			"FedCm",
		}, ","),
	}
	if o.PulseServer == "" {
		// No sink of our own: the sound goes nowhere, in real time.
		args = append(args, "--disable-audio-output")
	} else {
		// Where PulseAudio can't be reached Chrome falls back to ALSA; that
		// must not be the machine's own sound card.
		args = append(args, "--alsa-output-device=null", "--alsa-input-device=null")
	}
	if o.Display == "" {
		args = append(args, "--headless")
	} else {
		args = append(args, "--kiosk", "--ozone-platform=x11")
	}
	if o.SilentDevices {
		args = append(args, deviceFlags(f)...)
	}
	if o.IgnoreHTTPSErrors {
		args = append(args, "--ignore-certificate-errors")
	}
	if len(t.servers) > 0 {
		args = append(args, "--ignore-certificate-errors-spki-list="+strings.Join(t.servers, ","))
	}
	if m.sharedMem < smallSharedMem {
		args = append(args, "--disable-dev-shm-usage")
	}
	if m.root || m.unboxed {
		args = append(args, "--no-sandbox")
	}
	return append(args, "about:blank")
}

// environment returns the environment of the browser.
func environment(o Options, f folders) []string {
	set := []string{
		"PATH=" + f.bin() + ":" + os.Getenv("PATH"),
		"HOME=" + f.home,
		"XDG_CONFIG_HOME=" + f.home + "/.config",
		"XDG_CACHE_HOME=" + f.home + "/.cache",
		"XDG_DATA_HOME=" + f.home + "/.local/share",
		"XDG_RUNTIME_DIR=" + f.run,
		"TMPDIR=" + f.temp,
		// No bus to be reached or started, no settings daemon, no bridge to
		// a screen reader.
		"DBUS_SESSION_BUS_ADDRESS=disabled:",
		"DBUS_SYSTEM_BUS_ADDRESS=disabled:",
		"GSETTINGS_BACKEND=memory",
		"NO_AT_BRIDGE=1",
	}
	server := o.PulseServer
	if server == "" {
		server = "unix:" + f.run + "/none"
	}
	set = append(set, "PULSE_SERVER="+server)
	if o.Display != "" {
		set = append(set, "DISPLAY="+o.Display)
		if o.XAuthority != "" {
			set = append(set, "XAUTHORITY="+o.XAuthority)
		}
	}
	return child.Browser.Environment(set...)
}
