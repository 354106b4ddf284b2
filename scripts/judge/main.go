// Judge prints, as JSON, what the timing marks in recordings tell:
//
//	go run ./scripts/judge timing|lipsync FILE...
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"beam/capture/inspect"
	"beam/capture/inspect/avsync"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: judge timing|lipsync FILE...")
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	out.SetIndent("", "  ")
	for _, path := range os.Args[2:] {
		var result any
		var err error
		if os.Args[1] == "lipsync" {
			result, err = avsync.JudgeLipSync(context.Background(), inspect.Tools{}, path)
		} else {
			result, err = avsync.JudgeTiming(context.Background(), inspect.Tools{}, path)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "judge: %s: %v\n", path, err)
		}
		_ = out.Encode(result)
	}
}
