package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"beam/beam/demo"
)

func (a *app) demoCommand() *cobra.Command {
	o := demo.Options{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Serve the demo room and print its address",
		Long: `Demo serves a WebRTC room with scripted participants, until a signal ends it: a
room to try Beam with, a page that times a recording, and one that tells its lip
sync. Open the address in a browser, or record it from another terminal.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			o.Log = a.log
			server, err := demo.Start(a.stop, o)
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "room:     %s\ntiming:   %s\nlip sync: %s\n", server.URL(), server.TimingURL(), server.LipSyncURL())
			<-a.stop.Done()
			return server.Close()
		},
	}
	cmd.Flags().StringVar(&o.Addr, "addr", "127.0.0.1:0", "address to serve at; port 0 takes a free one")
	return cmd
}
