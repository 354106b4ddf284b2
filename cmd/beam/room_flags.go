package main

import (
	"encoding/base64"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"beam/beam"
	"beam/layout"
	"beam/layout/platform"
)

// roomOptions are what of the room and the layout has to be read from files or
// the environment.
type roomOptions struct{ css, logo string }

// roomFlags adds the flags about the room, the people in it and how they are
// drawn.
func roomFlags(f *pflag.FlagSet, c *beam.Config, o *roomOptions) {
	f.StringVar(&c.Layout, "layout", c.Layout, "what to show: "+strings.Join(layout.Names(), ", ")+", or the URL of a layout page")
	f.StringVar(&c.Room, "url", "", "the room, where no argument names it")
	f.StringVar(&c.Platform, "platform", "", "kind of room: "+strings.Join(layout.Platforms(), ", ")+" (default by the URL)")
	f.StringVar(&c.RoomName, "room", "", "name of the room, where the URL has none (LiveKit)")
	f.StringVar(&c.Name, "name", c.Name, "name of the recorder in the room, where it is seen")
	// A comma is part of a name.
	f.StringArrayVar(&c.Filter.Roles, "role", nil, "record people with this role only; a glob; can be repeated")
	f.StringArrayVar(&c.Filter.ExcludeRoles, "exclude-role", nil, "leave people with this role out; can be repeated")
	f.StringArrayVar(&c.Filter.Participants, "participant", nil, "record people with this name or id only; a glob; can be repeated")
	f.StringArrayVar(&c.Filter.ExcludeParticipants, "exclude-participant", nil, "leave people with this name or id out; can be repeated")
	f.StringVar(&c.Devices, "devices", c.Devices, "what the page finds: none, silent for a microphone that hears nothing and a black camera, or auto: these where the page shows nothing without")
	f.StringVar(&c.CAFile, "ca-file", "", "PEM file of certificate authorities that the room's server may have (also SSL_CERT_FILE)")
	f.BoolVar(&c.IgnoreHTTPSErrors, "ignore-https-errors", false, "take any certificate of any server; for tests")
	f.StringArrayVar(&c.AllowHosts, "allow-host", nil, "name, address or network (10.1.0.0/16) near the recorder that the page may lead to; can be repeated")
	themeFlags(f, &c.Theme, o)
	f.DurationVar(&c.IdleTimeout, "idle-timeout", c.IdleTimeout, "stop when nobody else was in the room for this long; 0 for never")
	f.DurationVar(&c.SilenceTimeout, "silence-timeout", 0, "stop after this much silence; 0 for never")
	f.DurationVar(&c.ReconnectGrace, "reconnect-grace", c.ReconnectGrace, "how long the room may take to connect again")
	f.StringSliceVar(&c.Chapters, "chapters", c.Chapters, "what begins a chapter: "+strings.Join(beam.ChapterWords(), ", "))
	f.StringVar(&c.ID, "id", "", "name for beam stop, pause and the like (default a random one)")
}

// themeFlags adds the flags about the look of the layouts.
func themeFlags(f *pflag.FlagSet, t *layout.Theme, o *roomOptions) {
	f.StringVar(&t.Background, "background", "", "background of a layout, a CSS colour")
	f.StringVar(&t.Accent, "accent", "", "colour of the ring around who speaks")
	f.StringVar(&o.logo, "logo", "", "image file to show in a corner of a layout")
	f.StringVar(&o.css, "css", "", "file with more CSS for a layout")
}

// The most that files for a layout can hold, bytes.
const (
	longestCSS  = 1 << 20
	longestLogo = 4 << 20
)

// read reads the files.
func (o roomOptions) read(t *layout.Theme) error {
	if o.css != "" {
		text, err := readSmall("--css", o.css, longestCSS)
		if err != nil {
			return err
		}
		t.CSS = string(text)
	}
	if o.logo != "" {
		image, err := readSmall("--logo", o.logo, longestLogo)
		if err != nil {
			return err
		}
		kind := http.DetectContentType(image)
		if strings.HasSuffix(strings.ToLower(o.logo), ".svg") {
			kind = "image/svg+xml"
		}
		if !strings.HasPrefix(kind, "image/") {
			return usagef("--logo %s is no image", o.logo)
		}
		t.Logo = "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(image)
	}
	return nil
}

func readSmall(flag, path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, usagef("%s: %w", flag, err)
	case !info.Mode().IsRegular() || info.Size() > most:
		return nil, usagef("%s %s is no file of up to %s", flag, path, size(most))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("%s: %w", flag, err)
	}
	return data, nil
}

// secretsFromEnvironment returns what opens a room. There is no flag for it: a
// command line can be read by others.
func secretsFromEnvironment() platform.Secrets {
	first := func(names ...string) string {
		for _, n := range names {
			if v := os.Getenv(n); v != "" {
				return v
			}
		}
		return ""
	}
	user := first("BEAM_RECORDER_USER")
	if name, domain := first("JIBRI_RECORDER_USER"), first("XMPP_RECORDER_DOMAIN"); user == "" && name != "" && domain != "" {
		user = name + "@" + domain // as Jibri has it
	}
	return platform.Secrets{
		Token:     first("BEAM_TOKEN", "LIVEKIT_TOKEN"),
		APIKey:    first("BEAM_API_KEY", "LIVEKIT_API_KEY"),
		APISecret: first("BEAM_API_SECRET", "LIVEKIT_API_SECRET"),
		User:      user, Password: first("BEAM_RECORDER_PASSWORD", "JIBRI_RECORDER_PASSWORD"),
	}
}
