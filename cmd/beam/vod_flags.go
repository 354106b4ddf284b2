package main

import (
	"slices"

	"github.com/spf13/pflag"

	"beam/beam"
	"beam/beam/vod"
)

// vodFlag is the value of --vod. The flag may stand alone, which pflag takes as no
// value: a kind that follows it then comes as an argument of the command.
type vodFlag struct {
	mode  vod.Mode
	alone bool
}

// vodFlags adds the flags of video on demand.
func vodFlags(f *pflag.FlagSet, o *vodFlag, c *beam.Config) {
	f.Var(o, "vod", "also make a playlist (HLS) to play the recording from: file, over the finished MP4")
	f.Lookup("vod").NoOptDefVal = string(vod.OfFile)
	f.DurationVar(&c.Presign, "presign", 0, "also make a playlist that plays from the private --bucket for this long, at most 168h")
	f.BoolVar(&c.Zip, "vod-zip", false, "also put the recording with its playlists and renditions into one zip")
}

// Set implements pflag.Value.
func (v *vodFlag) Set(text string) (err error) {
	v.mode, err = vod.ParseMode(text)
	v.alone = v.mode == vod.OfFile
	return err
}

// String implements pflag.Value.
func (v *vodFlag) String() string { return string(v.mode) }

// Type implements pflag.Value.
func (*vodFlag) Type() string { return "kind" }

// take takes the kind that follows the flag out of a command's arguments, and
// returns the others.
func (v *vodFlag) take(args []string) []string {
	if i := v.index(args); i >= 0 {
		_ = v.Set(args[i]) // index has read it
		return slices.Delete(slices.Clone(args), i, i+1)
	}
	return args
}

// rest returns what take will, and takes nothing.
func (v *vodFlag) rest(args []string) []string {
	other := *v
	return other.take(args)
}

// index returns which of the arguments is the kind, -1 for none.
func (v *vodFlag) index(args []string) int {
	if !v.alone {
		return -1
	}
	return slices.IndexFunc(args, func(arg string) bool { return arg == string(vod.OfFile) })
}
